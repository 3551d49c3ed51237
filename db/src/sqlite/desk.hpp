// SPDX-License-Identifier: MIT
#pragma once

#include "database.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::db::sqlite {

/// Where callers and the database's threads meet. What is asked in one turn of the callers' loop goes over together,
/// and what was answered meanwhile comes back together: a crossing costs one lock and one wake-up, however many share
/// it, and the threads find a whole group where they would have found its first member.
///
/// Threads: all calls are made on the executor's thread (one thread, or a strand); those who wait are woken on it.
/// Lifetime: shared by the driver, its sessions and their calls. The driver closes the database before it lets go.
class Desk {
public:
    using Self = std::shared_ptr<Desk>;

    static Self make(asio::any_io_executor executor, Options options, Limits limits);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    ~Desk();

    /// Brings the call over, behind those that were submitted before it. Its waiter is woken when it is answered.
    void submit(CallPtr call);
    void cancel(const CallPtr& call);
    void abandon(const std::shared_ptr<Seat>& seat);

    Database& database() noexcept { return database_; }

private:
    class Errand;

    Desk(asio::any_io_executor executor, Options options, Limits limits);

    void post(void (Desk::*what)());
    void hand_over();
    void collect();
    void wake_arrived();
    void drop_callers() noexcept;

    const asio::any_io_executor executor_;
    std::weak_ptr<Desk> self_;
    std::vector<CallPtr> leaving_; // submitted in this turn
    std::vector<CallPtr> arrived_; // to be woken, the next one at `next_`
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    std::optional<asio::any_io_executor> work_; // keeps the loop from ending while a call is under way
    bool posted_ = false;                       // to hand over what is leaving
    Database database_;                         // ends first
};

} // namespace trunkline::db::sqlite
