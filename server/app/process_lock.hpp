// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

/// Something that waiting cannot mend: the program has to stop and say so.
struct CannotServe : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One process serves from a PostgreSQL database: several would have to hear of one another, which they cannot yet.
///
/// An advisory lock on a session of its own, held from `take` to `give_back`. The session ends when the server is
/// restarted, and the lock with it: `keep` looks every few seconds and takes it again.
///
/// Elsewhere all of this does nothing: on SQLite the data folder is locked instead, and through a pooler in transaction
/// mode a session's lock does not hold.
///
/// Threads: one.
class ProcessLock {
public:
    /// `direct` reaches the server without a pooler in between and spares a connection.
    ProcessLock(db::Pool& direct, Clock& clock) : direct_(direct), clock_(clock) {}

    /// Throws CannotServe when another process has it, and db::Error.
    asio::awaitable<void> take();

    /// Ends only by throwing: CannotServe when another process took the lock while it was lost.
    asio::awaitable<void> keep();

    void give_back() noexcept { session_.reset(); }

private:
    bool has_a_meaning() const;
    asio::awaitable<bool> try_lock();
    asio::awaitable<void> take_here();
    asio::awaitable<void> look();
    asio::awaitable<bool> holds();

    db::Pool& direct_;
    Clock& clock_;
    std::optional<db::Connection> session_;
    std::string backend_; // which of the server's sessions had the lock last: ours
};

} // namespace trunkline
