// SPDX-License-Identifier: MIT
#include <leases/backoff.hpp>
#include <leases/bell.hpp>

#include <base/task_group.hpp>
#include <support/database.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/transaction.hpp>

#include <gtest/gtest.h>

namespace trunkline::leases {

namespace {

using namespace std::chrono_literals;

/// A worker that looks for work each time the bell lets it.
asio::awaitable<void> look(Bell& bell, Clock& clock, std::chrono::microseconds longest, int& looks)
{
    for (;;) {
        co_await bell.wait(clock, longest);
        ++looks;
    }
}

struct Bells : ::testing::Test {
    asio::io_context io{1};
    ManualClock clock{Time(1'795'000'000s)};
    Bell bell{io.get_executor()};
    int looks = 0;
    std::vector<std::string> failures;
    TaskGroup workers{io.get_executor(), [this](std::string_view, std::exception_ptr why) {
                          try {
                              std::rethrow_exception(why);
                          } catch (const std::exception& failure) {
                              failures.emplace_back(failure.what());
                          }
                      }};

    ~Bells() override
    {
        workers.cancel();
        settle();
        EXPECT_EQ(workers.size(), 0u); // a worker at its bell ends when it is asked to
    }
    void work(std::chrono::microseconds longest = 1s)
    {
        workers.start("worker", look(bell, clock, longest, looks));
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    void ring()
    {
        bell.ring();
        settle();
    }
    void advance(std::chrono::microseconds by)
    {
        clock.advance(by);
        settle();
    }
};

} // namespace

TEST_F(Bells, wakes_a_worker_that_waits)
{
    work();
    EXPECT_EQ(looks, 0);
    ring();
    EXPECT_EQ(looks, 1);
    ring();
    EXPECT_EQ(looks, 2);
    EXPECT_EQ(clock.sleepers(), 1u); // the sleeps that were interrupted are gone
}

TEST_F(Bells, rung_before_the_wait_is_heard_and_only_once)
{
    bell.ring();
    bell.ring();
    work();
    EXPECT_EQ(looks, 1);
}

TEST_F(Bells, rung_many_times_at_once_is_one_look)
{
    work();
    for (int i = 0; i < 10; ++i) bell.ring();
    settle();
    EXPECT_EQ(looks, 1);
}

TEST_F(Bells, silent_ones_let_the_worker_look_when_its_time_has_come)
{
    work(1s);
    advance(1s - 1us);
    EXPECT_EQ(looks, 0);
    advance(1us);
    EXPECT_EQ(looks, 1);
    advance(1s);
    EXPECT_EQ(looks, 2);
    ring();
    EXPECT_EQ(looks, 3);
}

TEST_F(Bells, a_worker_that_was_stopped_leaves_the_bell_in_order)
{
    work();
    workers.cancel();
    settle();
    EXPECT_EQ(workers.size(), 0u);
    EXPECT_EQ(looks, 0);
    EXPECT_EQ(clock.sleepers(), 0u);
    bell.ring();
    work();
    EXPECT_EQ(looks, 1);
}

TEST(BellAndPool, nobody_waits_for_work_with_a_connection_in_hand)
{
    trunkline::testing::Database database;
    Bell bell(database.io.get_executor());
    bell.ring(); // even when there would be nothing to wait for
    std::string refused;
    auto wait_with_one = [](db::Pool& pool, Bell& bell, Clock& clock) -> asio::awaitable<void> {
        const auto connection = co_await pool.acquire();
        co_await bell.wait(clock, 1s);
    };
    TaskGroup workers(database.io.get_executor(), [&](std::string_view, std::exception_ptr why) {
        try {
            std::rethrow_exception(why);
        } catch (const db::UsageError& failure) {
            refused = failure.what();
        }
    });
    workers.start("worker", wait_with_one(database.pool(), bell, database.clock));
    database.until([&] { return workers.size() == 0; });
    EXPECT_NE(refused.find("work to do"), std::string::npos) << refused;
}

TEST(BackoffTest, doubles_from_the_first_wait_to_the_longest)
{
    constexpr Backoff backoff{.first = 100ms, .longest = 1s};
    EXPECT_EQ(backoff.after(1), 100ms);
    EXPECT_EQ(backoff.after(2), 200ms);
    EXPECT_EQ(backoff.after(4), 800ms);
    EXPECT_EQ(backoff.after(5), 1s);
    EXPECT_EQ(backoff.after(6), 1s);
    EXPECT_EQ(backoff.after(std::numeric_limits<std::int64_t>::max()), 1s);
}

TEST(BackoffTest, a_first_wait_beyond_the_longest_is_the_longest)
{
    EXPECT_EQ((Backoff{.first = 5s, .longest = 1s}.after(1)), 1s);
}

} // namespace trunkline::leases
