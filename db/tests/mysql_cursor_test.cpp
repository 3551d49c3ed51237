// SPDX-License-Identifier: MIT
#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>

namespace trunkline::db::testing {
namespace {

/// What is MySQL's own about cursors; the rest is in conformance_cursor_test.
class MysqlCursor : public MysqlBench {
protected:
    void begin() { await(connection->begin({}, in(20s))); }
    template <class... Args>
    std::uint64_t open(std::string text, const Args&... args)
    {
        return await(connection->open_cursor(Query(statement(std::move(text), args...)), in(20s)));
    }
    Result fetch(std::uint64_t cursor, std::size_t rows)
    {
        return await(connection->fetch(cursor, text, rows, in(20s)));
    }
    static std::string prepared() { return server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'").substr(20); }

    const SqlText text{by_engine{.postgresql = "p", .sqlite = "s", .mysql = "the statement"},
                       std::source_location::current()};
    std::unique_ptr<DriverConnection> connection = connect();
};

TEST_F(MysqlCursor, a_dropped_one_is_closed_in_front_of_the_next_statement)
{
    begin();
    const auto one = open("SELECT seq FROM seq_1_to_10"), other = open("SELECT 1");
    EXPECT_EQ(fetch(one, 3).size(), 3u);
    EXPECT_EQ(prepared(), "2");
    connection->drop_cursor(one);
    EXPECT_EQ(fetch(other, 3).size(), 1u);
    EXPECT_EQ(prepared(), "1");
    await(connection->commit(in(20s)));
    EXPECT_EQ(prepared(), "0") << "the end of its transaction closes what is left";
    EXPECT_EQ(connection->condition(), Condition::idle);
    begin();
    EXPECT_EQ(failure([&] { fetch(other, 3); }).sqlstate(), "34000");
    await(connection->rollback(in(20s)));
}

TEST_F(MysqlCursor, only_a_batch_is_ever_here)
{
    begin();
    const auto asked = [&] {
        const Result said = run(*connection, "SHOW SESSION STATUS LIKE 'Com_stmt_fetch'");
        return std::stoll(said[0].get<std::string>("Value"));
    };
    const auto cursor = open("SELECT seq, repeat('x', 1000) FROM seq_1_to_20000"); // 20 MB
    const auto before = asked();
    std::int64_t rows = 0;
    for (Result batch = fetch(cursor, 1000); !batch.empty(); batch = fetch(cursor, 1000)) {
        EXPECT_EQ(batch.size(), 1000u);
        for (std::size_t row = 0; row < batch.size(); ++row) ASSERT_EQ(batch[row].get<std::int64_t>("seq"), ++rows);
    }
    EXPECT_EQ(rows, 20'000);
    EXPECT_GE(asked() - before, 20);
    EXPECT_LE(asked() - before, 22);
}

TEST_F(MysqlCursor, every_type_comes_as_without_a_cursor_however_long_its_cells_grow)
{
    run(*connection,
        "CREATE TABLE w (id INT PRIMARY KEY, words TEXT CHARACTER SET utf8mb4, raw BLOB, amount DECIMAL(9,2),"
        " moment DATETIME(6), day DATE, real_ DOUBLE, doc JSON, flag BOOLEAN)");
    for (int id = 1; id <= 9; ++id)
        run(*connection,
            "INSERT INTO w VALUES ($1, $2, $3, 1.50, '2024-02-29 12:34:56.789012', '2024-02-29', 0.1, '{}', 1)", id,
            std::string(static_cast<std::size_t>(id * 700), 'g') + "ü",
            Bytes::from(std::string(static_cast<std::size_t>(id % 4), '\0')));
    run(*connection, "INSERT INTO w (id) VALUES (10)");
    const std::string question = "SELECT * FROM w WHERE id >= $1 ORDER BY id";
    const Result whole = run(*connection, question, 1);
    begin();
    const auto cursor = open(question, 1);
    std::size_t seen = 0;
    for (Result batch = fetch(cursor, 4); !batch.empty(); batch = fetch(cursor, 4)) {
        EXPECT_EQ(batch.columns(), whole.columns());
        for (std::size_t row = 0; row < batch.size(); ++row, ++seen)
            for (std::size_t column = 0; column < whole.columns().size(); ++column)
                EXPECT_EQ(batch[row][column], whole[seen][column]) << seen << ", " << whole.columns()[column];
    }
    EXPECT_EQ(seen, 10u);
}

TEST_F(MysqlCursor, what_it_reads_is_what_was_there_when_it_was_opened)
{
    run(*connection, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(*connection, "INSERT INTO t VALUES (1), (2), (3)");
    begin();
    const auto cursor = open("WITH all_of AS (SELECT id FROM t) SELECT id FROM all_of ORDER BY id");
    run(*connection, "DELETE FROM t");
    EXPECT_EQ(fetch(cursor, 2).size(), 2u);
    EXPECT_EQ(fetch(cursor, 2).size(), 1u);
    EXPECT_EQ(fetch(cursor, 2).size(), 0u);
    await(connection->rollback(in(20s)));
}

TEST_F(MysqlCursor, rows_that_the_server_keeps_in_no_cursor_come_in_batches_too)
{
    begin();
    const auto cursor = open("SHOW CHARACTER SET");
    EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1) << "they are out of the way";
    const Result some = fetch(cursor, 5);
    EXPECT_EQ(some.size(), 5u);
    std::size_t rest = 0;
    for (Result batch = fetch(cursor, 5); !batch.empty(); batch = fetch(cursor, 5)) rest += batch.size();
    EXPECT_GT(rest, 20u);
}

TEST_F(MysqlCursor, a_value_that_has_no_place_says_its_column_and_the_transaction_goes_on)
{
    begin();
    const auto cursor = open("SELECT CAST(18446744073709551615 AS UNSIGNED) AS big");
    const auto failed = failure<DecodeError>([&] { fetch(cursor, 5); });
    EXPECT_NE(std::string_view(failed.what()).find("'big'"), std::string_view::npos) << failed.what();
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1);
}

TEST_F(MysqlCursor, stopped_while_it_is_opened_it_leaves_nothing)
{
    begin();
    const auto slow = [&] {
        return connection->open_cursor(Query(statement("SELECT seq, sleep(1) FROM seq_1_to_100")), in(80ms));
    };
    EXPECT_EQ(failure<CommandTimeout>([&] { await(slow()); }).sqlstate(), "57014");
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", 5), 5);
    EXPECT_EQ(prepared(), "1");
    await(connection->rollback(in(20s)));
}

TEST_F(MysqlCursor, a_lost_connection_is_said)
{
    begin();
    const auto cursor = open("SELECT seq FROM seq_1_to_10");
    server().sql("KILL " + std::to_string(value<std::int64_t>(*connection, "SELECT connection_id()")));
    EXPECT_THROW(fetch(cursor, 3), ConnectionLost);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

} // namespace
} // namespace trunkline::db::testing
