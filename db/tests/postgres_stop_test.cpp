// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <random>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Frozen;
using testing::in;
using testing::PostgresBench;
using testing::statement;
using testing::unit_of;

struct PostgresStop : testing::PostgresDriverTest {};

TEST_F(PostgresStop, at_the_deadline_the_server_stops_too)
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

TEST_F(PostgresStop, a_unit_past_its_deadline_leaves_nothing)
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

TEST_F(PostgresStop, a_deadline_that_has_passed_sends_nothing)
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

TEST_F(PostgresStop, a_cancelled_coroutine_stops_its_statement_on_the_server)
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

TEST_F(PostgresStop, a_cancellation_in_a_transaction_leaves_it_to_be_rolled_back)
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

TEST_F(PostgresStop, a_cancellation_that_races_with_the_answer_never_hits_the_next_statement)
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

TEST_F(PostgresStop, a_deadline_that_races_with_the_answer_never_hits_the_next_statement)
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

TEST_F(PostgresStop, a_server_that_does_not_even_answer_the_request_to_stop_costs_two_seconds_and_the_connection)
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

TEST_F(PostgresStop, connecting_to_a_frozen_server_ends_at_the_deadline)
{
    const Frozen postmaster(server.pid());
    const auto started = steady_clock::now();
    EXPECT_THROW(bench->connect(200ms), ConnectFailed);
    EXPECT_LT(steady_clock::now() - started, 1500ms);
}

} // namespace
} // namespace trunkline::db
