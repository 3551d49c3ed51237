// SPDX-License-Identifier: MIT
#pragma once

#include <app/health_routes.hpp>
#include <base/clock.hpp>
#include <base/task_group.hpp>

#include <functional>

namespace trunkline {

/// Work that goes on for as long as the program runs. A worker that fails is started again with growing pauses, and
/// /readyz names it meanwhile.
class Workers {
public:
    using Work = std::function<asio::awaitable<void>()>;

    Workers(asio::any_io_executor executor, Clock& clock, Health& health)
        : group_(std::move(executor), report), clock_(clock), health_(health)
    {}

    void start(std::string name, Work work);
    void cancel() { group_.cancel(); }
    asio::awaitable<void> join() { return group_.join(); }

private:
    static void report(std::string_view task, std::exception_ptr failure);
    asio::awaitable<void> keep_running(std::string name, Work work);

    TaskGroup group_;
    Clock& clock_;
    Health& health_;
};

} // namespace trunkline
