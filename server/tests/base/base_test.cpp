// SPDX-License-Identifier: MIT
#include <base/clock.hpp>
#include <base/crypto.hpp>
#include <base/nearest.hpp>
#include <base/rfc3339.hpp>
#include <base/task_group.hpp>
#include <base/utf8.hpp>

#include <support/run.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace trunkline {
namespace {

using namespace std::chrono_literals;
using db::testing::run;

const Time start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

asio::awaitable<void> sleep_and_note(Clock& clock, std::chrono::seconds time, int& woken)
{
    co_await clock.sleep_for(time);
    ++woken;
}

asio::awaitable<void> sleepers_wake(ManualClock& clock)
{
    TaskGroup group(co_await asio::this_coro::executor);
    int woken = 0;
    group.start("short", sleep_and_note(clock, 1s, woken));
    group.start("long", sleep_and_note(clock, 2s, woken));
    while (clock.sleepers() < 2) co_await asio::post(asio::use_awaitable);
    clock.advance(1s);
    while (group.size() > 1) co_await asio::post(asio::use_awaitable);
    EXPECT_EQ(woken, 1);
    clock.advance(1s);
    co_await group.join();
    EXPECT_EQ(woken, 2);
}

TEST(ManualClock, moves_only_when_told_and_wakes_whose_time_has_come)
{
    asio::io_context io;
    ManualClock clock(start);
    run(io, sleepers_wake(clock));
}

asio::awaitable<void> sleep_while_holding(Clock& clock)
{
    const auto task = db::task_of(co_await asio::this_coro::executor);
    const auto hold = task->hold(std::source_location::current());
    EXPECT_THROW(co_await clock.sleep_for(1s), db::UsageError);
    task->release(hold);
}

TEST(Clock, refuses_to_wait_in_a_task_that_holds_a_connection)
{
    asio::io_context io;
    ManualClock manual(start);
    SystemClock system;
    run(io, sleep_while_holding(manual));
    run(io, sleep_while_holding(system));
}

asio::awaitable<void> fail()
{
    throw std::runtime_error("broken");
    co_return;
}

asio::awaitable<void> sleep_forever(Clock& clock, bool& stopped)
{
    struct Note {
        bool& stopped;
        ~Note() { stopped = true; }
    } note{stopped};
    co_await clock.sleep_for(24h);
}

asio::awaitable<void> first_failure(Clock& clock)
{
    TaskGroup group(co_await asio::this_coro::executor);
    bool stopped = false;
    group.start("sleeper", sleep_forever(clock, stopped));
    group.start("failing", fail());
    EXPECT_THROW(co_await group.join(), std::runtime_error);
    EXPECT_TRUE(stopped);
}

TEST(TaskGroup, the_first_failure_ends_all_and_is_rethrown)
{
    asio::io_context io;
    ManualClock clock(start);
    run(io, first_failure(clock));
}

asio::awaitable<void> reported(Clock& clock)
{
    std::vector<std::string> failures;
    auto report = [&](std::string_view task, std::exception_ptr) { failures.emplace_back(task); };
    TaskGroup group(co_await asio::this_coro::executor, report);
    bool stopped = false;
    group.start("sleeper", sleep_forever(clock, stopped));
    group.start("failing", fail());
    while (group.size() > 1) co_await asio::post(asio::use_awaitable);
    EXPECT_FALSE(stopped);
    group.cancel();
    co_await group.join();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(failures, std::vector<std::string>{"failing"});
}

TEST(TaskGroup, a_group_of_sessions_reports_failures_and_goes_on)
{
    asio::io_context io;
    ManualClock clock(start);
    run(io, reported(clock));
}

asio::awaitable<void> races(Clock& clock)
{
    bool stopped = false;
    EXPECT_THROW(co_await race(sleep_forever(clock, stopped), fail()), std::runtime_error);
    EXPECT_TRUE(stopped);
    int woken = 0;
    EXPECT_EQ(co_await race(sleep_and_note(clock, 0s, woken), sleep_forever(clock, stopped)), 0u);
}

TEST(Race, the_first_to_end_decides_and_its_failure_is_not_lost)
{
    asio::io_context io;
    ManualClock clock(start);
    run(io, races(clock));
}

asio::awaitable<void> hash_and_verify(Passwords& passwords)
{
    const std::string hash = co_await passwords.hash("Correct1horse");
    EXPECT_EQ(hash.substr(0, 31), "$argon2id$v=19$m=19456,t=2,p=1$");
    EXPECT_TRUE(co_await passwords.verify("Correct1horse", hash));
    EXPECT_FALSE(co_await passwords.verify("correct1horse", hash));
    EXPECT_FALSE(co_await passwords.verify_nothing("Correct1horse"));
}

TEST(Passwords, a_hash_is_argon2id_with_the_recommended_parameters)
{
    asio::io_context io;
    Passwords passwords;
    run(io, hash_and_verify(passwords));
}

TEST(Crypto, tokens_differ_and_digests_are_sha256)
{
    EXPECT_EQ(random_token().size(), 43u);
    EXPECT_NE(random_token(), random_token());
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST(Rfc3339, times_are_read_with_their_zone)
{
    EXPECT_EQ(parse_rfc3339("2026-11-21T00:00:00Z"), start);
    EXPECT_EQ(parse_rfc3339("2026-11-21T01:30:00.5+01:30"), start + 500ms);
    EXPECT_EQ(parse_rfc3339("2026-11-20T19:00:00-05:00"), start);
    for (const char* bad : {"", "2026-11-21", "2026-11-21T00:00:00", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z",
                            "2026-11-21T00:00:00.Z", "2026-11-21T00:00:00Zx", "2026-11-21T00:00:00+24:00"})
        EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

TEST(Utf8, text_is_cut_between_characters)
{
    EXPECT_EQ(count_characters("grüße"), 5u);
    EXPECT_EQ(first_characters("grüße", 3), "grü");
    EXPECT_EQ(first_characters("grüße", 9), "grüße");
    EXPECT_EQ(trimmed(" \t a b\n"), "a b");
}

TEST(Nearest, a_typing_mistake_finds_its_word)
{
    EXPECT_EQ(nearest("titel", {"title", "id"}), "title");
    EXPECT_EQ(nearest("entirely", {"title", "id"}), "");
}

} // namespace
} // namespace trunkline
