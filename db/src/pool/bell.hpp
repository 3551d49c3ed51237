// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace trunkline::db::detail {

namespace asio = boost::asio;

/// Wakes the coroutines that wait for it. Whoever wakes looks again at what it waited for: the ring may be for
/// somebody else, and a cancelled wait ends in the same way.
class Bell {
public:
    explicit Bell(const asio::any_io_executor& executor) : never_(executor, asio::steady_timer::time_point::max()) {}

    /// To be awaited at once, without a coroutine between. `woken` has to outlive that; it says nothing.
    auto wait(boost::system::error_code& woken)
    {
        auto initiate = [this, &woken](auto handler) {
            never_.async_wait(asio::redirect_error(std::move(handler), woken));
        };
        return asio::async_initiate<const asio::deferred_t, void()>(std::move(initiate), asio::deferred);
    }
    void ring() { never_.cancel(); }

private:
    asio::steady_timer never_; // so that a wait that nobody ends is cleaned up with its io_context
};

} // namespace trunkline::db::detail
