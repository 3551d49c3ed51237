// SPDX-License-Identifier: MIT
#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/system/system_error.hpp>

namespace trunkline::db::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// What keeps a server busy for longer than a test lasts, in ways that are stopped at different places.
constexpr const char* sleeping = "SELECT sleep(60)";
constexpr const char* calculating = "SELECT benchmark(1000000000000, sha2('x', 512))";

class MysqlStop : public MysqlBench {
protected:
    MysqlStop() : proxy_(server().port(), FaultProxy::Protocol::bytes) {}

    asio::awaitable<std::vector<Result>> call(DriverConnection& connection, std::string text, Deadline deadline)
    {
        return connection.run(Query(statement(std::move(text))), deadline);
    }
    std::string busy_sessions()
    {
        return server().sql(
            "SELECT count(*) FROM information_schema.processlist WHERE user = 'ada' AND command <> 'Sleep'");
    }
    /// As `connect`, by way of the proxy.
    std::unique_ptr<DriverConnection> connect_by_proxy(std::chrono::milliseconds limit = 20s)
    {
        options_ = Options::parse("mysql://ada:s3cret@127.0.0.1:" + std::to_string(proxy_.port()) + "/bench");
        driver_.reset();
        return connect(limit);
    }

    FaultProxy proxy_;
};

TEST_F(MysqlStop, a_statement_past_its_deadline_is_stopped_on_the_server)
{
    const auto connection = connect();
    for (const char* text : {sleeping, calculating}) {
        const auto began = Clock::now();
        const auto failed = failure<CommandTimeout>([&] { await(call(*connection, text, in(50ms))); });
        EXPECT_LT(Clock::now() - began, 3s) << text;
        EXPECT_EQ(failed.sqlstate(), "57014");
        EXPECT_NE(std::string_view(failed.what()).find("past its deadline and was stopped"), std::string_view::npos)
            << failed.what();
        EXPECT_EQ(connection->condition(), Condition::idle);
        EXPECT_EQ(busy_sessions(), "0");
        EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1);
    }
    EXPECT_EQ(connection->cancelled(), 2u);
}

TEST_F(MysqlStop, a_caller_who_gives_up_stops_the_server_too)
{
    const auto connection = connect();
    Beside& running = go(call(*connection, sleeping, in(60s)));
    until([&] { return busy_sessions() == "1" || running.over; });
    cancel(running);
    const auto began = Clock::now();
    EXPECT_THROW(finish(running), boost::system::system_error);
    EXPECT_LT(Clock::now() - began, 3s);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(busy_sessions(), "0");
    EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1);
}

TEST_F(MysqlStop, a_stopped_statement_leaves_its_transaction_open)
{
    const auto connection = connect();
    run(*connection, "CREATE TABLE t (id INT PRIMARY KEY)");
    await(connection->begin({}, in(20s)));
    run(*connection, "INSERT INTO t VALUES (1)");
    failure<CommandTimeout>([&] { await(call(*connection, sleeping, in(50ms))); });
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    EXPECT_EQ(value<std::int64_t>(*connection, "SELECT count(*) FROM t"), 1);
    await(connection->rollback(in(20s)));
    EXPECT_EQ(value<std::int64_t>(*connection, "SELECT count(*) FROM t"), 0);
}

TEST_F(MysqlStop, a_stopped_unit_leaves_nothing_and_says_where_it_was)
{
    const auto connection = connect();
    run(*connection, "CREATE TABLE t (id INT PRIMARY KEY)");
    const auto failed = failure<CommandTimeout>(
        [&] { run_unit(*connection, {statement("INSERT INTO t VALUES (1)"), statement(sleeping)}, in(80ms)); });
    EXPECT_EQ(failed.index(), 1u);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(value<std::int64_t>(*connection, "SELECT count(*) FROM t"), 0);
}

TEST_F(MysqlStop, a_deadline_that_has_passed_sends_nothing)
{
    const auto connection = connect();
    const auto failed = failure<CommandTimeout>([&] { await(call(*connection, "SELECT 1", in(-1ms))); });
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(connection->cancelled(), 0u);
}

// The deadlines fall before, into and behind the statement: whichever it is, the next one is not hit.
TEST_F(MysqlStop, a_late_stop_never_hits_the_next_statement)
{
    const auto connection = connect();
    std::uint64_t stopped = 0;
    for (int round = 0; round < 150; ++round) {
        try {
            await(call(*connection, "SELECT sleep(0.002)", in(std::chrono::milliseconds(1 + round % 4))));
        } catch (const CommandTimeout&) {
            ++stopped;
        }
        ASSERT_EQ(connection->condition(), Condition::idle) << round;
        ASSERT_EQ(value<int>(*connection, "SELECT $1 + sleep(0)", round), round);
    }
    EXPECT_GT(stopped, 0u);
}

TEST_F(MysqlStop, a_lock_that_is_waited_for_is_given_up_at_the_deadline)
{
    const auto one = connect();
    const auto two = connect();
    run(*one, "CREATE TABLE t (id INT PRIMARY KEY)");
    await(one->begin({}, in(20s)));
    run(*one, "INSERT INTO t VALUES (1)");
    failure<CommandTimeout>([&] { await(call(*two, "INSERT INTO t VALUES (1)", in(60ms))); });
    EXPECT_EQ(two->condition(), Condition::idle);
    await(one->commit(in(20s)));
    EXPECT_EQ(value<std::int64_t>(*two, "SELECT count(*) FROM t"), 1);
}

// The server then says that the session is another's: the connection is given up, and the pool opens a new one.
TEST_F(MysqlStop, within_a_routine_of_another_definer_nothing_is_stopped_and_the_wait_is_bounded)
{
    const auto connection = connect();
    server().sql("CREATE OR REPLACE FUNCTION bench.slow() RETURNS INT NO SQL RETURN sleep(10)");
    const auto began = Clock::now();
    const auto failed = failure<CommandTimeout>([&] { await(call(*connection, "SELECT slow()", in(50ms))); });
    EXPECT_LT(Clock::now() - began, 8s);
    EXPECT_EQ(failed.outcome(), Outcome::unknown);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

// -- While the session is being reset ------------------------------------------

class MysqlStopInReset : public MysqlStop {
protected:
    /// A session that is due for a reset, of a server that will not answer before `thaw`.
    MysqlStopInReset() : connection(connect())
    {
        run(*connection, "SET @left_behind = 1");
        connection->mark_for_reset();
        kills_before_ = kills();
        server().freeze();
    }
    void thaw_in(std::chrono::milliseconds time)
    {
        thawing_.expires_after(time);
        thawing_.async_wait([](boost::system::error_code) { server().thaw(); });
    }
    /// A KILL could be late, and hit the rest of the reset.
    void expect_whole_and_clean_and_no_kill()
    {
        EXPECT_EQ(kills(), kills_before_);
        EXPECT_EQ(connection->cancelled(), 0u);
        EXPECT_EQ(connection->condition(), Condition::idle);
        EXPECT_TRUE(value<bool>(*connection, "SELECT @left_behind IS NULL"));
    }

    std::unique_ptr<DriverConnection> connection;

private:
    static std::string kills()
    {
        return server().sql(
            "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'COM_KILL'");
    }

    asio::steady_timer thawing_{io};
    std::string kills_before_;
};

TEST_F(MysqlStopInReset, a_deadline_lets_it_come_to_its_end_and_sends_nothing_more)
{
    thaw_in(60ms);
    EXPECT_EQ(failure<CommandTimeout>([&] { await(call(*connection, sleeping, in(20ms))); }).sqlstate(), "57014");
    expect_whole_and_clean_and_no_kill();
}

TEST_F(MysqlStopInReset, so_does_a_caller_who_gives_up)
{
    Beside& running = go(call(*connection, sleeping, in(60s)));
    thaw_in(60ms);
    cancel(running);
    EXPECT_THROW(finish(running), boost::system::system_error);
    expect_whole_and_clean_and_no_kill();
}

TEST_F(MysqlStopInReset, a_transaction_that_is_too_late_is_not_begun)
{
    thaw_in(60ms);
    EXPECT_EQ(failure<CommandTimeout>([&] { await(connection->begin({}, in(20ms))); }).sqlstate(), "57014");
    expect_whole_and_clean_and_no_kill();
}

TEST_F(MysqlStopInReset, it_is_waited_for_with_a_bound)
{
    const auto began = Clock::now();
    const auto failed = failure<CommandTimeout>([&] { await(call(*connection, "SELECT 1", in(20ms))); });
    EXPECT_LT(Clock::now() - began, 10s);
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

// -- A server that does not answer -------------------------------------------

TEST_F(MysqlStop, a_frozen_server_is_waited_for_with_a_bound)
{
    const auto connection = connect();
    server().freeze();
    const auto began = Clock::now();
    const auto failed = failure<CommandTimeout>([&] { await(call(*connection, "SELECT 1", in(50ms))); });
    EXPECT_LT(Clock::now() - began, 10s);
    EXPECT_EQ(failed.outcome(), Outcome::unknown);
    EXPECT_EQ(connection->condition(), Condition::broken);
    const auto refused = failure<ConnectFailed>([&] { connect(100ms); });
    EXPECT_EQ(refused.sqlstate(), "08001");
    server().thaw();
    EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
}

TEST_F(MysqlStop, while_a_statement_waits_the_loop_turns)
{
    const auto connection = connect();
    Beside& running = go(call(*connection, "SELECT sleep(1.5)", in(20s)));
    const int ticks = ticks_until_over(running);
    finish(running);
    EXPECT_GT(ticks, 1) << "a loop that is blocked sees one tick, behind the statement";
}

TEST_F(MysqlStop, single_bytes_are_as_good_as_whole_answers)
{
    proxy_.split(after_bytes(From::server, 0));
    const auto connection = connect_by_proxy();
    EXPECT_EQ(value<std::string>(*connection, "SELECT concat($1, $2)", "Grüße, ", "世界"), "Grüße, 世界");
}

// Wherever the line is cut during log-in and a statement: it is an error in time, and nothing hangs or leaks.
TEST_F(MysqlStop, a_line_that_is_cut_at_any_byte_is_an_error_and_never_a_hang)
{
    int connected = 0;
    for (std::size_t bytes = 0; bytes < 700; bytes += 7) {
        proxy_.heal();
        bytes % 2 ? proxy_.cut(after_bytes(From::server, bytes)) : proxy_.reset(after_bytes(From::server, bytes));
        const auto began = Clock::now();
        try {
            const auto connection = connect_by_proxy();
            ++connected;
            for (int k = 0; k < 100; ++k) EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", k), k);
        } catch (const ConnectFailed& failed) {
            EXPECT_EQ(failed.outcome(), Outcome::not_sent);
        } catch (const ConnectionLost&) {}
        ASSERT_LT(Clock::now() - began, 10s) << bytes;
    }
    EXPECT_GT(connected, 0);
}

TEST_F(MysqlStop, a_line_that_falls_silent_is_given_up_at_the_deadline)
{
    for (const std::size_t bytes : {0u, 3u, 60u, 100u, 160u}) {
        proxy_.heal();
        proxy_.freeze(after_bytes(From::server, bytes));
        const auto began = Clock::now();
        EXPECT_EQ(failure<ConnectFailed>([&] { connect_by_proxy(150ms); }).sqlstate(), "08001") << bytes;
        EXPECT_LT(Clock::now() - began, 5s) << bytes;
    }
    proxy_.heal();
    const auto connection = connect_by_proxy();
    proxy_.freeze();
    const auto began = Clock::now();
    EXPECT_EQ(failure<CommandTimeout>([&] { await(call(*connection, "SELECT 1", in(50ms))); }).outcome(),
              Outcome::unknown);
    EXPECT_LT(Clock::now() - began, 10s);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

} // namespace
} // namespace trunkline::db::testing
