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

// How long a standby is waited for before the primary serves.
constexpr std::chrono::milliseconds standby_patience{250};

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

/// Who asks how far a standby is behind, so that the others need not while something is known. If the standby does not
/// say, nothing is known any more.
class Measuring {
public:
    explicit Measuring(Lag& lag) : lag_(lag) { lag_.being_measured = true; }
    Measuring(const Measuring&) = delete;
    ~Measuring()
    {
        lag_.being_measured = false;
        if (!answered_) lag_.measured_at = Deadline::min();
    }

    void answer(std::chrono::nanoseconds behind)
    {
        answered_ = true;
        lag_.behind = behind;
        lag_.measured_at = Clock::now();
    }

private:
    Lag& lag_;
    bool answered_ = false;
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
    if (self->is_plain_read(query)) asked.read = &query;
    std::optional<Found> standby(co_await find_standby(self, asked));
    if (*standby) {
        std::exception_ptr failure;
        Results results;
        try {
            results = co_await run_on(*standby, query, not_after);
        } catch (...) {
            failure = std::current_exception();
        }
        standby.reset();
        if (!failure) ++self->on_replica_;
        if (!failure) co_return results;
        if (!is_the_standbys(failure, true)) std::rethrow_exception(failure);
        asked.holding.since = Clock::now(); // until now it did not wait, it ran
    }
    const Found primary = co_await find_primary(self, asked);
    co_return co_await run_on(primary, std::move(query), not_after);
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
        Found place = co_await find(self->replicas_, asked, patience);
        if (refuses_writes(place.role)) place.guard = Guard::session;
        Lag& lag = self->lags_[place.server];
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
    co_return co_await find(self->primary_, asked, asked.not_after);
}

/// The pool may have closed while it was waited for: then whatever is done with the place says so.
asio::awaitable<ReadSide::Found> ReadSide::find(std::shared_ptr<Slots> among, const Asked& asked, Deadline patience)
{
    Slot::Holding holding = asked.holding;
    if (asked.read) holding.use = among->use_of(*asked.read);
    Lease lease = co_await acquire_to_run(among, std::move(holding), patience);
    const SlotPtr slot = lease.slot();
    Found place;
    place.server = slot->cohort;
    if (slot->connection) place.role = slot->connection->role();
    if (asked.read && among->driver().shares()) place.guard = Guard::trip;
    if (lease.shared()) place.shared.emplace(std::move(lease));
    else place.session = Session::make(std::move(lease), Session::Kind::passing);
    co_return place;
}

/// Asks the standby itself, but not each time: who comes first after a second has this one trip more.
asio::awaitable<bool> ReadSide::is_fresh(Self self, const Found& place, Lag& lag, Deadline not_after)
{
    const auto lag_max = self->primary_->options().max_replica_lag;
    if (lag_max.count() == 0) co_return true;
    if (lag.is_due(Clock::now())) {
        Measuring measuring(lag);
        Query question = lag_query();
        const Deadline limit = std::min(not_after, after(Clock::now(), Lag::answer_max));
        const Results answers = co_await ask(place, std::move(question), limit);
        measuring.answer(lag_in(answers.at(0)));
        self->lag_ = lag.behind;
    }
    co_return lag.behind <= lag_max;
}

asio::awaitable<ReadSide::Results> ReadSide::ask(const Found& place, Query question, Deadline not_after)
{
    if (place.shared) return run_beside(*place.shared, std::move(question), not_after);
    return Session::run(place.session, 0, std::move(question), not_after);
}

/// REQUIRES: the place outlives the call.
asio::awaitable<ReadSide::Results> ReadSide::run_on(const Found& place, Query query, Deadline not_after)
{
    if (place.guard == Guard::trip) query.forbid_writes();
    if (place.shared) return run_beside(*place.shared, std::move(query), not_after);
    if (place.guard == Guard::transaction) return Session::run_read_only(place.session, std::move(query), not_after);
    return run_alone(place.session, std::move(query), not_after);
}

/// One that nobody could take for anything else: it may share, and the server can be told in its own trip that it writes
/// nothing. (What an isolation means to a single statement shows with the strictest only.)
bool ReadSide::is_plain_read(const Query& query) const
{
    const Options& options = primary_->options();
    if (options.engine != Engine::postgresql || options.isolation == Isolation::serializable) return false;
    if (query.is_unit()) return false;
    const Statement& statement = query.statements().front();
    const bool raw_sql = query.options() ? query.options()->raw_sql : options.raw_sql;
    if (raw_sql && statement.parameters().empty()) return false;
    return primary_->speeds().kind_of(statement.text().on(options.engine)) == StatementKind::reads;
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
