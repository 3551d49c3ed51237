// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/pool.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>

namespace trunkline::db::detail {

namespace {

bool was_undone_for_others(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const SerializationFailure& undone) {
        return undone.outcome() == Outcome::rejected;
    } catch (...) {
        return false;
    }
}

/// Between half of it and all of it, so that those who got in each other's way do not meet again.
std::chrono::microseconds jittered(std::chrono::microseconds pause)
{
    thread_local std::minstd_rand random(std::random_device{}());
    return pause / 2 + std::chrono::microseconds(random() % static_cast<std::uint64_t>(pause.count() / 2 + 1));
}

} // namespace

asio::awaitable<bool> may_try_again(std::exception_ptr failure, int tried, Retries retries)
{
    if (tried >= retries.tries_max || !was_undone_for_others(failure)) co_return false;
    auto pause = retries.pause_first;
    for (int i = 1; i < tried && pause < retries.pause_max; ++i) pause *= 2;
    asio::steady_timer timer(co_await asio::this_coro::executor, jittered(std::min(pause, retries.pause_max)));
    co_await timer.async_wait(asio::use_awaitable);
    co_return true;
}

} // namespace trunkline::db::detail
