// SPDX-License-Identifier: MIT
#include <leases/bell.hpp>

#include <base/task_group.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::leases {

Bell::Bell(asio::any_io_executor executor) : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}

void Bell::ring()
{
    rung_ = true;
    timer_.cancel();
}

asio::awaitable<void> Bell::rung()
{
    while (!rung_) {
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    }
}

asio::awaitable<void> Bell::wait(Clock& clock, std::chrono::microseconds longest)
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "work to do");
    if (!rung_) co_await race(rung(), clock.sleep_for(longest));
    rung_ = false;
}

} // namespace trunkline::leases
