// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/executor.hpp>

#include <memory>

namespace trunkline::db {

/// When a call has to be over. `Deadline::max()` is never.
using Deadline = std::chrono::steady_clock::time_point;

/// What the server says of a connection after a call; never what the client believes.
enum class Condition {
    idle,                  ///< nothing is open: it can serve anybody
    in_transaction,        ///< a transaction is open and healthy
    in_failed_transaction, ///< a transaction is open and only a rollback is accepted
    broken,                ///< never to be used again
};

/// What a server is, by its own word.
enum class Role {
    unknown,
    primary,   ///< it takes writes
    read_only, ///< it could take writes and is set to refuse them, it or the session
    standby,   ///< it follows another server and takes none
};

/// What a statement answered that ran beside others.
struct Beside {
    Result result;
    std::chrono::nanoseconds
        took{}; ///< for how long it was waited for while nothing before it was: what the server took at most
};

/// One connection to a database, as the pool sees it. One call at a time, except where a call says otherwise.
///
/// A call that is cancelled, or passes its deadline, is stopped on the server as well: the driver asks it to stop,
/// awaits the answer, and leaves the connection either proved clean or `broken`. All of that is bounded in time.
/// Failures are an Error; `condition()` holds the truth afterwards.
class DriverConnection {
public:
    /// Closes at once, without waiting for the server.
    virtual ~DriverConnection() = default;

    /// Runs the statements in order. A unit happens wholly or not at all: in a transaction of its own when the
    /// connection is idle, in a savepoint when it is in a transaction. Answers a result for each statement.
    /// A unit's error carries the index of the member that failed.
    virtual asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) = 0;

    /// Runs a single statement, outside of a transaction, while others of this kind may be under way on the connection:
    /// they are answered in their order, and each has a fate of its own. REQUIRES: `Driver::shares()`.
    virtual asio::awaitable<Beside> run_beside(Query query, Deadline deadline);
    /// Whether `run_beside` is the better way for `query` now, when nothing else runs on the connection. It does the
    /// same, except that only `break_off` stops it at the pool's wish.
    virtual bool prefers_beside(const Query&) const noexcept { return false; }
    /// Fails what `run_beside` has under way with ConnectionLost, outcome `unknown`. The connection is then broken.
    virtual void break_off() noexcept {}

    /// Opens a cursor on a SELECT and answers its number, never used again on this connection. It ends with the
    /// transaction. REQUIRES: condition() is in_transaction. A driver that has no cursors refuses.
    virtual asio::awaitable<std::uint64_t> open_cursor(Query query, Deadline deadline);
    /// The next `rows` rows of a cursor; fewer when there are no more. `statement` is what the cursor reads, for errors.
    virtual asio::awaitable<Result> fetch(std::uint64_t cursor, SqlText statement, std::size_t rows, Deadline deadline);
    /// The cursor is not needed any more: it is closed in front of the next message, in the same trip.
    virtual void drop_cursor(std::uint64_t) noexcept {}

    virtual asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) = 0;
    virtual asio::awaitable<void> commit(Deadline deadline) = 0;
    virtual asio::awaitable<void> rollback(Deadline deadline) = 0;

    /// Notes that a borrower may have left session state behind: the driver clears it in front of the next message, in
    /// the same trip. It need not where it can prove that nothing is there.
    virtual void mark_for_reset() = 0;
    /// Notes that what comes next is a borrower's, who has to find a session in which nothing was left: neither by one
    /// before him, nor by helpers and transactions in between.
    virtual void lend() {}
    /// Whether something that ran since the last reset certainly left session state behind, whoever ran it.
    virtual bool left_state() const noexcept { return false; }

    /// Takes leave of the server and completes when the server has let go, or after five seconds.
    virtual asio::awaitable<void> close() = 0;

    virtual Condition condition() const noexcept = 0;
    /// Looks, without waiting, whether the server has hung up meanwhile; then the connection is `broken`.
    /// REQUIRES: nothing is under way.
    virtual bool alive() noexcept { return condition() != Condition::broken; }
    /// Names the server that was reached, the same for all connections to it: "db1.example.test:5432". Empty where there
    /// is no server that could be another tomorrow; then nothing is concluded from one connection for its fellows.
    virtual std::string server() const { return {}; }
    /// What the server is, as it said last. Costs no trip.
    virtual Role role() const noexcept { return Role::unknown; }
    /// Statements run so far, the driver's own not counted.
    virtual std::uint64_t queries() const noexcept = 0;
    /// Calls that were stopped on the server so far.
    virtual std::uint64_t cancelled() const noexcept = 0;
};

/// Opens connections to one database. It knows nothing of the pool.
class Driver {
public:
    virtual ~Driver() = default;

    /// Opens a connection and makes it ready for the first statement, or throws an Error (outcome `not_sent`).
    virtual asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) = 0;

    /// Whether its connections have `run_beside`. May change once it is known what is in between.
    virtual bool shares() const noexcept { return false; }

    /// Whether anything may run beside anything there, however long it takes and whatever it does, because nobody waits
    /// for a stranger on account of the connection. Otherwise only short statements share.
    virtual bool shares_everything() const noexcept { return false; }
    /// Whether its connections are to take writes: false when it was asked for servers that take none.
    virtual bool takes_writes() const noexcept { return true; }

    /// The most connections that make sense: 1 for a database in memory.
    virtual std::size_t max_connections() const noexcept { return static_cast<std::size_t>(-1); }

    /// A few words on what the driver found out: "PostgreSQL 15.18 behind a pooler, unnamed statements".
    virtual std::string describe() const = 0;
};

} // namespace trunkline::db
