// SPDX-License-Identifier: MIT
#pragma once

#include "slots.hpp"

namespace trunkline::db::detail {

/// A connection that is lent, and noted in the task that holds it. Gives itself back.
class Lease {
public:
    Lease(std::shared_ptr<Slots> slots, SlotPtr slot, TaskPtr task, std::source_location place);
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    const SlotPtr& slot() const noexcept { return slot_; }
    const std::shared_ptr<Slots>& slots() const noexcept { return slots_; }

private:
    std::shared_ptr<Slots> slots_;
    SlotPtr slot_;
    TaskPtr task_;
    Task::Hold hold_;
};

/// One caller in the line for a connection. What it was given and did not take goes to the next in line.
class Waiter {
public:
    Waiter(std::shared_ptr<Slots> slots, TaskPtr task, std::source_location place, std::optional<SqlText> statement,
           Deadline deadline);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    /// Waits for the answer. Throws AcquireTimeout, ConnectFailed or PoolClosed.
    asio::awaitable<Lease> wait();

    void granted(const SlotPtr& slot);
    void refused(PoolPolicy::What why);

    Deadline deadline() const noexcept { return deadline_; }
    Deadline since() const noexcept { return since_; }

private:
    [[noreturn]] void fail() const;

    std::shared_ptr<Slots> slots_;
    TaskPtr task_;
    std::source_location place_;
    std::optional<SqlText> statement_;
    Deadline since_;
    Deadline deadline_;
    Bell answered_;
    std::optional<Lease> lease_;
    std::optional<PoolPolicy::What> refusal_;
    PoolPolicy::WaiterId id_{};
};

/// A connection for a caller on the current coroutine's task, in its turn.
asio::awaitable<Lease> acquire(std::shared_ptr<Slots> slots, std::source_location place,
                               std::optional<SqlText> statement, Deadline deadline);

/// `start` plus `patience`, without overflow.
Deadline after(Deadline start, std::chrono::nanoseconds patience) noexcept;

} // namespace trunkline::db::detail
