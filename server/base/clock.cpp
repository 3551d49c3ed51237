// SPDX-License-Identifier: MIT
#include <base/clock.hpp>

#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline {

Time SystemClock::now() const
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

asio::awaitable<void> SystemClock::sleep_until(Time when, std::source_location place)
{
    const auto executor = co_await asio::this_coro::executor;
    db::refuse_while_holding(executor, "a timer", place);
    asio::steady_timer timer(executor, when - now());
    co_await timer.async_wait(asio::use_awaitable);
}

/// Stands in the list of its clock while it sleeps, whatever ends the sleep.
struct ManualClock::Sleeper {
    Sleeper(ManualClock& clock, asio::any_io_executor executor, Time when)
        : when(when),
          timer(std::move(executor), asio::steady_timer::time_point::max()),
          list(clock.sleepers_),
          self(list.insert(list.end(), this))
    {}
    ~Sleeper() { list.erase(self); }
    Sleeper(const Sleeper&) = delete;

    Time when;
    asio::steady_timer timer;
    std::list<Sleeper*>& list;
    std::list<Sleeper*>::iterator self;
};

asio::awaitable<void> ManualClock::sleep_until(Time when, std::source_location place)
{
    const auto executor = co_await asio::this_coro::executor;
    db::refuse_while_holding(executor, "a timer", place);
    Sleeper sleeper(*this, executor, when);
    while (now_ < when) {
        boost::system::error_code woken;
        co_await sleeper.timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    }
}

void ManualClock::advance(std::chrono::microseconds by)
{
    now_ += by;
    for (Sleeper* sleeper : sleepers_)
        if (sleeper->when <= now_) sleeper->timer.cancel();
}

} // namespace trunkline
