// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::db::detail {

namespace asio = boost::asio;

/// Wakes the coroutines that wait for it. Whoever wakes looks again at what it waited for: the ring may be for
/// somebody else, and a cancelled wait ends in the same way.
class Bell {
public:
    explicit Bell(const asio::any_io_executor& executor) : never_(executor, asio::steady_timer::time_point::max()) {}

    asio::awaitable<void> wait()
    {
        boost::system::error_code woken;
        co_await never_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    void ring() { never_.cancel(); }

private:
    asio::steady_timer never_; // so that a wait that nobody ends is cleaned up with its io_context
};

} // namespace trunkline::db::detail
