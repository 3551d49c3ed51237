// SPDX-License-Identifier: MIT
#include "statements.hpp"

#include "home.hpp"
#include "report.hpp"
#include "session.hpp"
#include "waiting_time.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

namespace {

using Results = std::vector<Result>;

/// What a caller of `run` wants. Throws where he may not want it.
Slot::Holding holding_for(Slots& slots, Query& query, const asio::any_io_executor& caller)
{
    Slot::Holding holding(query.place(), task_of(caller));
    holding.statement = query.statements().front().text();
    holding.use = slots.use_of(query);
    refuse_nested(slots, holding.task, holding.place);
    return holding;
}

/// The pool closed under a statement that shared its connection.
[[noreturn]] void throw_cut(const SqlText& statement, Engine engine, Outcome outcome)
{
    ErrorInfo info;
    info.statement = std::string(statement.on(engine));
    info.place = statement.place();
    info.outcome = outcome;
    throw_pool_closed(std::move(info));
}

/// For who has to wait, or needs a connection for himself.
asio::awaitable<Results> run_in_turn(std::shared_ptr<Slots> slots, std::optional<Lease> lease, Slot::Holding holding,
                                     Query query, Deadline not_after)
{
    if (!lease) {
        Lease waited = co_await acquire_to_run(slots, std::move(holding), not_after);
        lease.emplace(std::move(waited));
    }
    if (lease->shared()) co_return co_await run_beside(*lease, std::move(query), not_after);
    const auto session = Session::make(std::move(*lease), Session::Kind::passing);
    co_return co_await run_alone(session, std::move(query), not_after);
}

/// No coroutine, so that what it needs is not in the frame of `run`, which Asio keeps for the next call while it is small.
/// `lease` is the frame's.
asio::awaitable<Results> begin_run(const std::shared_ptr<Slots>& slots, std::optional<Lease>& lease, Query& query,
                                   const asio::any_io_executor& caller)
{
    const Deadline not_after = from_now(query.limit());
    Slot::Holding holding = holding_for(*slots, query, caller);
    if (auto now = acquire_now(slots, holding)) lease.emplace(std::move(*now));
    if (lease && lease->shared()) return run_beside(*lease, std::move(query), not_after);
    return run_in_turn(slots, std::exchange(lease, std::nullopt), std::move(holding), std::move(query), not_after);
}

} // namespace

// A pooler may have come in while the caller waited for a place among others: then nobody shares any more.
asio::awaitable<Lease> acquire_to_run(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline not_after)
{
    if (holding.use != PoolPolicy::Use::alone) {
        Lease lease = co_await acquire(slots, holding, not_after);
        if (slots->driver().shares()) co_return lease;
        holding.use = PoolPolicy::Use::alone;
    }
    co_return co_await acquire(std::move(slots), std::move(holding), not_after);
}

asio::awaitable<Results> run_beside(const Lease& lease, Query query, Deadline not_after)
{
    const auto& slots = lease.slots();
    const SlotPtr slot = lease.slot();
    const SqlText text = query.statements().front().text();
    const Deadline limit = after(Clock::now(), slots->options().command_timeout);
    if (slot->cut) throw_cut(text, slots->options().engine, Outcome::not_sent); // while he was on his way to it
    const bool grouped = query.grouped(); // then nobody knows what part of the time was its own
    const bool may_write = !query.reads_only();
    Results results;
    Outcome outcome = Outcome::unknown;
    try {
        Beside answer = co_await slot->connection->run_beside(std::move(query), std::min(limit, not_after));
        if (!grouped) slots->speeds().ran_beside(text.on(slots->options().engine), answer.took);
        results.push_back(std::move(answer.result));
    } catch (const Error& failure) {
        slots->heard(slot, std::current_exception(), may_write);
        const auto* lost = dynamic_cast<const ConnectionLost*>(&failure);
        if (!slot->cut || !lost) throw;
        outcome = lost->outcome();
    }
    if (!results.empty()) co_return results;
    throw_cut(text, slots->options().engine, outcome);
}

asio::awaitable<Results> run_alone(std::shared_ptr<Session> session, Query query, Deadline not_after)
{
    const bool unit = query.is_unit();
    const SqlText text = query.statements().front().text();
    const std::shared_ptr<Slots> slots = session->slots();
    const auto began = Moment::now();
    auto results = co_await Session::run(std::move(session), 0, std::move(query), not_after);
    if (!unit) {
        const auto waited = Moment::now().waited_since(began);
        slots->speeds().ran_alone(text.on(slots->options().engine), waited);
    }
    co_return results;
}

asio::awaitable<Results> run(std::shared_ptr<Slots> slots, Query query)
{
    if (query.statements().empty()) co_return Results();
    const auto caller = co_await asio::this_coro::executor;
    std::optional<Lease> lease;
    auto work =
        slots->is_home(caller) ? begin_run(slots, lease, query, caller) : at_home(slots, run(slots, std::move(query)));
    co_return co_await std::move(work);
}

} // namespace trunkline::db::detail
