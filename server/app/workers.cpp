// SPDX-License-Identifier: MIT
#include <app/workers.hpp>

#include <base/log.hpp>
#include <leases/backoff.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace trunkline {

void Workers::start(std::string name, Work work)
{
    std::string task = name;
    group_.start(std::move(task), keep_running(std::move(name), std::move(work)));
}

void Workers::report(std::string_view task, std::exception_ptr failure)
{
    log_error("workers", std::string(task) + " stopped for good: " + describe(failure));
}

asio::awaitable<void> Workers::keep_running(std::string name, Work work)
{
    constexpr leases::Backoff backoff{std::chrono::milliseconds(500), std::chrono::milliseconds(30'000)};
    for (std::int64_t failures = 0;;) {
        std::exception_ptr failure;
        const Time began = clock_.now();
        try {
            co_await work();
            co_return; // it has nothing to do: switched off
        } catch (...) {
            failure = std::current_exception();
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        failures = clock_.now() - began > std::chrono::minutes(1) ? 1 : failures + 1;
        health_.failing[name] = describe(failure);
        log_warning("workers", name + " failed and is started again: " + describe(failure));
        co_await clock_.sleep_for(backoff.after(failures));
        health_.failing.erase(name);
    }
}

} // namespace trunkline
