// SPDX-License-Identifier: MIT
#include "read_side.hpp"

#include "home.hpp"
#include "replica_options.hpp"
#include "report.hpp"
#include "session.hpp"

#include <trunkline/db/error.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

namespace {

// How long a standby is waited for before the primary serves: to be connected to, and to say how far it is behind.
constexpr std::chrono::milliseconds standby_patience{250};
constexpr std::chrono::seconds lag_answer_max{1};

/// True when the standby is to blame, and the primary may do better: it went away, or had to end the statement because
/// of what it replays (40001). A statement of the caller's that took too long is his own affair.
bool is_the_standbys(std::exception_ptr failure, bool callers_own)
{
    try {
        std::rethrow_exception(failure);
    } catch (const PoolClosed&) {
        return false;
    } catch (const CommandTimeout&) {
        return !callers_own;
    } catch (const Error& error) {
        return error.unavailable() || error.sqlstate() == "40001";
    } catch (...) {
        return false;
    }
}

bool refuses_writes(Role role) { return role == Role::standby || role == Role::read_only; }

} // namespace

ReadSide::Self ReadSide::make(asio::any_io_executor executor, std::shared_ptr<Slots> primary,
                              std::unique_ptr<Driver> replicas)
{
    std::shared_ptr<Slots> slots;
    if (replicas)
        slots = Slots::make(std::move(executor), replica_options(primary->options()), std::move(replicas),
                            Slots::Kind::standbys);
    return Self(new ReadSide(std::move(primary), std::move(slots)));
}

// -- Calls ---------------------------------------------------------------------

asio::awaitable<ReadSide::Results> ReadSide::run(Self self, Query query)
{
    if (query.statements().empty()) co_return Results();
    if (!self->primary_->is_home(co_await asio::this_coro::executor)) {
        auto work = run(self, std::move(query));
        co_return co_await at_home(self->primary_, std::move(work));
    }
    const Deadline not_after = query.limit() ? after(Clock::now(), *query.limit()) : Deadline::max();
    const auto executor = co_await asio::this_coro::executor;
    Asked asked(Slot::Holding(query.place(), task_of(executor)), not_after);
    asked.holding.statement = query.statements().front().text();
    refuse_nested(*self->primary_, asked.holding.task, asked.holding.place);
    Found place;
    co_await find_standby(self, asked, place);
    if (place.session) {
        std::exception_ptr failure;
        Results results;
        try {
            results = co_await run_on(place, query, not_after);
        } catch (...) {
            failure = std::current_exception();
        }
        place = Found();
        if (!failure) ++self->on_replica_;
        if (!failure) co_return results;
        if (!is_the_standbys(failure, true)) std::rethrow_exception(failure);
        asked.holding.since = Clock::now(); // until now it did not wait, it ran
    }
    place.session = co_await on_primary(self, asked);
    co_return co_await run_on(place, std::move(query), not_after);
}

asio::awaitable<Transaction> ReadSide::begin(Self self, TransactionOptions options,
                                             std::optional<std::chrono::nanoseconds> limit, std::source_location place)
{
    if (!self->primary_->is_home(co_await asio::this_coro::executor)) {
        auto work = lend_away(begin(self, options, limit, place));
        co_return co_await at_home(self->primary_, std::move(work));
    }
    options.read_only = true;
    const Deadline not_after = limit ? after(Clock::now(), *limit) : Deadline::max();
    const auto executor = co_await asio::this_coro::executor;
    Asked asked(Slot::Holding(place, task_of(executor)), not_after);
    asked.holding.kept = true;
    refuse_nested(*self->primary_, asked.holding.task, place);
    Found found;
    if (options.isolation != Isolation::serializable) co_await find_standby(self, asked, found);
    if (found.session) {
        std::exception_ptr failure;
        std::optional<Transaction> begun;
        try {
            begun.emplace(co_await Session::begin(found.session, 0, options, not_after));
        } catch (...) {
            failure = std::current_exception();
        }
        if (begun) ++self->on_replica_;
        if (begun) co_return std::move(*begun);
        if (!is_the_standbys(failure, true)) std::rethrow_exception(failure);
        found = Found();
        asked.holding.since = Clock::now(); // until now it did not wait
    }
    found.session = co_await on_primary(self, asked);
    co_return co_await Session::begin(found.session, 0, options, not_after);
}

// -- Steps ---------------------------------------------------------------------

/// A session with a standby that is fresh enough, if there is one in time.
asio::awaitable<void> ReadSide::find_standby(Self self, const Asked& asked, Found& found)
{
    if (!self->replicas_ || !self->worth_asking()) co_return;
    const Deadline patience = self->patience(asked.not_after);
    std::exception_ptr failure;
    try {
        Lease lease = co_await acquire(self->replicas_, asked.holding, patience);
        const PoolPolicy::CohortId server = lease.slot()->cohort;
        found.refuses_writes = refuses_writes(lease.slot()->connection->role());
        found.session = Session::make(std::move(lease), Session::Kind::passing);
        const bool fresh = co_await is_fresh(self, found.session, server, asked.not_after);
        if (!fresh) found = Found();
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    found = Found();
    if (!is_the_standbys(failure, false) || Clock::now() >= asked.not_after) std::rethrow_exception(failure);
}

/// What was waited for a standby counts: it has at once what lies there, and waits for the rest of its patience.
asio::awaitable<std::shared_ptr<Session>> ReadSide::on_primary(Self self, const Asked& asked)
{
    ++self->on_primary_;
    Lease lease = co_await acquire(self->primary_, asked.holding, asked.not_after);
    co_return Session::make(std::move(lease), Session::Kind::passing);
}

/// Asks the standby itself, but not each time: who comes first after a second has this one trip more.
asio::awaitable<bool> ReadSide::is_fresh(Self self, std::shared_ptr<Session> session, PoolPolicy::CohortId server,
                                         Deadline not_after)
{
    const auto lag_max = self->primary_->options().max_replica_lag;
    if (lag_max.count() == 0) co_return true;
    if (self->lags_[server].is_old(Clock::now())) {
        Query question = lag_query();
        const Deadline limit = std::min(not_after, after(Clock::now(), lag_answer_max));
        const auto answers = co_await Session::run(session, 0, std::move(question), limit);
        Lag& lag = self->lags_[server];
        lag.behind = lag_in(answers.at(0));
        lag.measured_at = Clock::now();
        self->lag_ = lag.behind;
    }
    co_return self->lags_[server].behind <= lag_max;
}

asio::awaitable<ReadSide::Results> ReadSide::run_on(const Found& place, Query query, Deadline not_after)
{
    if (!place.refuses_writes) co_return co_await Session::run_read_only(place.session, std::move(query), not_after);
    co_return co_await Session::run(place.session, 0, std::move(query), not_after);
}

/// Where nobody could be connected to a moment ago there is no use in waiting: the pool goes on trying.
bool ReadSide::worth_asking() const
{
    if (replicas_->closing_down()) return false;
    if (replicas_->last_connect_error().empty()) return true;
    const PoolStats now = replicas_->stats();
    return now.idle + now.in_use > 0;
}

/// Where all connections are in use one comes back; the primary is not for what standbys have too little of.
Deadline ReadSide::patience(Deadline not_after) const
{
    const PoolStats now = replicas_->stats();
    if (now.in_use >= now.max_size) return not_after;
    return std::min(not_after, after(Clock::now(), standby_patience));
}

// -- To look at ------------------------------------------------------------------

ReadStats ReadSide::stats() const
{
    ReadStats stats;
    if (replicas_) stats.replicas = replicas_->stats();
    stats.on_replica = on_replica_;
    stats.on_primary = on_primary_;
    stats.lag = lag_;
    return stats;
}

std::string ReadSide::describe() const
{
    if (!replicas_) return {};
    const PoolStats now = replicas_->stats();
    return " · reads over up to " + std::to_string(now.max_size) + " connections to standbys, " +
           std::to_string(now.size) + " now";
}

} // namespace trunkline::db::detail
