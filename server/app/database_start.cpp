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
        throw CannotServe(refused.what());
    } catch (const db::Error& error) {
        lock_.give_back();
        if (!error.unavailable()) throw CannotServe(std::string("the database cannot be prepared: ") + error.what());
        const std::string reason = error.info().message;
        if (health_.waiting_for != reason) log_warning("database", "not reachable, trying again: " + reason);
        health_.waiting_for = reason;
        co_return false;
    }
}

asio::awaitable<void> DatabaseStart::prepare()
{
    co_await direct_.start();
    co_await lock_.take();
    const std::size_t applied = co_await migrate(direct_, clock_);
    if (applied > 0)
        log_info("database", std::to_string(applied) + (applied == 1 ? " migration applied" : " migrations applied"));
    if (pool_.options().engine == db::Engine::sqlite) co_await outbox::void_all_leases(pool_);
    co_await pool_.start();
    log_info("database", pool_.describe());
}

} // namespace trunkline
