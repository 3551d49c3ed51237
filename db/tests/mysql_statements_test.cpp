// SPDX-License-Identifier: MIT
#include <support/mysql_driver_bench.hpp>

namespace trunkline::db::testing {
namespace {

TEST_F(MysqlDriver, rows_that_were_found_count_as_on_the_other_engines_even_when_they_stay_the_same)
{
    const auto connection = connect_with_table();
    EXPECT_EQ(run(*connection, "INSERT INTO t VALUES (1, 'a'), (2, 'b')").affected(), 2u);
    EXPECT_EQ(run(*connection, "UPDATE t SET name = $1", "a").affected(), 2u);
    EXPECT_EQ(run(*connection, "UPDATE t SET name = $1", "a").affected(), 2u);
    EXPECT_EQ(run(*connection, "SELECT * FROM t").affected(), 2u);
    EXPECT_EQ(run(*connection, "DELETE FROM t WHERE id = $1", 1).affected(), 1u);
    EXPECT_EQ(connection->queries(), 6u);
}

TEST_F(MysqlDriver, insert_and_delete_return_rows_and_update_says_that_it_cannot)
{
    const auto connection = connect_with_table();
    EXPECT_EQ(run(*connection, "INSERT INTO t VALUES ($1, $2) RETURNING id, name", 1, "a")[0].get<std::string>("name"),
              "a");
    const auto failed = failure([&] { run(*connection, "UPDATE t SET name = $1 RETURNING id", "b"); });
    EXPECT_EQ(failed.sqlstate(), "0A000");
    EXPECT_NE(std::string_view(failed.what()).find("an UPDATE has no RETURNING"), std::string_view::npos)
        << failed.what();
    EXPECT_EQ(run(*connection, "DELETE FROM t RETURNING id").size(), 1u);
}

TEST_F(MysqlDriver, a_statement_without_a_text_for_mysql_is_never_sent)
{
    const auto connection = connect();
    const Statement left_out(
        SqlText(by_engine{.postgresql = "SELECT 'pg'", .sqlite = "SELECT 'lite'"}, std::source_location::current()),
        {});
    const auto failed = failure([&] { await(connection->run(Query(left_out), in(20s))); });
    EXPECT_EQ(failed.sqlstate(), "0A000");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_NE(std::string_view(failed.what()).find("no text for MySQL"), std::string_view::npos) << failed.what();
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(MysqlDriver, a_text_that_mysql_reads_otherwise_is_refused)
{
    const auto connection = connect();
    const auto failed = failure([&] { run(*connection, "SELECT 1 # $1", 1); });
    EXPECT_EQ(failed.sqlstate(), "42601");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(failure([&] { run(*connection, "SELECT ? + $1", 1); }).sqlstate(), "42601");
}

TEST_F(MysqlDriver, raw_sql_sends_a_statement_without_parameters_as_text)
{
    options_.raw_sql = true;
    const auto connection = connect_with_table();
    run(*connection, "INSERT INTO t VALUES (1, 'Grüße, 世界')");
    const Result found = run(*connection, "SELECT id, name, 0.5e0 AS half, NULL AS nothing, "
                                          "TIMESTAMP'2024-02-29 12:34:56.789012' AS moment, DATE'2024-02-29' AS day, "
                                          "x'00ff' AS raw FROM t");
    EXPECT_EQ(found[0].get<std::int64_t>("id"), 1);
    EXPECT_EQ(found[0].get<std::string>("name"), "Grüße, 世界");
    EXPECT_EQ(found[0].get<double>("half"), 0.5);
    EXPECT_TRUE(found[0][3].is_null());
    EXPECT_EQ(to_rfc3339(found[0].get<Time>("moment")), "2024-02-29T12:34:56.789012Z");
    EXPECT_EQ(found[0].get<Date>("day"), Date(std::chrono::year(2024) / 2 / 29));
    EXPECT_EQ(found[0].get<Bytes>("raw"), Bytes::from(std::string_view("\0\xff", 2)));
    EXPECT_TRUE(run(*connection, "SELECT id FROM t WHERE id = 2").empty());
    EXPECT_EQ(run(*connection, "UPDATE t SET name = 'x'").affected(), 1u);
}

TEST_F(MysqlDriver, a_procedure_that_answers_more_than_once_is_read_to_its_end)
{
    const auto connection = connect();
    run(*connection, "CREATE PROCEDURE twice(n INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; END");
    const Result found = run(*connection, "CALL twice($1)", 7);
    EXPECT_EQ(found[0].get<std::int64_t>("first"), 7);
    EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1) << "nothing is left over";
}

TEST_F(MysqlDriver, a_table_that_changes_under_a_prepared_statement_is_read_as_it_is)
{
    const auto connection = connect_with_table();
    run(*connection, "INSERT INTO t VALUES (1, 'a')");
    EXPECT_EQ(run(*connection, "SELECT * FROM t").columns().size(), 2u);
    server().sql("ALTER TABLE bench.t ADD COLUMN more INT DEFAULT 5");
    const Result wider = run(*connection, "SELECT * FROM t");
    EXPECT_EQ(wider.columns(), (std::vector<std::string>{"id", "name", "more"}));
    EXPECT_EQ(wider[0].get<std::int64_t>("more"), 5);
    server().sql("ALTER TABLE bench.t RENAME COLUMN more TO less");
    EXPECT_EQ(run(*connection, "SELECT * FROM t").columns().back(), "less");
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(MysqlDriver, a_statement_larger_than_the_server_takes_is_refused_before_it_is_sent)
{
    const auto connection = connect();
    const auto most = value<std::int64_t>(*connection, "SELECT @@max_allowed_packet");
    const auto failed =
        failure([&] { run(*connection, "SELECT length($1)", std::string(static_cast<std::size_t>(most), 'x')); });
    EXPECT_EQ(failed.sqlstate(), "54000");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(value<std::int64_t>(*connection, "SELECT length($1)", std::string(5'000'000, 'x')), 5'000'000);
}

} // namespace
} // namespace trunkline::db::testing
