// SPDX-License-Identifier: MIT
#pragma once

#include <app/health_routes.hpp>
#include <app/process_lock.hpp>
#include <base/clock.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

/// Makes the database ready for the program, however long it takes to come up: connects, sees to it that no other
/// process serves from it, brings the schema up to date, frees what a dead process had leased.
class DatabaseStart {
public:
    /// `direct` is the pool without a pooler in between, or the pool itself.
    DatabaseStart(db::Pool& pool, db::Pool& direct, ProcessLock& lock, Clock& clock, Health& health)
        : pool_(pool), direct_(direct), lock_(lock), clock_(clock), health_(health)
    {}

    /// Completes when the database is ready. Throws CannotServe.
    asio::awaitable<void> run();

private:
    asio::awaitable<bool> attempt();
    asio::awaitable<void> prepare();

    db::Pool& pool_;
    db::Pool& direct_;
    ProcessLock& lock_;
    Clock& clock_;
    Health& health_;
};

} // namespace trunkline
