// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline {

namespace asio = boost::asio;

/// Tasks that end together: no task outlives its group.
///
///     TaskGroup sessions(executor, TaskGroup::report_to(log));
///     for (;;) sessions.start("session", serve(co_await listening.accept(), api));
///
/// Each task runs as a db::Task of its own, so that what it holds is known. A coroutine's parameters are moved into its
/// frame: pass values, and spell a reference that the group's owner keeps alive.
///
/// Threads:  one, or a strand.
/// Lifetime: `join` has to complete before the group, and what its tasks refer to, goes away.
class TaskGroup {
public:
    using Report = std::function<void(std::string_view task, std::exception_ptr failure)>;

    /// The first failure cancels the others, and `join` rethrows it: for the parts of one answer.
    explicit TaskGroup(asio::any_io_executor executor);
    /// Failures are reported and the others go on: for sessions and workers.
    TaskGroup(asio::any_io_executor executor, Report report);
    TaskGroup(const TaskGroup&) = delete;
    ~TaskGroup();

    void start(std::string name, asio::awaitable<void> task);

    /// Asks every task to stop. Posted: safe from anywhere, a task of the group included.
    void cancel();

    /// Waits until every task has ended. When it is cancelled it cancels them, and still waits.
    asio::awaitable<void> join();

    std::size_t size() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Runs both; the first to end, however it ends, cancels the other, which is awaited. Answers which one it was (0 or 1)
/// and rethrows what that one threw.
asio::awaitable<std::size_t> race(asio::awaitable<void> first, asio::awaitable<void> second);

} // namespace trunkline
