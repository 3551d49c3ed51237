// SPDX-License-Identifier: MIT
#include <app/process_lock.hpp>

#include <base/log.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline {

namespace {

constexpr std::chrono::seconds look_every{5};
constexpr std::chrono::seconds retry_every{1};
constexpr std::chrono::seconds answer_max{3}; // of a server that may be frozen

struct Backend {
    std::int64_t pid = 0;
    std::string identity; // a pid and when it began: pids come again
};
BOOST_DESCRIBE_STRUCT(Backend, (), (pid, identity))

asio::awaitable<std::optional<Backend>> backend_that_has_it(db::Connection& session)
{
    auto bounded = session.within(answer_max);
    co_return co_await bounded.fetch_optional<Backend>(
        db::by_engine{.postgresql = "SELECT a.pid::bigint AS pid, a.pid || ' ' || a.backend_start AS identity"
                                    " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
                                    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
                                    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                                    " AND l.classid::bigint = hashtext('trunkline')::bigint & 4294967295"
                                    " AND l.objid::bigint = hashtext(current_schema())::bigint & 4294967295",
                      .sqlite = "SELECT 0 AS pid, '' AS identity WHERE false"});
}

/// So that the server lets go of the lock within two minutes when this machine vanishes from the network.
asio::awaitable<void> notice_our_death(db::Connection& session)
{
    auto bounded = session.within(answer_max);
    co_await bounded.execute(db::by_engine{.postgresql = "SELECT set_config('tcp_keepalives_idle', '60', false),"
                                                         " set_config('tcp_keepalives_interval', '15', false),"
                                                         " set_config('tcp_keepalives_count', '4', false)",
                                           .sqlite = "SELECT 1"});
}

} // namespace

bool ProcessLock::has_a_meaning() const
{
    return direct_.options().engine == db::Engine::postgresql && !direct_.options().pooler_safe();
}

asio::awaitable<void> ProcessLock::take()
{
    if (!has_a_meaning()) co_return;
    // In a task of its own: the caller's goes on, and must not count as holding a connection.
    const auto own_task = db::with_task(co_await asio::this_coro::executor, "process lock");
    co_await asio::co_spawn(own_task, take_here(), asio::use_awaitable);
}

asio::awaitable<void> ProcessLock::take_here()
{
    if (!co_await try_lock())
        throw CannotServe("another Trunkline serves from this database already; stop it first"
                          " (several processes on one database are not supported yet)");
}

asio::awaitable<bool> ProcessLock::try_lock()
{
    db::Connection session = co_await direct_.acquire();
    co_await notice_our_death(session);
    auto bounded = session.within(answer_max);
    const bool ours = co_await bounded.fetch_value<bool>(
        db::by_engine{.postgresql = "SELECT pg_try_advisory_lock(hashtext('trunkline'), hashtext(current_schema()))",
                      .sqlite = "SELECT true"});
    const auto owner = co_await backend_that_has_it(session);
    if (ours) {
        backend_ = owner ? owner->identity : "";
        session_ = std::move(session);
    } else if (owner && owner->identity == backend_) {
        // A session of ours that we lost and the server has not: it ends, and the next try succeeds.
        auto again = session.within(answer_max);
        co_await again.execute(
            db::by_engine{.postgresql = "SELECT pg_terminate_backend($1::int)", .sqlite = "SELECT $1"}, owner->pid);
        throw db::ConnectFailed({.message = "the lock is still held by a session that was lost", .sqlstate = "08006"});
    }
    co_return ours;
}

asio::awaitable<void> ProcessLock::keep()
{
    if (!has_a_meaning()) co_return;
    for (;;) {
        co_await clock_.sleep_for(session_ ? look_every : retry_every);
        // In a task of its own: this one goes on to wait for a timer, and must hold no connection then.
        const auto own_task = db::with_task(co_await asio::this_coro::executor, "process lock");
        co_await asio::co_spawn(own_task, look(), asio::use_awaitable);
    }
}

asio::awaitable<void> ProcessLock::look()
{
    if (co_await holds()) co_return;
    try {
        co_await take_here();
        log_info("database", "the lock of this process was lost with its session and is taken again");
    } catch (const db::Error&) {
        // No database: the next look tries again, and the pool says what is wrong.
    }
}

asio::awaitable<bool> ProcessLock::holds()
{
    if (!session_) co_return false;
    try {
        auto bounded = session_->within(answer_max);
        co_await bounded.execute("SELECT 1");
        co_return true;
    } catch (const db::Error&) {
        session_.reset();
        co_return false;
    }
}

} // namespace trunkline
