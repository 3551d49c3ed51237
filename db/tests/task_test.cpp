// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/lane.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

asio::awaitable<void> note_task(TaskPtr& seen) { seen = task_of(co_await asio::this_coro::executor); }

TEST(Task, a_coroutine_knows_the_task_it_runs_in)
{
    asio::io_context io;
    TaskPtr seen;
    asio::co_spawn(with_task(io.get_executor(), "answering"), note_task(seen), asio::detached);
    io.run();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->name(), "answering");
}

TEST(Task, a_coroutine_outside_any_task_has_none)
{
    asio::io_context io;
    TaskPtr seen;
    asio::co_spawn(io, note_task(seen), asio::detached);
    io.run();
    EXPECT_FALSE(seen);
}

TEST(Task, waiting_for_something_else_while_holding_a_connection_is_refused_with_both_places)
{
    asio::io_context io;
    const auto executor = with_task(io.get_executor(), "answering");
    refuse_while_holding(executor, "a model");
    const auto hold = task_of(executor)->hold(std::source_location::current());
    try {
        refuse_while_holding(executor, "a model");
        FAIL() << "not refused";
    } catch (const UsageError& refused) {
        const std::string message = refused.what();
        EXPECT_NE(message.find("a model"), std::string::npos);
        EXPECT_NE(message.find("task_test.cpp:"), std::string::npos);
    }
    task_of(executor)->release(hold);
    refuse_while_holding(executor, "a model");
}

asio::awaitable<void> square(Lane& lane, int number, int& answer)
{
    auto work = [number] { return number * number; };
    answer = co_await lane.run(work);
}

TEST(Lane, a_job_runs_elsewhere_and_its_result_comes_back)
{
    Lane lane("squares");
    asio::io_context io;
    int answer = 0;
    asio::co_spawn(io, square(lane, 7, answer), asio::detached);
    io.run();
    EXPECT_EQ(answer, 49);
}

asio::awaitable<void> fail(Lane& lane, std::string& message)
{
    auto work = [] { throw std::runtime_error("no"); };
    try {
        co_await lane.run(work);
    } catch (const std::runtime_error& error) {
        message = error.what();
    }
}

TEST(Lane, what_a_job_throws_reaches_its_caller)
{
    Lane lane("failures");
    asio::io_context io;
    std::string message;
    asio::co_spawn(io, fail(lane, message), asio::detached);
    io.run();
    EXPECT_EQ(message, "no");
}

} // namespace
} // namespace trunkline::db
