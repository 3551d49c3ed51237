// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>
#include <support/random_values.hpp>

#include <trunkline/db/copy.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::Frozen;
using testing::PostgresDriverTest;
using testing::RandomValues;
using testing::spelled;

/// What is PostgreSQL's own about copying rows in; the rest is in conformance_copy_test.
class PostgresCopy : public PostgresDriverTest {
protected:
    void SetUp() override
    {
        bench->run(*connection, "DROP TABLE IF EXISTS items");
        bench->run(*connection, "CREATE TABLE items (id bigint PRIMARY KEY, name text, CHECK (name <> 'bad'))");
    }
    template <class Row>
    static Query copy(const std::vector<Row>& rows, Columns columns = {"id", "name"}, std::string_view table = "items")
    {
        CopyIn copy(table, std::move(columns), std::source_location::current());
        for (const auto& row : rows) copy.add(row);
        return std::move(copy).query(Engine::postgresql);
    }
    std::uint64_t copied(Query query)
    {
        const auto results = bench->await(connection->run(std::move(query), testing::in(30s)));
        return results.at(0).affected();
    }
    std::int64_t count() { return bench->value<std::int64_t>(*connection, "SELECT count(*) FROM items"); }
    /// Each row takes the server so long.
    void make_slow(const char* seconds)
    {
        bench->run(*connection, std::string("CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
                                            "'BEGIN PERFORM pg_sleep(") +
                                    seconds + "); RETURN NEW; END'");
        bench->run(*connection, "CREATE TRIGGER slow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION slowly()");
    }
    using Items = std::vector<std::tuple<std::int64_t, std::string>>;
    static Items many(std::int64_t rows, std::size_t width)
    {
        Items items;
        for (std::int64_t id = 1; id <= rows; ++id) items.emplace_back(id, std::string(width, 'x'));
        return items;
    }

    std::unique_ptr<DriverConnection> connection = connect();
};

// -- Rows ------------------------------------------------------------------------

TEST_F(PostgresCopy, random_rows_of_every_type_arrive_as_parameters_would)
{
    const std::string columns =
        "n int8, b bool, i2 int2, i4 int4, i8 int8, f8 float8, t text, j jsonb, x bytea, u uuid, "
        "ts timestamptz, d date, num numeric, ta text[], i8a int8[], f8a float8[], tsa "
        "timestamptz[], da date[], numa numeric[], ja jsonb[], ba bool[], ua uuid[]";
    for (const auto seed : RandomValues::seeds(3)) {
        SCOPED_TRACE("again with TRUNKLINE_SEED=" + std::to_string(seed));
        bench->run(*connection, "DROP TABLE IF EXISTS copied, sent");
        bench->run(*connection, "CREATE TABLE copied (" + columns + ")");
        bench->run(*connection, "CREATE TABLE sent (" + columns + ")");
        RandomValues random(seed);
        CopyIn copy("copied", {"n", "b",   "i2", "i4",  "i8",  "f8",  "t",  "j",    "x",  "u",  "ts",
                               "d", "num", "ta", "i8a", "f8a", "tsa", "da", "numa", "ja", "ba", "ua"},
                    std::source_location::current());
        std::vector<Statement> unit;
        for (std::int64_t n = 0; n < 50; ++n) {
            const auto null = [&]<class T>(T value) {
                return random.one_in(9) ? std::optional<T>() : std::optional(value);
            };
            const std::tuple row(
                n, null(random.any<bool>()), null(random.any<std::int16_t>()), null(random.any<std::int32_t>()),
                null(random.any<std::int64_t>()), null(random.any<double>()), null(random.any<std::string>()),
                null(random.any<Json>()), null(random.any<Bytes>()), null(random.any<Uuid>()), null(random.any<Time>()),
                null(random.any<Date>()), null(random.any<Numeric>()), null(random.some<std::string>()),
                random.some<std::int64_t>(), random.some<double>(), random.some<Time>(), random.some<Date>(),
                random.some<Numeric>(), random.some<Json>(), random.some<bool>(), random.some<Uuid>());
            copy.add(row);
            std::apply(
                [&](const auto&... field) {
                    unit.push_back(
                        testing::statement("INSERT INTO sent VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                                           "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
                                           field...));
                },
                row);
        }
        EXPECT_EQ(copied(std::move(copy).query(Engine::postgresql)), 50u);
        bench->await(connection->run(Query(std::move(unit)), testing::in(30s)));
        EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM copied AS c, sent AS s WHERE c.n = s.n "
                                                          "AND c IS NOT DISTINCT FROM s AND c::text = s::text"),
                  50);
        if (HasFailure()) return;
    }
}

TEST_F(PostgresCopy, what_the_server_takes_slower_than_it_is_sent_is_held_back_and_arrives)
{
    const Items items = many(3000, 10'000); // 30 MB, far beyond what a socket holds
    EXPECT_EQ(copied(copy(items)), 3000u);
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT sum(length(name)) FROM items"), 30'000'000);
}

TEST_F(PostgresCopy, a_row_of_another_type_is_turned_into_the_columns_as_a_literal_would_be)
{
    bench->run(*connection, "CREATE TEMP TABLE odd (id numeric, name varchar(3), at timestamp, mood text)");
    const std::vector<std::tuple<std::int32_t, std::string, Time, std::string>> rows{{7, "abc", Time(0us), "calm"}};
    EXPECT_EQ(copied(copy(rows, {"id", "name", "at", "mood"}, "pg_temp.odd")), 1u);
    EXPECT_EQ(bench->value<std::string>(*connection, "SELECT odd::text FROM odd"),
              "(7,abc,\"1970-01-01 00:00:00\",calm)");
}

// -- Refusals --------------------------------------------------------------------

TEST_F(PostgresCopy, a_row_that_the_server_refuses_is_named_and_its_values_are_not)
{
    const std::vector<std::tuple<std::string, std::string>> rows{{"1", "a"}, {"2", "b"}, {"secret", "c"}};
    const auto info = failure_of(*connection, copy(rows), 20s);
    EXPECT_EQ(info.sqlstate, "22P02");
    EXPECT_EQ(info.index, 2u);
    EXPECT_EQ(info.outcome, Outcome::rejected);
    EXPECT_EQ(info.message.find("secret"), std::string::npos) << info.message;
    EXPECT_EQ(info.statement, "COPY \"items\" (\"id\", \"name\") FROM STDIN");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, an_early_refusal_ends_the_sending)
{
    Items items = many(3000, 10'000);
    std::get<1>(items[1]) = "bad";
    const auto info = failure_of(*connection, copy(items), 20s);
    EXPECT_EQ(info.sqlstate, "23514");
    EXPECT_EQ(info.constraint, "items_name_check");
    EXPECT_EQ(info.index, 1u);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, what_postgresql_cannot_hold_is_refused_before_anything_is_sent)
{
    Items items = many(3, 1);
    std::get<1>(items[1]) = std::string("a\0b", 3);
    const auto nul = failure_of(*connection, copy(items), 20s);
    EXPECT_EQ(nul.sqlstate, "22021");
    EXPECT_EQ(nul.index, 1u);
    EXPECT_EQ(nul.outcome, Outcome::not_sent);
    EXPECT_NE(nul.message.find("column 2"), std::string::npos);
    const std::vector<std::tuple<std::vector<Time>>> times{{std::vector<Time>{Time::min() + 1us}}};
    EXPECT_EQ(failure_of(*connection, copy(times, {"id"}), 20s).sqlstate, "22008");
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, in_a_transaction_that_failed_it_is_refused_and_the_transaction_stays_failed)
{
    bench->await(connection->begin({}, testing::in(20s)));
    EXPECT_EQ(failure(*connection, "SELECT 1 / 0").sqlstate, "22012");
    EXPECT_EQ(failure_of(*connection, copy(many(1, 1)), 20s).sqlstate, "25P02");
    EXPECT_EQ(connection->condition(), Condition::in_failed_transaction);
    bench->await(connection->rollback(testing::in(20s)));
    EXPECT_EQ(copied(copy(many(1, 1))), 1u);
}

TEST_F(PostgresCopy, a_copy_of_the_callers_own_is_still_refused)
{
    EXPECT_EQ(failure(*connection, "COPY items FROM STDIN").sqlstate, "0A000");
    connection = connect();
    EXPECT_EQ(count(), 0);
}

// -- Stopping --------------------------------------------------------------------

TEST_F(PostgresCopy, at_its_deadline_in_the_middle_of_the_rows_it_is_stopped_and_the_connection_is_whole)
{
    make_slow("0.01");
    const int pid = pid_of(*connection);
    const auto info = failure_of(*connection, copy(many(3000, 10'000)), 500ms);
    EXPECT_EQ(info.sqlstate, "57014");
    EXPECT_EQ(info.outcome, Outcome::rejected);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(connection->cancelled(), 1u);
    EXPECT_EQ(pid_of(*connection), pid);
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, at_its_deadline_in_a_single_row_the_server_is_asked_to_stop)
{
    make_slow("60");
    const auto info = failure_of(*connection, copy(many(1, 1)), 300ms);
    EXPECT_EQ(info.sqlstate, "57014");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, a_caller_who_gives_up_in_a_transaction_loses_the_rows_and_nothing_else)
{
    bench->await(connection->begin({}, testing::in(20s)));
    bench->run(*connection, "INSERT INTO items (id) VALUES (-1)");
    make_slow("0.01");
    asio::cancellation_signal stop;
    std::optional<std::exception_ptr> ended;
    auto note = [&](std::exception_ptr failure, std::vector<Result>) { ended = failure; };
    asio::co_spawn(bench->io, connection->run(copy(many(3000, 10'000)), testing::in(20s)),
                   asio::bind_cancellation_slot(stop.slot(), note));
    bench->io.restart();
    for (int turn = 0; turn < 5; ++turn) bench->io.run_one();
    stop.emit(asio::cancellation_type::terminal);
    while (!ended) bench->io.run_one();
    ASSERT_TRUE(*ended);
    EXPECT_THROW(std::rethrow_exception(*ended), boost::system::system_error);
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    EXPECT_EQ(count(), 1);
    bench->await(connection->rollback(testing::in(20s)));
}

TEST_F(PostgresCopy, a_server_that_stands_still_costs_no_more_than_the_deadline_and_the_limit_for_stopping)
{
    const Frozen frozen(pid_of(*connection));
    const auto began = std::chrono::steady_clock::now();
    const auto info = failure_of(*connection, copy(many(3000, 10'000)), 300ms);
    EXPECT_EQ(info.sqlstate, "57014");
    EXPECT_EQ(info.outcome, Outcome::unknown);
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 15s) << "it has a bound";
}

TEST_F(PostgresCopy, a_server_that_goes_in_the_middle_is_a_connection_lost)
{
    make_slow("0.01");
    const int pid = pid_of(*connection);
    std::optional<std::exception_ptr> ended;
    auto note = [&](std::exception_ptr failure, std::vector<Result>) { ended = failure; };
    asio::co_spawn(bench->io, connection->run(copy(many(3000, 10'000)), testing::in(30s)), note);
    bench->io.restart();
    for (int turn = 0; turn < 5; ++turn) bench->io.run_one();
    server.sql("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
    while (!ended) bench->io.run_one();
    ASSERT_TRUE(*ended);
    EXPECT_THROW(std::rethrow_exception(*ended), ConnectionLost);
    EXPECT_EQ(connection->condition(), Condition::broken);
    connection = connect();
    EXPECT_EQ(count(), 0);
}

TEST_F(PostgresCopy, a_reset_that_is_due_goes_in_front_of_it)
{
    bench->run(*connection, "SET search_path = nowhere");
    connection->mark_for_reset();
    EXPECT_EQ(copied(copy(many(2, 1))), 2u);
    EXPECT_EQ(count(), 2);
}

} // namespace
} // namespace trunkline::db
