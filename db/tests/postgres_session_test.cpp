// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Frozen;
using testing::in;
using testing::statement;
using testing::unit_of;

struct PostgresSession : testing::PostgresDriverTest {};

TEST_F(PostgresSession, a_reset_clears_the_session_in_the_same_trip_and_keeps_the_statements)
{
    const auto connection = connect();
    const std::string role = "borrower_" + std::to_string(pid_of(*connection));
    bench->run(*connection, "SET search_path = pg_catalog");
    bench->run(*connection, "CREATE TEMP TABLE left_behind (id int)");
    bench->run(*connection, "CREATE ROLE " + role);
    bench->run(*connection, "SET ROLE " + role);
    bench->run(*connection, "SELECT pg_advisory_lock(4711)");
    bench->run(*connection, "LISTEN left_behind");
    const auto prepared = bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_prepared_statements");
    bench->run(*connection, "SET statement_timeout = '50ms'");
    connection->mark_for_reset();
    EXPECT_EQ(bench->value<std::string>(*connection, "SELECT current_setting('statement_timeout')"), "0");
    EXPECT_EQ(bench->value<std::string>(*connection, "SELECT current_setting('timezone')"), "UTC");
    EXPECT_EQ(bench->value<std::string>(*connection, "SELECT current_user::text"), "postgres");
    EXPECT_NE(bench->value<std::string>(*connection, "SELECT current_setting('search_path')"), "pg_catalog");
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_listening_channels()"), 0);
    EXPECT_EQ(failure(*connection, "SELECT * FROM left_behind").sqlstate, "42P01");
    EXPECT_GE(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_prepared_statements"), prepared);
}

TEST_F(PostgresSession, a_reset_that_fails_costs_the_connection_and_its_answer_is_not_believed)
{
    const auto connection = connect();
    // Nothing at hand makes the reset itself fail, so it is stopped while it waits for a lock on its temporary table.
    bench->run(*connection, "CREATE TEMP TABLE held (id int)");
    const auto schema = bench->value<std::string>(
        *connection, "SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()");
    const auto holder = connect();
    bench->await(holder->begin({}, in(20s)));
    bench->run(*holder, "LOCK TABLE " + schema + ".held IN ACCESS SHARE MODE");
    connection->mark_for_reset();
    const auto why = failure_of(*connection, Query(statement("SELECT 1")), 200ms);
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_EQ(why.outcome, Outcome::unknown);
    bench->await(holder->rollback(in(20s)));
}

// -- Losing and closing ------------------------------------------------------

TEST_F(PostgresSession, a_session_that_is_ended_while_it_works_is_lost_with_an_unknown_outcome)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    std::exception_ptr ended;
    asio::co_spawn(bench->io, connection->run(Query(statement("SELECT pg_sleep(30)")), in(20s)),
                   [&ended](std::exception_ptr failure, std::vector<Result>) { ended = failure; });
    bench->io.restart();
    bench->io.run_for(100ms);
    server.sql("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
    const auto limit = in(10s);
    while (!ended && bench->io.run_one_until(limit) != 0) {}
    ASSERT_TRUE(ended);
    try {
        std::rethrow_exception(ended);
    } catch (const ConnectionLost& lost) {
        EXPECT_EQ(lost.sqlstate(), "57P01");
        EXPECT_EQ(lost.outcome(), Outcome::unknown);
    }
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(PostgresSession, a_session_that_ended_while_idle_is_noticed_before_anything_is_sent)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    server.sql("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
    const auto why = failure(*connection, "SELECT 1");
    EXPECT_EQ(why.outcome, Outcome::not_sent);
    EXPECT_EQ(why.sqlstate, "57P01");
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(PostgresSession, closing_ends_when_the_server_has_let_go)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    bench->await(connection->close());
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_EQ(server.sql("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid)), "0");
}

TEST_F(PostgresSession, closing_waits_five_seconds_for_a_server_that_does_not_let_go)
{
    const auto connection = connect();
    const Frozen backend(pid_of(*connection));
    const auto started = steady_clock::now();
    bench->await(connection->close());
    const auto took = steady_clock::now() - started;
    EXPECT_GT(took, 4900ms);
    EXPECT_LT(took, 7s);
}

} // namespace
} // namespace trunkline::db
