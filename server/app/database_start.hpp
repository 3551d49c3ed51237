// SPDX-License-Identifier: MIT
#pragma once

#include <app/health_routes.hpp>
#include <base/clock.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

/// Something that waiting cannot mend: the program has to stop and say so.
struct CannotStart : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Makes the database ready for the program, however long it takes to come up: connects, sees to it that no other
/// process serves from it, brings the schema up to date, frees what a dead process had leased.
class DatabaseStart {
public:
    /// `direct` is the pool without a pooler in between, or the pool itself.
    DatabaseStart(db::Pool& pool, db::Pool& direct, Clock& clock, Health& health)
        : pool_(pool), direct_(direct), clock_(clock), health_(health)
    {}

    /// Completes when the database is ready. Throws CannotStart.
    asio::awaitable<void> run();

    /// The program ends: another process may serve from this database.
    void give_back() { only_.reset(); }

private:
    asio::awaitable<bool> attempt();
    asio::awaitable<void> prepare();
    asio::awaitable<void> be_the_only_one();

    db::Pool& pool_;
    db::Pool& direct_;
    Clock& clock_;
    Health& health_;
    std::optional<db::Connection> only_; // holds the lock until the program ends
};

} // namespace trunkline
