// SPDX-License-Identifier: MIT
#pragma once

#include "call.hpp"
#include "limits.hpp"

#include <functional>
#include <span>

namespace trunkline::db::sqlite {

/// Group commit: many callers' units in one transaction, so that they share one flush of the disk, and yet each has
/// its own fate.
///
/// Each member runs in a savepoint and fails alone. Nobody is answered before the COMMIT. When the whole transaction
/// is lost (SQLite rolls everything back when a write is stopped or the disk is full, and COMMIT itself can fail, for
/// one member's deferred foreign key) the members that were done are run again, in the end each in a transaction of its
/// own. A slow member keeps nobody: those behind it go back to the line, and for those before it, it begins anew.
///
/// Threads: the writer's.
class GroupCommit {
public:
    /// Who has asked, and waits.
    class Callers {
    public:
        virtual ~Callers() = default;
        /// Called once for every call that has its results or its failure.
        virtual void answer(std::span<const CallPtr> calls) = 0;
        /// Takes back, to the head of the line, those whose turn has not come, or who are to run again.
        virtual void take_back(std::span<const CallPtr> calls) = 0;
    };

    GroupCommit(Handle& handle, std::chrono::nanoseconds command_timeout, Limits limits,
                const std::atomic<bool>& closing, Callers& callers)
        : handle_(handle), command_timeout_(command_timeout), limits_(limits), closing_(closing), callers_(callers)
    {}

    /// Runs the members in order and answers them. Those that were not started after `group_time_max` are taken back,
    /// even while a slow one still runs: the line looks after their deadlines.
    void run(std::vector<CallPtr>& members);

    /// Waits until no other process writes, and begins. False when `members` is empty by then: those whose time passed
    /// or who were cancelled while waiting are answered and taken out.
    bool begin(std::vector<CallPtr>& members);

    /// What a call may use of the writer from `now` on.
    Watch watch_for(const Call& call, Instant now) const;

private:
    void run_members(std::vector<CallPtr>& members);
    void run_member(const CallPtr& member, bool in_savepoint, const Watch& watch);
    bool undo_member(bool in_savepoint) noexcept;
    bool refuse_late(Call& call, Instant now, bool locked = false) const;
    void commit();
    void commit_failed(std::exception_ptr failure, Outcome outcome);
    void let_each_run_alone(std::span<const CallPtr> members);
    void answer(std::vector<CallPtr>& calls);
    void fail_all(std::vector<CallPtr>& members, std::exception_ptr failure);

    Handle& handle_;
    const std::chrono::nanoseconds command_timeout_;
    const Limits limits_;
    const std::atomic<bool>& closing_;
    Callers& callers_;
    std::vector<CallPtr> done_;   // ran, waiting for the COMMIT
    std::vector<CallPtr> failed_; // have their failure, waiting for it too
    std::vector<CallPtr> slow_;   // gave way, at most one
    bool undone_ = false;         // the transaction is lost
};

} // namespace trunkline::db::sqlite
