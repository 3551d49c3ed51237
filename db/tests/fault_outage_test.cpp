// SPDX-License-Identifier: MIT
#include <support/postgres_server.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace trunkline::db::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Time = steady_clock::time_point;

constexpr auto outage_lasts = 5s;
constexpr std::size_t attempts_max = 40; // in a minute; fault_outage_policy_test.cpp has the minute itself
constexpr auto told_within = 100ms;
constexpr auto floor_within = 1s;
constexpr std::size_t callers = 50;
constexpr auto busy_machine = 100ms; // by which a timer may be late here, which is not the pool's doing

asio::awaitable<void> rest(std::chrono::milliseconds time)
{
    asio::steady_timer pause(co_await asio::this_coro::executor, time);
    co_await pause.async_wait(asio::use_awaitable);
}

/// A real pool and a real server, with a proxy between them that can be a wall.
class FaultOutage : public ::testing::Test {
protected:
    void SetUp() override
    {
        Options options = Options::parse("postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) +
                                         "/postgres?gssencmode=disable");
        options.min_size = 5;
        options.max_size = 20;
        pool.emplace(io.get_executor(), options);
        pool->set_log([this](std::string_view message) {
            if (message.starts_with("the database cannot be reached")) opened = steady_clock::now();
            if (message.starts_with("the database can be reached again")) recovered = steady_clock::now();
        });
    }

    template <class Reached>
    asio::awaitable<void> until(Reached reached, std::chrono::seconds limit)
    {
        for (const Time end = steady_clock::now() + limit; !reached() && steady_clock::now() < end;) co_await rest(5ms);
        EXPECT_TRUE(reached());
    }

    /// Calls again and again, as a program under load does, and notes how each call ended.
    asio::awaitable<void> caller()
    {
        while (!enough) {
            const Time began = steady_clock::now();
            try {
                co_await pool->execute("SELECT 1");
                ++served;
            } catch (const ConnectFailed& told) {
                note(told, began);
            } catch (const ConnectionLost&) {
                ++lost; // it was under way when the wall came down
            }
            co_await rest(20ms);
        }
        ++ended;
    }
    void note(const ConnectFailed& told, Time began)
    {
        ++told_count;
        const Time now = steady_clock::now();
        if (told.outcome() != Outcome::not_sent || !told.unavailable()) ++untrue;
        if (std::string_view(told.what()).find("127.0.0.1") == std::string_view::npos) ++without_cause;
        if (opened) longest_wait = std::max(longest_wait, now - std::max(began, *opened));
    }

    asio::awaitable<void> go_through_an_outage()
    {
        co_await pool->start();
        co_await until([&] { return pool->stats().idle >= 5; }, 5s);
        for (std::size_t i = 0; i < callers; ++i) {
            auto on = with_task(io.get_executor(), "caller");
            asio::co_spawn(on, caller(), [this](std::exception_ptr failure) { stray = stray || failure; });
        }
        co_await rest(100ms);
        const std::size_t before = proxy.counts().connections;
        proxy.refuse();
        proxy.reset();
        co_await rest(outage_lasts);
        attempts = proxy.counts().connections - before;
        proxy.heal();
        co_await until([&] { return recovered && pool->stats().idle + pool->stats().in_use >= 5; }, 8s);
        at_the_floor = steady_clock::now();
        const std::size_t served_before = served;
        co_await until([&] { return served > served_before + callers; }, 5s);
        enough = true;
        co_await until([&] { return ended == callers; }, 5s);
        (void)co_await pool->drain(5s);
    }

    FaultProxy proxy{PostgresServer::shared().port()};
    asio::io_context io;
    std::optional<Pool> pool;
    bool enough = false, stray = false;
    std::size_t served = 0, lost = 0, ended = 0, attempts = 0;
    std::size_t told_count = 0, untrue = 0, without_cause = 0;
    std::optional<Time> opened, recovered;
    Time at_the_floor{};
    steady_clock::duration longest_wait{};
};

TEST_F(FaultOutage, costs_few_attempts_and_tells_the_cause_and_ends_soon)
{
    testing::run(io, go_through_an_outage());
    EXPECT_FALSE(stray) << "a call failed with something else than the outage";
    EXPECT_LE(attempts, attempts_max);
    EXPECT_GE(attempts, 3u) << "nobody tried";
    EXPECT_LE(lost, callers);
    ASSERT_TRUE(opened);
    EXPECT_GT(told_count, callers);
    EXPECT_EQ(untrue, 0u);
    EXPECT_EQ(without_cause, 0u);
    EXPECT_LE(longest_wait, told_within + busy_machine);
    ASSERT_TRUE(recovered);
    EXPECT_LE(at_the_floor - *recovered, floor_within + busy_machine);
}

TEST_F(FaultOutage, with_a_frozen_server_every_wait_has_a_bound)
{
    const auto statement = [&](std::chrono::milliseconds limit) -> asio::awaitable<void> {
        co_await pool->within(limit).execute("SELECT 1");
    };
    testing::run(io, pool->start());
    proxy.freeze();
    for (const auto limit : {50ms, 300ms, 1000ms}) {
        const Time began = steady_clock::now();
        EXPECT_THROW(testing::run(io, statement(limit)), Error) << "a frozen server answered";
        EXPECT_LT(steady_clock::now() - began, limit + 3s);
    }
    const Time began = steady_clock::now();
    const auto drain = [&]() -> asio::awaitable<void> { (void)co_await pool->drain(500ms); };
    testing::run(io, drain());
    EXPECT_LT(steady_clock::now() - began, 10s) << "what is open, and what is opening, is given up";
}

} // namespace
} // namespace trunkline::db::testing
