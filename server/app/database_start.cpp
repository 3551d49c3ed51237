// SPDX-License-Identifier: MIT
#include <app/database_start.hpp>

#include <base/log.hpp>
#include <leases/backoff.hpp>
#include <migrations/migrator.hpp>
#include <outbox/outbox.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline {

asio::awaitable<void> DatabaseStart::run()
{
    constexpr leases::Backoff backoff{std::chrono::milliseconds(500), std::chrono::milliseconds(10'000)};
    for (std::int64_t attempts = 1;; ++attempts) {
        // In a task of its own: this one goes on to wait for a timer, and must hold no connection then.
        const auto own_task = db::with_task(co_await asio::this_coro::executor, "database start");
        const bool ready = co_await asio::co_spawn(own_task, attempt(), asio::use_awaitable);
        if (ready) co_return;
        co_await clock_.sleep_for(backoff.after(attempts));
    }
}

asio::awaitable<bool> DatabaseStart::attempt()
{
    try {
        co_await prepare();
        health_.prepared = true;
        co_return true;
    } catch (const MigrationRefused& refused) {
        throw CannotStart(refused.what());
    } catch (const db::Error& error) {
        only_.reset();
        if (!error.unavailable()) throw CannotStart(std::string("the database cannot be prepared: ") + error.what());
        const std::string reason = error.info().message;
        if (health_.waiting_for != reason) log_warning("database", "not reachable, trying again: " + reason);
        health_.waiting_for = reason;
        co_return false;
    }
}

asio::awaitable<void> DatabaseStart::prepare()
{
    co_await direct_.start();
    co_await be_the_only_one();
    const std::size_t applied = co_await migrate(direct_, clock_);
    if (applied > 0)
        log_info("database", std::to_string(applied) + (applied == 1 ? " migration applied" : " migrations applied"));
    if (pool_.options().engine == db::Engine::sqlite) co_await outbox::void_all_leases(pool_);
    co_await pool_.start();
    log_info("database", pool_.describe());
}

asio::awaitable<void> DatabaseStart::be_the_only_one()
{
    // On SQLite the lock of the data folder does this. Several processes on one PostgreSQL need to hear of one another,
    // which they cannot yet.
    if (pool_.options().engine != db::Engine::postgresql) co_return;
    if (direct_.options().pooler_safe()) co_return; // a session's lock does not hold through a pooler
    db::Connection connection = co_await direct_.acquire();
    const bool alone = co_await connection.fetch_value<bool>(
        db::by_engine{.postgresql = "SELECT pg_try_advisory_lock(hashtext('trunkline'), hashtext(current_schema()))",
                      .sqlite = "SELECT 1"});
    if (!alone)
        throw CannotStart("another Trunkline serves from this database already; stop it first"
                          " (several processes on one database are not supported yet)");
    only_ = std::move(connection);
}

} // namespace trunkline
