// SPDX-License-Identifier: MIT
#include <support/pgbouncer_server.hpp>
#include <support/postgres_bench.hpp>
#include <support/postgres_server.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <random>

#include <signal.h>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::in;
using testing::PostgresBench;
using testing::PostgresServer;
using testing::statement;

class PostgresDriver : public ::testing::Test {
protected:
    void use(Options options) { bench = std::make_unique<PostgresBench>(server.url(), std::move(options)); }
    std::unique_ptr<DriverConnection> connect() { return bench->connect(); }

    /// The error with which `text` fails.
    template <class... Args>
    ErrorInfo failure(DriverConnection& connection, std::string text, const Args&... args)
    {
        return failure_of(connection, Query(statement(std::move(text), args...)), 20s);
    }
    ErrorInfo failure_of(DriverConnection& connection, Query query, std::chrono::milliseconds limit)
    {
        try {
            bench->await(connection.run(std::move(query), in(limit)));
        } catch (const Error& error) {
            return error.info();
        }
        ADD_FAILURE() << "it did not fail";
        return {};
    }
    int pid_of(DriverConnection& connection) { return bench->value<int>(connection, "SELECT pg_backend_pid()"); }
    std::string state_of(int pid)
    {
        return server.sql("SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
    }

    PostgresServer& server = PostgresServer::shared();
    std::unique_ptr<PostgresBench> bench = std::make_unique<PostgresBench>(server.url());
};

std::vector<Statement> unit_of(std::initializer_list<std::string> texts)
{
    std::vector<Statement> unit;
    for (const auto& text : texts) unit.push_back(statement(text));
    return unit;
}

// -- Statements and units ----------------------------------------------------

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

// -- Deadlines and cancellation ----------------------------------------------

TEST_F(PostgresDriver, at_the_deadline_the_server_stops_too)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    const auto started = steady_clock::now();
    const auto why = failure_of(*connection, Query(statement("SELECT pg_sleep(30)")), 100ms);
    EXPECT_EQ(why.sqlstate, "57014");
    EXPECT_EQ(why.outcome, Outcome::rejected);
    EXPECT_LT(steady_clock::now() - started, 1500ms);
    EXPECT_EQ(state_of(pid), "idle");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(connection->cancelled(), 1u);
    EXPECT_EQ(pid_of(*connection), pid);
}

TEST_F(PostgresDriver, a_unit_past_its_deadline_leaves_nothing)
{
    const auto connection = connect();
    bench->run(*connection, "CREATE TEMP TABLE t (id int)");
    const auto why =
        failure_of(*connection, Query(unit_of({"INSERT INTO t VALUES (1)", "SELECT pg_sleep(30)"})), 100ms);
    EXPECT_EQ(why.sqlstate, "57014");
    EXPECT_EQ(why.index, 1u);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(bench->value<std::int64_t>(*connection, "SELECT count(*) FROM t"), 0);
}

TEST_F(PostgresDriver, a_deadline_that_has_passed_sends_nothing)
{
    const auto connection = connect();
    EXPECT_EQ(failure_of(*connection, Query(statement("SELECT 1")), -1ms).outcome, Outcome::not_sent);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

/// Runs a statement, and cancels the coroutine that waits for it after `patience`.
class Cancelled {
public:
    Cancelled(PostgresBench& bench, DriverConnection& connection, std::string text, std::chrono::microseconds patience)
        : timer_(bench.io, patience)
    {
        timer_.async_wait([this](boost::system::error_code) { giving_up_.emit(asio::cancellation_type::terminal); });
        auto note = [this](std::exception_ptr failure, std::vector<Result> results) {
            ended_ = true;
            failure_ = failure;
            results_ = std::move(results);
        };
        asio::co_spawn(bench.io, connection.run(Query(statement(std::move(text))), in(20s)),
                       asio::bind_cancellation_slot(giving_up_.slot(), note));
        const auto limit = in(20s);
        bench.io.restart();
        while (!ended_ && bench.io.run_one_until(limit) != 0) {}
        timer_.cancel();
        while (bench.io.poll() != 0) {}
    }

    bool ended() const { return ended_; }
    bool was_aborted() const
    {
        try {
            if (failure_) std::rethrow_exception(failure_);
        } catch (const boost::system::system_error& error) {
            return error.code() == asio::error::operation_aborted;
        }
        return false;
    }
    const std::vector<Result>& results() const { return results_; }

private:
    asio::cancellation_signal giving_up_;
    asio::steady_timer timer_;
    bool ended_ = false;
    std::exception_ptr failure_;
    std::vector<Result> results_;
};

TEST_F(PostgresDriver, a_cancelled_coroutine_stops_its_statement_on_the_server)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    const auto started = steady_clock::now();
    const Cancelled call(*bench, *connection, "SELECT pg_sleep(30)", 50ms);
    EXPECT_TRUE(call.was_aborted());
    EXPECT_LT(steady_clock::now() - started, 1500ms);
    EXPECT_EQ(state_of(pid), "idle");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(pid_of(*connection), pid);
}

TEST_F(PostgresDriver, a_cancellation_in_a_transaction_leaves_it_to_be_rolled_back)
{
    const auto connection = connect();
    bench->await(connection->begin({}, in(20s)));
    const Cancelled call(*bench, *connection, "SELECT pg_sleep(30)", 50ms);
    EXPECT_TRUE(call.was_aborted());
    EXPECT_EQ(connection->condition(), Condition::in_failed_transaction);
    bench->await(connection->rollback(in(20s)));
    EXPECT_EQ(connection->condition(), Condition::idle);
}

// How often either side wins depends on the machine's load: enough that both happened.
constexpr int races = 300, wins_min = 3;

TEST_F(PostgresDriver, a_cancellation_that_races_with_the_answer_never_hits_the_next_statement)
{
    const auto connection = connect();
    std::mt19937 random(7);
    int aborted = 0, answered = 0;
    for (int i = 0; i < races; ++i) {
        const auto patience = std::chrono::microseconds(random() % 5000);
        const Cancelled call(*bench, *connection, "SELECT " + std::to_string(i) + " FROM pg_sleep(0.002)", patience);
        ASSERT_TRUE(call.ended());
        if (call.was_aborted()) ++aborted;
        else {
            ++answered;
            ASSERT_EQ(call.results().at(0).as<int>(0), i);
        }
        ASSERT_EQ(connection->condition(), Condition::idle) << i;
        ASSERT_EQ(bench->value<int>(*connection, "SELECT $1 + 1", i), i + 1);
    }
    EXPECT_GE(aborted, wins_min);
    EXPECT_GE(answered, wins_min);
}

TEST_F(PostgresDriver, a_deadline_that_races_with_the_answer_never_hits_the_next_statement)
{
    const auto connection = connect();
    std::mt19937 random(8);
    int stopped = 0, answered = 0;
    for (int i = 0; i < races; ++i) {
        try {
            const auto limit = steady_clock::now() + std::chrono::microseconds(500 + random() % 6000);
            bench->await(connection->run(Query(statement("SELECT pg_sleep(0.004)")), limit));
            ++answered;
        } catch (const CommandTimeout& late) {
            ASSERT_NE(late.outcome(), Outcome::unknown);
            ++stopped;
        }
        ASSERT_EQ(connection->condition(), Condition::idle) << i;
        ASSERT_EQ(bench->value<int>(*connection, "SELECT $1 + 1", i), i + 1);
    }
    EXPECT_GE(stopped, wins_min);
    EXPECT_GE(answered, wins_min);
}

/// Stops a process from running for as long as it lives.
class Frozen {
public:
    explicit Frozen(pid_t pid) : pid_(pid) { kill(pid_, SIGSTOP); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    ~Frozen() { kill(pid_, SIGCONT); }

private:
    pid_t pid_;
};

TEST_F(PostgresDriver, a_server_that_does_not_even_answer_the_request_to_stop_costs_two_seconds_and_the_connection)
{
    auto connection = connect();
    const int pid = pid_of(*connection);
    {
        const Frozen backend(pid), postmaster(server.pid());
        const auto started = steady_clock::now();
        const auto why = failure_of(*connection, Query(statement("SELECT 1")), 100ms);
        EXPECT_EQ(why.sqlstate, "57014");
        EXPECT_EQ(why.outcome, Outcome::unknown);
        EXPECT_LT(steady_clock::now() - started, 3s);
        EXPECT_EQ(connection->condition(), Condition::broken);
        connection.reset();
        bench.reset();
        EXPECT_LT(steady_clock::now() - started, 3s) << "nothing of it outlives the driver";
    }
    bench = std::make_unique<PostgresBench>(server.url());
    EXPECT_EQ(bench->value<int>(*connect(), "SELECT 1"), 1);
}

TEST_F(PostgresDriver, connecting_to_a_frozen_server_ends_at_the_deadline)
{
    const Frozen postmaster(server.pid());
    const auto started = steady_clock::now();
    EXPECT_THROW(bench->connect(200ms), ConnectFailed);
    EXPECT_LT(steady_clock::now() - started, 1500ms);
}

// -- The next borrower -------------------------------------------------------

TEST_F(PostgresDriver, a_reset_clears_the_session_in_the_same_trip_and_keeps_the_statements)
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

TEST_F(PostgresDriver, a_reset_that_fails_costs_the_connection_and_its_answer_is_not_believed)
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

TEST_F(PostgresDriver, a_session_that_is_ended_while_it_works_is_lost_with_an_unknown_outcome)
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

TEST_F(PostgresDriver, a_session_that_ended_while_idle_is_noticed_before_anything_is_sent)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    server.sql("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
    const auto why = failure(*connection, "SELECT 1");
    EXPECT_EQ(why.outcome, Outcome::not_sent);
    EXPECT_EQ(why.sqlstate, "57P01");
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(PostgresDriver, closing_ends_when_the_server_has_let_go)
{
    const auto connection = connect();
    const int pid = pid_of(*connection);
    bench->await(connection->close());
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_EQ(server.sql("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid)), "0");
}

TEST_F(PostgresDriver, closing_waits_five_seconds_for_a_server_that_does_not_let_go)
{
    const auto connection = connect();
    const Frozen backend(pid_of(*connection));
    const auto started = steady_clock::now();
    bench->await(connection->close());
    const auto took = steady_clock::now() - started;
    EXPECT_GT(took, 4900ms);
    EXPECT_LT(took, 7s);
}

// -- Logging in --------------------------------------------------------------

class PostgresLogin : public PostgresDriver {
protected:
    ErrorInfo refusal(const std::string& url)
    {
        bench = std::make_unique<PostgresBench>(url);
        try {
            bench->connect(5s);
        } catch (const ConnectFailed& failed) {
            EXPECT_EQ(failed.outcome(), Outcome::not_sent);
            EXPECT_EQ(std::string(failed.what()).find("wrong words"), std::string::npos) << failed.what();
            return failed.info();
        }
        ADD_FAILURE() << "it did not fail";
        return {};
    }
    std::string authority() const { return "127.0.0.1:" + std::to_string(server.port()); }
};

TEST_F(PostgresLogin, a_password_is_sent_when_it_is_asked_for)
{
    bench = std::make_unique<PostgresBench>("postgresql://locksmith:open%20sesame@" + authority() + "/postgres");
    EXPECT_EQ(bench->value<std::string>(*connect(), "SELECT current_user::text"), "locksmith");
}

TEST_F(PostgresLogin, a_wrong_password_an_unknown_database_and_nobody_listening_are_told_apart)
{
    EXPECT_EQ(refusal("postgresql://locksmith:wrong%20words@" + authority() + "/postgres").sqlstate, "28P01");
    EXPECT_EQ(refusal(server.url("nowhere")).sqlstate, "3D000");
    const auto nobody =
        refusal("postgresql://postgres:wrong%20words@127.0.0.1:" + std::to_string(testing::free_port()) + "/x");
    EXPECT_EQ(nobody.sqlstate, "08001");
    EXPECT_NE(nobody.message.find("refused"), std::string::npos) << nobody.message;
}

TEST_F(PostgresLogin, a_url_that_cannot_be_read_is_not_repeated)
{
    EXPECT_EQ(refusal("postgresql://a:wrong words%@h/%zz").sqlstate, "08001");
}

TEST_F(PostgresLogin, names_and_unix_sockets_lead_to_the_server)
{
    for (const std::string& url :
         {"postgresql://postgres@localhost:" + std::to_string(server.port()) + "/postgres", server.socket_url()}) {
        bench = std::make_unique<PostgresBench>(url);
        EXPECT_EQ(bench->value<int>(*connect(), "SELECT 1"), 1);
    }
    EXPECT_NE(bench->driver().describe().find("PostgreSQL 15"), std::string::npos) << bench->driver().describe();
    EXPECT_EQ(refusal("postgresql://postgres@nowhere.invalid/postgres").sqlstate, "08001");
}

TEST_F(PostgresLogin, of_several_hosts_the_first_that_answers_serves)
{
    bench = std::make_unique<PostgresBench>("postgresql://postgres@127.0.0.1:" + std::to_string(testing::free_port()) +
                                            "," + "localhost:" + std::to_string(server.port()) + "/postgres");
    EXPECT_EQ(bench->value<int>(*connect(), "SELECT 1"), 1);
}

// -- Behind a pooler ---------------------------------------------------------

class PostgresBehindPgbouncer : public PostgresDriver {
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
