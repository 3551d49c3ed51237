// SPDX-License-Identifier: MIT
#pragma once

#include "handle.hpp"

#include "sleeper.hpp"

#include <trunkline/db/driver.hpp>

namespace trunkline::db::sqlite {

/// What a session has of the database, shared by the session, its call and the threads.
///
/// What is not atomic is guarded by the Database's lock.
struct Seat {
    enum class Holds {
        nothing,
        writer,    ///< an interactive transaction on the writer
        snapshot,  ///< a read-only transaction on a handle of its own
        timed_out, ///< its transaction was rolled back because it kept the writer waiting
        undone,    ///< SQLite rolled its transaction back
    };

    std::atomic<Condition> condition{Condition::idle};
    std::atomic<std::uint64_t> queries{0};
    std::atomic<std::uint64_t> cancelled{0};

    std::atomic<bool> gone{false};       ///< the session was closed or destroyed: its calls are stopped
    std::atomic<bool> broken_off{false}; ///< the same, and those who wait are told that the connection is lost

    Holds holds = Holds::nothing;
    std::unique_ptr<Handle> snapshot;
    std::vector<std::uint64_t> dropped_cursors; ///< still open on the handle
    std::size_t under_way = 0; ///< calls that were submitted and not answered; several when callers share the session
    bool read_only = false;    ///< the transaction on the writer must not write: a database in memory has no snapshots

    void say(Condition now) noexcept { condition = gone ? Condition::broken : now; }
};

/// One call of a session, on its way to the thread that runs it and back with its answer.
///
/// The answer is written by whoever has the call, and read only after its caller was woken.
struct Call {
    enum class Kind { statements, stands_alone, open_cursor, fetch, begin, begin_snapshot, commit, rollback };

    Kind kind;
    std::shared_ptr<Seat> seat;
    Deadline deadline = Deadline::max();
    std::optional<Query> query;
    bool asks = false;        ///< a reader looks at it first
    bool writes = false;      ///< a reader looked, and it is none of his
    bool alone = false;       ///< shares no COMMIT with others; the writer thread's
    std::uint64_t cursor = 0; ///< to open, or to fetch from
    std::size_t rows = 0;     ///< to fetch

    std::atomic<bool> stop{false}; ///< the caller was cancelled

    std::vector<Result> results;
    std::exception_ptr failure;
    db::detail::SleeperPtr caller;

    Call(Kind kind, std::shared_ptr<Seat> seat, Deadline deadline)
        : kind(kind), seat(std::move(seat)), deadline(deadline)
    {}

    bool late(Instant now) const noexcept { return now >= deadline; }
    bool stopped() const noexcept
    {
        return stop.load(std::memory_order_relaxed) || seat->gone.load(std::memory_order_relaxed);
    }
};
using CallPtr = std::shared_ptr<Call>;

/// The exceptions that calls end with when no statement failed.
std::exception_ptr gave_up_waiting();             ///< CommandTimeout, not_sent
std::exception_ptr gave_up_on_lock();             ///< the same: somebody else had the database locked
std::exception_ptr closing_down(Outcome outcome); ///< ConnectionLost
/// Of a call that is `stopped()`: operation_aborted for who was cancelled, ConnectionLost when his session was broken
/// off under him.
std::exception_ptr why_stopped(const Call& call, Outcome outcome);
/// What the exception in flight means for a call whose work is undone: a stop becomes what the call was stopped for, or
/// the end of the database when it was not. Counts calls that were stopped.
std::exception_ptr reason_of_failure(Call& call);

/// Runs the statements of a call on `handle`, one after another; a failure carries the member's index in a unit.
/// Counts them.
std::vector<Result> run_statements(Handle& handle, Call& call);

/// Runs SAVEPOINT … RELEASE around a unit inside a transaction; a single statement needs none. A cursor is opened, or
/// read from.
std::vector<Result> run_in_transaction(Handle& handle, Call& call);

/// Throws 25006 when a statement of the call would change the database.
void refuse_writes(Handle& handle, const Query& query);

} // namespace trunkline::db::sqlite
