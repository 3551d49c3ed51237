// SPDX-License-Identifier: MIT
#include "read_side.hpp"

#include "home.hpp"
#include "replica_options.hpp"
#include "report.hpp"
#include "session.hpp"
#include "statements.hpp"

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

/// Whoever asks for it: the others need not ask too.
class Measuring {
public:
    explicit Measuring(Lag& lag) : lag_(lag) { lag_.being_measured = true; }
    Measuring(const Measuring&) = delete;
    ~Measuring() { lag_.being_measured = false; }

private:
    Lag& lag_;
};

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
    const Deadline not_after = from_now(query.limit());
    const auto executor = co_await asio::this_coro::executor;
    Asked asked(Slot::Holding(query.place(), task_of(executor)), not_after);
    asked.holding.statement = query.statements().front().text();
    refuse_nested(*self->primary_, asked.holding.task, asked.holding.place);
    const bool told = self->can_be_told(query);
    if (told) query.forbid_writes();
    if (told && self->replicas_) asked.holding.use = self->replicas_->use_of(query);
    Found standby = co_await find_standby(self, asked);
    if (standby) {
        std::exception_ptr failure;
        Results results;
        try {
            results = co_await run_on(std::move(standby), query, not_after);
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) ++self->on_replica_;
        if (!failure) co_return results;
        if (!is_the_standbys(failure, true)) std::rethrow_exception(failure);
        asked.holding.since = Clock::now(); // until now it did not wait, it ran
    }
    if (told) asked.holding.use = self->primary_->use_of(query);
    Found primary = co_await find_primary(self, asked);
    co_return co_await run_on(std::move(primary), std::move(query), not_after);
}

asio::awaitable<Transaction> ReadSide::begin(Self self, TransactionOptions options,
                                             std::optional<std::chrono::nanoseconds> limit, std::source_location place)
{
    if (!self->primary_->is_home(co_await asio::this_coro::executor)) {
        auto work = lend_away(begin(self, options, limit, place));
        co_return co_await at_home(self->primary_, std::move(work));
    }
    options.read_only = true;
    const Deadline not_after = from_now(limit);
    const auto executor = co_await asio::this_coro::executor;
    Asked asked(Slot::Holding(place, task_of(executor)), not_after);
    asked.holding.kept = true;
    refuse_nested(*self->primary_, asked.holding.task, place);
    std::optional<Found> standby;
    if (options.isolation != Isolation::serializable) standby.emplace(co_await find_standby(self, asked));
    if (standby && *standby) {
        std::exception_ptr failure;
        std::optional<Transaction> begun;
        try {
            begun.emplace(co_await Session::begin(standby->session, 0, options, not_after));
        } catch (...) {
            failure = std::current_exception();
        }
        if (begun) ++self->on_replica_;
        if (begun) co_return std::move(*begun);
        if (!is_the_standbys(failure, true)) std::rethrow_exception(failure);
        standby.reset();
        asked.holding.since = Clock::now(); // until now it did not wait
    }
    const Found primary = co_await find_primary(self, asked);
    co_return co_await Session::begin(primary.session, 0, options, not_after);
}

// -- Steps ---------------------------------------------------------------------

/// A standby that is fresh enough, if there is one in time.
asio::awaitable<ReadSide::Found> ReadSide::find_standby(Self self, const Asked& asked)
{
    if (!self->replicas_ || !self->worth_asking()) co_return Found();
    const Deadline patience = self->patience(asked.not_after);
    std::exception_ptr failure;
    try {
        Lease lease = co_await acquire_for_one_statement(self->replicas_, asked.holding, patience);
        Lag& lag = self->lags_[lease.slot()->cohort];
        Found place = found(std::move(lease));
        const bool fresh = co_await is_fresh(self, place, lag, asked.not_after);
        if (fresh) co_return place;
    } catch (...) {
        failure = std::current_exception();
    }
    const bool go_on = !failure || (is_the_standbys(failure, false) && Clock::now() < asked.not_after);
    if (!go_on) std::rethrow_exception(failure);
    co_return Found();
}

/// What was waited for a standby counts: it has at once what lies there, and waits for the rest of its patience.
asio::awaitable<ReadSide::Found> ReadSide::find_primary(Self self, const Asked& asked)
{
    ++self->on_primary_;
    Lease lease = co_await acquire_for_one_statement(self->primary_, asked.holding, asked.not_after);
    co_return found(std::move(lease));
}

ReadSide::Found ReadSide::found(Lease lease)
{
    Found place;
    place.refuses_writes = refuses_writes(lease.slot()->connection->role());
    if (lease.shared()) place.shared.emplace(std::move(lease));
    else place.session = Session::make(std::move(lease), Session::Kind::passing);
    return place;
}

/// Asks the standby itself, but not each time: who comes first after a second has this one trip more.
asio::awaitable<bool> ReadSide::is_fresh(Self self, const Found& place, Lag& lag, Deadline not_after)
{
    const auto lag_max = self->primary_->options().max_replica_lag;
    if (lag_max.count() == 0) co_return true;
    if (lag.is_due(Clock::now())) {
        const Measuring measuring(lag);
        const Deadline limit = std::min(not_after, after(Clock::now(), lag_answer_max));
        const Result answer = co_await ask(place, lag_query(), limit);
        lag.behind = lag_in(answer);
        lag.measured_at = Clock::now();
        self->lag_ = lag.behind;
    }
    co_return lag.behind <= lag_max;
}

asio::awaitable<Result> ReadSide::ask(const Found& place, Query question, Deadline not_after)
{
    if (place.shared) {
        Beside answer = co_await place.shared->slot()->connection->run_beside(std::move(question), not_after);
        co_return std::move(answer.result);
    }
    Results answers = co_await Session::run(place.session, 0, std::move(question), not_after);
    co_return std::move(answers.at(0));
}

asio::awaitable<ReadSide::Results> ReadSide::run_on(Found place, Query query, Deadline not_after)
{
    if (place.shared) return run_beside(std::move(*place.shared), std::move(query), not_after);
    if (place.refuses_writes || query.reads_only())
        return run_alone(std::move(place.session), std::move(query), not_after);
    return Session::run_read_only(std::move(place.session), std::move(query), not_after);
}

/// In the trip that it has anyway. (What an isolation means to a single statement shows with the strictest only.)
bool ReadSide::can_be_told(const Query& query) const
{
    const Options& options = primary_->options();
    return options.engine == Engine::postgresql && options.isolation != Isolation::serializable && !query.is_unit();
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
