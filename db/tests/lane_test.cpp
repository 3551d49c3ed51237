// SPDX-License-Identifier: MIT
#include <trunkline/db/lane.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <future>

namespace trunkline::db {
namespace {

/// How calls of a lane ended, in their order.
struct Ends {
    std::vector<int> answers;
    std::vector<std::string> refusals;
};

asio::awaitable<void> call(Lane& lane, int number, std::shared_future<void> gate, Ends& ends)
{
    auto work = [number, gate] {
        gate.wait();
        return number;
    };
    try {
        ends.answers.push_back(co_await lane.run(work));
    } catch (const Lane::Full& full) {
        ends.refusals.emplace_back(full.what());
    }
}

/// Starts calls until the lane's thread is busy and `waiting` more stand in line.
void fill(asio::io_context& io, Lane& lane, std::shared_future<void> gate, Ends& ends, std::size_t waiting)
{
    const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    asio::co_spawn(io, call(lane, 0, gate, ends), [](std::exception_ptr) {});
    io.poll();
    while (lane.queued() > 0 && std::chrono::steady_clock::now() < bound) std::this_thread::yield();
    for (std::size_t i = 1; i <= waiting; ++i)
        asio::co_spawn(io, call(lane, static_cast<int>(i), gate, ends), [](std::exception_ptr) {});
    io.poll();
}

TEST(FullLane, refuses_its_caller_and_serves_those_who_wait)
{
    asio::io_context io;
    Lane lane("small", 1, 2);
    std::promise<void> gate;
    Ends ends;
    fill(io, lane, gate.get_future().share(), ends, 5);
    EXPECT_EQ(lane.queued(), 2u);
    EXPECT_EQ(ends.refusals, std::vector<std::string>(3, "the small lane has 2 jobs waiting already"));
    EXPECT_TRUE(ends.answers.empty());
    gate.set_value();
    io.run_for(std::chrono::seconds(20));
    EXPECT_EQ(ends.answers, (std::vector<int>{0, 1, 2}));
}

} // namespace
} // namespace trunkline::db
