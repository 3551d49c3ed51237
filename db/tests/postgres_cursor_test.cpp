// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::PostgresDriverTest;
using testing::statement;

/// What is PostgreSQL's own about cursors; the rest is in conformance_cursor_test.
class PostgresCursor : public PostgresDriverTest {
protected:
    void begin() { bench->await(connection->begin({}, testing::in(20s))); }
    std::uint64_t open(std::string text)
    {
        return bench->await(connection->open_cursor(Query(statement(std::move(text))), testing::in(20s)));
    }
    Result fetch(std::uint64_t cursor, std::size_t rows)
    {
        return bench->await(connection->fetch(cursor, text, rows, testing::in(20s)));
    }
    std::int64_t cursors_open()
    {
        return bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_cursors WHERE name LIKE 'trunkline%'");
    }

    const SqlText text{by_engine{.postgresql = "the statement"}, std::source_location::current()};
    std::unique_ptr<DriverConnection> connection = connect();
};

TEST_F(PostgresCursor, a_dropped_one_is_closed_in_front_of_the_next_statement)
{
    begin();
    const auto one = open("SELECT generate_series(1, 10)"), other = open("SELECT 1");
    EXPECT_EQ(fetch(one, 3).size(), 3u);
    EXPECT_EQ(cursors_open(), 2);
    connection->drop_cursor(one);
    EXPECT_EQ(cursors_open(), 1);
    EXPECT_EQ(fetch(other, 3).size(), 1u);
    connection->drop_cursor(other);
    bench->await(connection->commit(testing::in(20s)));
    EXPECT_EQ(cursors_open(), 0);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresCursor, a_dropped_one_does_no_harm_in_a_transaction_that_failed)
{
    begin();
    const auto cursor = open("SELECT 1 / (n - 3) FROM generate_series(1, 10) AS n");
    try {
        fetch(cursor, 100);
        FAIL() << "not refused";
    } catch (const Error& refused) {
        EXPECT_EQ(refused.sqlstate(), "22012");
        EXPECT_EQ(refused.statement(), "the statement") << "the caller's, not ours";
    }
    connection->drop_cursor(cursor);
    EXPECT_EQ(failure(*connection, "SELECT 1").sqlstate, "25P02");
    bench->await(connection->rollback(testing::in(20s)));
    EXPECT_EQ(bench->value<int>(*connection, "SELECT 1"), 1);
}

TEST_F(PostgresCursor, it_leaves_no_prepared_statement_behind)
{
    begin();
    for (int n = 0; n < 3; ++n) {
        const auto cursor = open("SELECT generate_series(1, 3)");
        EXPECT_EQ(fetch(cursor, 2).size(), 2u);
        EXPECT_EQ(fetch(cursor, 2).size(), 1u);
        connection->drop_cursor(cursor);
    }
    EXPECT_EQ(bench->value<std::int64_t>(*connection,
                                         "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE "
                                         "'%generate_series%' AND statement NOT LIKE '%count%'"),
              0);
}

TEST_F(PostgresCursor, only_a_batch_is_ever_here)
{
    begin();
    const auto cursor = open("SELECT n, repeat('x', 1000) FROM generate_series(1, 100000) AS n"); // 100 MB
    std::int64_t rows = 0;
    for (;;) {
        const Result batch = fetch(cursor, 1000);
        ASSERT_LE(batch.size(), 1000u);
        rows += static_cast<std::int64_t>(batch.size());
        if (batch.size() < 1000) break;
    }
    EXPECT_EQ(rows, 100'000);
}

TEST_F(PostgresCursor, a_lost_connection_is_said)
{
    begin();
    const auto cursor = open("SELECT generate_series(1, 10)");
    server.sql("SELECT pg_terminate_backend(" + std::to_string(pid_of(*connection)) + ")");
    EXPECT_THROW(fetch(cursor, 3), ConnectionLost);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(PostgresCursor, with_raw_sql_it_works_too)
{
    Options raw;
    raw.raw_sql = true;
    connection.reset(); // before what it runs on
    use(std::move(raw));
    connection = connect();
    begin();
    const auto cursor = open("SELECT generate_series(1, 3)");
    EXPECT_EQ(fetch(cursor, 2).size(), 2u);
    connection->drop_cursor(cursor);
    EXPECT_EQ(cursors_open(), 0);
}

} // namespace
} // namespace trunkline::db
