// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::in;
using testing::PostgresBench;
using testing::statement;
using testing::unit_of;

struct PostgresDriver : testing::PostgresDriverTest {};

TEST_F(PostgresDriver, a_statement_answers_rows_and_how_many_it_changed)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (id int8 PRIMARY KEY, name text)");
    EXPECT_EQ(bench->run(*connection, "INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 5) i").affected(), 5u);
    EXPECT_EQ(bench->run(*connection, "UPDATE t SET name = $1 WHERE id > $2", "x", 2).affected(), 3u);
    const Result rows = bench->run(*connection, "SELECT id, name FROM t ORDER BY id");
    ASSERT_EQ(rows.size(), 5u);
    EXPECT_EQ(rows.affected(), 5u);
    EXPECT_EQ(rows[4].get<std::int64_t>("id"), 5);
    EXPECT_EQ(rows[4].get<std::string>("name"), "x");
    EXPECT_EQ(connection->queries(), 4u);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresDriver, a_refused_statement_says_why_where_and_which_constraint_without_the_values)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (name text CONSTRAINT t_name_once UNIQUE)");
    bench->run(*connection, "INSERT INTO t VALUES ($1)", "secret");
    const ErrorInfo twice = failure(*connection, "INSERT INTO t VALUES ($1)", "secret");
    EXPECT_EQ(twice.sqlstate, "23505");
    EXPECT_EQ(twice.constraint, "t_name_once");
    EXPECT_EQ(twice.outcome, Outcome::rejected);
    EXPECT_EQ(twice.statement, "INSERT INTO t VALUES ($1)");
    EXPECT_FALSE(twice.index);
    EXPECT_EQ(twice.message.find("secret"), std::string::npos);
    const ErrorInfo odd = failure(*connection, "SELECT $1::text::int4", "se\"cret");
    EXPECT_EQ(odd.sqlstate, "22P02");
    EXPECT_EQ(odd.message.find("cret"), std::string::npos) << odd.message;
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresDriver, a_unit_happens_wholly_and_its_results_come_by_index)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (id int)");
    const auto results = bench->await(connection->run(
        Query(unit_of({"INSERT INTO t VALUES (1), (2)", "SELECT count(*) FROM t", "DELETE FROM t WHERE id = 1"})),
        in(20s)));
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[0].affected(), 2u);
    EXPECT_EQ(results[1].as<std::int64_t>(0), 2);
    EXPECT_EQ(results[2].affected(), 1u);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(connection->queries(), 4u);
}

TEST_F(PostgresDriver, a_unit_that_fails_leaves_nothing_and_names_the_member)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (id int)");
    const auto why = failure_of(
        *connection, Query(unit_of({"INSERT INTO t VALUES (1)", "SELECT 1 / 0", "INSERT INTO t VALUES (2)"})), 20s);
    EXPECT_EQ(why.sqlstate, "22012");
    EXPECT_EQ(why.index, 1u);
    EXPECT_EQ(why.statement, "SELECT 1 / 0");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM t"), 0);
}

TEST_F(PostgresDriver, a_unit_in_a_transaction_is_a_savepoint)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (id int)");
    bench->await(connection->begin({}, in(20s)));
    bench->run(*connection, "INSERT INTO t VALUES (1)");
    const auto why = failure_of(*connection, Query(unit_of({"INSERT INTO t VALUES (2)", "SELECT 1 / 0"})), 20s);
    EXPECT_EQ(why.index, 1u);
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    bench->await(connection->run(Query(unit_of({"INSERT INTO t VALUES (3)"})), in(20s)));
    bench->await(connection->commit(in(20s)));
    EXPECT_EQ(bench->value<std::string>(*connection, "SELECT string_agg(id::text, ',' ORDER BY id) FROM t"), "1,3");
}

TEST_F(PostgresDriver, a_unit_whose_commit_fails_is_rejected)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE a (id int PRIMARY KEY)");
    bench->run(*connection, "CREATE TEMP TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
    const auto why = failure_of(*connection, Query(unit_of({"INSERT INTO b VALUES (7)"})), 20s);
    EXPECT_EQ(why.sqlstate, "23503");
    EXPECT_EQ(why.outcome, Outcome::rejected);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresDriver, more_than_the_socket_holds_goes_both_ways_at_once)
{
    const auto connection = connect();
    const std::string megabyte(1 << 20, 'm');
    std::vector<Statement> unit;
    for (int i = 0; i < 16; ++i) unit.push_back(statement("SELECT $1::text", megabyte));
    const auto results = bench->await(connection->run(Query(std::move(unit)), in(30s)));
    ASSERT_EQ(results.size(), 16u);
    for (const auto& result : results) EXPECT_EQ(result.as<std::string>(0).size(), megabyte.size());
}

TEST_F(PostgresDriver, copy_is_refused_and_the_connection_is_given_up)
{
    const auto connection = connect();
    const auto why = failure(*connection, "COPY (SELECT 1) TO STDOUT");
    EXPECT_NE(why.message.find("COPY"), std::string::npos);
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_EQ(failure(*connection, "SELECT 1").outcome, Outcome::not_sent);
}

// -- Transactions ------------------------------------------------------------

TEST_F(PostgresDriver, the_condition_is_what_the_server_says)
{
    const auto connection = connect();
    bench->run(*connection, "BEGIN");
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    failure(*connection, "SELECT 1 / 0");
    EXPECT_EQ(connection->condition(), Condition::in_failed_transaction);
    EXPECT_EQ(failure(*connection, "SELECT 1").sqlstate, "25P02");
    bench->await(connection->rollback(in(20s)));
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresDriver, committing_a_transaction_that_had_failed_is_an_error)
{
    const auto connection = connect();
    bench->await(connection->begin({}, in(20s)));
    failure(*connection, "SELECT 1 / 0");
    EXPECT_THROW(bench->await(connection->commit(in(20s))), Error);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(PostgresDriver, begin_gives_the_isolation_that_was_asked_for_whatever_the_server_prefers)
{
    server.sql("DROP DATABASE IF EXISTS strict");
    server.create_database("strict");
    server.sql("ALTER DATABASE strict SET default_transaction_isolation = 'serializable'");
    for (const auto& url : {server.url(), server.url("strict")}) {
        bench = std::make_unique<PostgresBench>(url);
        const auto connection = connect();
        for (const auto& [level, name] : {std::pair{Isolation::read_committed, "read committed"},
                                          {Isolation::repeatable_read, "repeatable read"},
                                          {Isolation::serializable, "serializable"}}) {
            bench->await(connection->begin({.isolation = level, .read_only = true}, in(20s)));
            EXPECT_EQ(bench->value<std::string>(*connection, "SELECT current_setting('transaction_isolation')"), name);
            EXPECT_EQ(failure(*connection, "CREATE TABLE t ()").sqlstate, "25006");
            bench->await(connection->rollback(in(20s)));
        }
    }
}

// -- Prepared statements -----------------------------------------------------

TEST_F(PostgresDriver, no_more_statements_stay_prepared_than_the_cache_holds)
{
    Options options;
    options.statement_cache_size = 3;
    use(options);
    const auto connection = connect();
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 10; ++i) EXPECT_EQ(bench->value<int>(*connection, "SELECT " + std::to_string(i)), i);
    EXPECT_LE(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_prepared_statements"), 3);
    std::vector<Statement> unit;
    for (int i = 0; i < 10; ++i) unit.push_back(statement("SELECT 100 + " + std::to_string(i)));
    const auto results = bench->await(connection->run(Query(std::move(unit)), in(20s)));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(results.at(static_cast<std::size_t>(i)).as<int>(0), 100 + i);
    EXPECT_LE(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM pg_prepared_statements"), 3);
}

TEST_F(PostgresDriver, the_same_statement_is_prepared_once)
{
    const auto connection = connect();
    std::vector<Statement> unit;
    for (int i = 0; i < 50; ++i) unit.push_back(statement("SELECT $1 + 1", i));
    const auto results = bench->await(connection->run(Query(std::move(unit)), in(20s)));
    EXPECT_EQ(results.at(49).as<int>(0), 50);
    EXPECT_EQ(bench->value<std::int64_t>(
                  *connection, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 + 1'"),
              1);
}

TEST_F(PostgresDriver, a_statement_that_the_server_forgot_is_healed_once_and_never_in_a_transaction)
{
    const auto connection = connect();
    EXPECT_EQ(bench->value<int>(*connection, "SELECT $1 + 1", 1), 2);
    bench->run(*connection, "DEALLOCATE ALL");
    EXPECT_EQ(bench->value<int>(*connection, "SELECT $1 + 1", 2), 3);
    bench->value<int>(*connection, "SELECT $1 + 1", 1);
    bench->run(*connection, "DEALLOCATE ALL");
    bench->await(connection->begin({}, in(20s)));
    EXPECT_EQ(failure(*connection, "SELECT $1 + 1", 2).sqlstate, "26000");
    bench->await(connection->rollback(in(20s)));
}

TEST_F(PostgresDriver, a_statement_whose_columns_changed_is_healed)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t AS SELECT 1 AS a");
    EXPECT_EQ(bench->run(*connection, "SELECT * FROM t").columns().size(), 1u);
    bench->run(*connection, "ALTER TABLE t ADD b int");
    EXPECT_EQ(bench->run(*connection, "SELECT * FROM t").columns().size(), 2u);
    EXPECT_EQ(bench->run(*connection, "SELECT * FROM t").columns().size(), 2u);
}

// -- The simple protocol -----------------------------------------------------

TEST_F(PostgresDriver, raw_sql_takes_several_statements_and_goes_back_to_pipelines)
{
    Options options;
    options.raw_sql = true;
    use(options);
    const auto connection = connect();
    EXPECT_EQ(bench->value<int>(*connection, "CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (4); SELECT a FROM t"),
              4);
    EXPECT_EQ(bench->value<int>(*connection, "SELECT a + $1 FROM t", 1), 5);
    EXPECT_EQ(failure(*connection, "SELECT 1; SELECT 1 / 0; SELECT 2").sqlstate, "22012");
    EXPECT_EQ(connection->condition(), Condition::idle);
    connection->mark_for_reset();
    EXPECT_EQ(failure(*connection, "SELECT a FROM t").sqlstate, "42P01");
    const auto started = steady_clock::now();
    EXPECT_EQ(failure_of(*connection, Query(statement("SELECT pg_sleep(30)")), 100ms).sqlstate, "57014");
    EXPECT_LT(steady_clock::now() - started, 1500ms);
    EXPECT_EQ(bench->value<int>(*connection, "SELECT 5"), 5);
}

TEST_F(PostgresDriver, what_may_not_run_in_a_transaction_runs_alone)
{
    const auto connection = connect();
    bench->run(*connection, "VACUUM pg_am");
    bench->run(*connection, "VACUUM pg_am");
    EXPECT_EQ(connection->condition(), Condition::idle);
}

} // namespace
} // namespace trunkline::db
