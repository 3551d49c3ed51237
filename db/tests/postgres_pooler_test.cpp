// SPDX-License-Identifier: MIT
#include <support/pgbouncer_server.hpp>
#include <support/postgres_driver_fixture.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::PostgresBench;
using testing::PostgresServer;
using testing::statement;
using testing::unit_of;

class PostgresBehindPgbouncer : public testing::PostgresDriverTest {
protected:
    static void SetUpTestSuite()
    {
        auto& server = PostgresServer::shared();
        server.sql("ALTER ROLE postgres SET datestyle = 'ISO'");
        pgbouncer = std::make_unique<testing::PgbouncerServer>(server, 1);
    }
    static void TearDownTestSuite()
    {
        pgbouncer.reset();
        PostgresServer::shared().sql("ALTER ROLE postgres RESET datestyle");
    }
    void SetUp() override { bench = std::make_unique<PostgresBench>(pgbouncer->url()); }

    static std::unique_ptr<testing::PgbouncerServer> pgbouncer;
};
std::unique_ptr<testing::PgbouncerServer> PostgresBehindPgbouncer::pgbouncer;

TEST_F(PostgresBehindPgbouncer, the_pooler_is_recognised_and_nothing_is_named)
{
    const auto one = connect(), two = connect();
    EXPECT_NE(bench->driver().describe().find("behind a pooler, unnamed statements"), std::string::npos)
        << bench->driver().describe();
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(bench->value<int>(*one, "SELECT $1 + 1", i), i + 1);
        ASSERT_EQ(bench->value<std::string>(*two, "SELECT $1 || 'x'", std::to_string(i)), std::to_string(i) + "x");
        ASSERT_EQ(bench->value<int>(*two, "SELECT $1 + 1", -i), 1 - i);
    }
    EXPECT_EQ(bench->value<std::int64_t>(*one, "SELECT count(*) FROM pg_prepared_statements"), 0);
    EXPECT_EQ(bench->value<Time>(*one, "SELECT $1", Time(5us)), Time(5us));
}

TEST_F(PostgresBehindPgbouncer, a_unit_and_a_transaction_stay_on_one_server_and_fail_as_one)
{
    const auto one = connect();
    bench->run(*one, "CREATE TABLE IF NOT EXISTS pooled (id int)");
    bench->run(*one, "TRUNCATE pooled");
    const auto why = failure_of(*one, Query(unit_of({"INSERT INTO pooled VALUES (1)", "SELECT 1 / 0"})), 20s);
    EXPECT_EQ(why.index, 1u);
    bench->await(one->begin({}, in(20s)));
    bench->run(*one, "INSERT INTO pooled VALUES (2)");
    bench->await(one->commit(in(20s)));
    EXPECT_EQ(bench->value<std::string>(*connect(), "SELECT string_agg(id::text, ',') FROM pooled"), "2");
}

TEST_F(PostgresBehindPgbouncer, no_reset_is_sent_and_no_setting_of_ours_reaches_strangers)
{
    const auto one = connect();
    one->mark_for_reset();
    bench->await(one->begin({}, in(20s)));
    bench->run(*one, "SELECT set_config('search_path', 'pg_catalog', true)");
    bench->await(one->commit(in(20s)));
    EXPECT_EQ(bench->value<std::string>(*connect(), "SELECT current_setting('search_path')"), "\"$user\", public");
    EXPECT_EQ(bench->value<std::string>(*connect(), "SELECT current_setting('timezone')"), "Europe/Berlin");
}

TEST_F(PostgresBehindPgbouncer, a_statement_is_stopped_through_the_pooler_too)
{
    const auto one = connect(), two = connect();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(failure_of(*one, Query(statement("SELECT pg_sleep(30)")), 50ms).sqlstate, "57014");
        ASSERT_EQ(one->condition(), Condition::idle);
        ASSERT_EQ(bench->value<int>(*two, "SELECT $1 + 1", i), i + 1);
        ASSERT_EQ(bench->value<int>(*one, "SELECT $1 + 1", i), i + 1);
    }
}

TEST_F(PostgresBehindPgbouncer, no_prepare_on_a_direct_connection_names_nothing_either)
{
    Options options;
    options.no_prepare = true;
    use(options);
    const auto connection = connect();
    bench->run(*connection, "SELECT $1 + 1", 1);
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_prepared_statements"), 0);
}

} // namespace
} // namespace trunkline::db
