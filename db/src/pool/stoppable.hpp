// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace trunkline::db::detail {

namespace asio = boost::asio;

/// Stops one thing that runs. One for each: Asio keeps a coroutine's own cancellation in the signal it was started
/// with until its completion handler was called, so a signal that is used again cuts off what uses it now.
using Stop = std::shared_ptr<asio::cancellation_signal>;

/// Awaits `work`, which ends early when the caller is cancelled or `stop` is emitted; either way it is awaited to
/// its end, and what it throws is thrown.
template <class T>
asio::awaitable<T> stoppable(Stop stop, asio::awaitable<T> work)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto state = co_await asio::this_coro::cancellation_state;
    // Asio takes it back when the work has ended. This frame does not: when it is destroyed, the caller's slot may be gone.
    if (auto from = state.slot(); from.is_connected())
        from.assign([stop](asio::cancellation_type) { stop->emit(asio::cancellation_type::terminal); });
    auto ended = asio::bind_cancellation_slot(stop->slot(), asio::use_awaitable);
    co_return co_await asio::co_spawn(executor, std::move(work), ended);
}

} // namespace trunkline::db::detail
