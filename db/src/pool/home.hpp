// SPDX-License-Identifier: MIT
#pragma once

#include "slots.hpp"
#include "stoppable.hpp"

#include <boost/asio/post.hpp>

#include <optional>
#include <variant>

namespace trunkline::db::detail {

/// `stop` has to outlive what it stops, on the thread where that runs.
template <class T>
asio::awaitable<std::optional<T>> run_at_home(Stop, asio::awaitable<T> work)
{
    std::optional<T> result(co_await std::move(work));
    co_return result;
}

inline asio::awaitable<std::optional<std::monostate>> run_at_home(Stop, asio::awaitable<void> work)
{
    co_await std::move(work);
    co_return std::monostate();
}

/// Runs `work` on the executor of the pool, in the task of the caller, and resumes the caller on his own with what it
/// returned or threw. A caller that is cancelled stops the work, and waits for its end.
///
/// Every call of the library that may be awaited anywhere begins with it, unless it is at home already:
///
///     const auto caller = co_await asio::this_coro::executor;
///     if (!slots->is_home(caller)) { auto work = same_call(…); co_return co_await at_home(slots, std::move(work)); }
///
/// Asio's own way to cancel what was spawned elsewhere touches the signal on both threads: so the signal here belongs to
/// the pool's side alone.
template <class T>
asio::awaitable<T> at_home(std::shared_ptr<Slots> slots, asio::awaitable<T> work)
{
    const asio::any_io_executor caller = co_await asio::this_coro::executor;
    const auto state = co_await asio::this_coro::cancellation_state;
    const Stop stop = std::make_shared<asio::cancellation_signal>();
    if (auto from = state.slot(); from.is_connected())
        from.assign([home = slots->home(), stop](asio::cancellation_type) {
            asio::post(home, [stop] { stop->emit(asio::cancellation_type::terminal); });
        });
    auto ended = asio::bind_cancellation_slot(stop->slot(), asio::use_awaitable);
    auto guarded = run_at_home(stop, std::move(work));
    auto result = co_await asio::co_spawn(slots->home_of(caller), std::move(guarded), ended);
    if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

} // namespace trunkline::db::detail
