// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace trunkline::leases {

/// Wakes a worker of this process when there is work, so that it need not wait for its next look.
class Bell {
public:
    explicit Bell(asio::any_io_executor executor);

    /// Never waits: made for `after_commit`.
    void ring();

    /// Waits until the bell was rung since the last wait, or `longest` has passed on `clock`.
    asio::awaitable<void> wait(Clock& clock, std::chrono::microseconds longest);

private:
    asio::awaitable<void> rung();

    asio::steady_timer timer_; // never expires; cancelled by ring()
    bool rung_ = false;
};

} // namespace trunkline::leases
