// SPDX-License-Identifier: MIT
#include "slots.hpp"

#include "grouping.hpp"
#include "lease.hpp"
#include "limits.hpp"
#include "report.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;
using What = PoolPolicy::What;

namespace {

/// For the rollback of what a borrower left open; after it the connection is dropped, which also rolls back.
constexpr std::chrono::seconds clean_up_max{5};

} // namespace

Slot::Holdings::iterator Slot::hold(Holding&& holding)
{
    if (spare.empty()) return holdings.insert(holdings.end(), std::move(holding));
    spare.front() = std::move(holding);
    holdings.splice(holdings.end(), spare);
    return std::prev(holdings.end());
}

void Slot::let_go(Holdings::iterator holding) noexcept
{
    if (!spare.empty()) return void(holdings.erase(holding));
    holding->task.reset();
    holding->statement.reset();
    spare.splice(spare.end(), holdings, holding);
}

std::shared_ptr<Slots> Slots::make(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver,
                                   Kind kind)
{
    std::shared_ptr<Slots> made(new Slots(std::move(executor), std::move(options), std::move(driver), kind));
    made->self_ = made;
    return made;
}

Slots::Slots(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver, Kind kind)
    : executor_(std::move(executor)),
      home_(without_task(executor_)),
      options_(std::move(options)),
      driver_(std::move(driver)),
      policy_(limits_of(options_, *driver_, kind), std::random_device{}()),
      wake_(executor_),
      changed_(executor_)
{}

bool Slots::is_home(const asio::any_io_executor& caller) const noexcept
{
    const auto* tasked = caller.target<TaskExecutor>();
    return (tasked ? tasked->inner() : caller) == home_;
}

asio::any_io_executor Slots::home_of(const asio::any_io_executor& caller) const
{
    TaskPtr task = task_of(caller);
    if (!task) return home_;
    return TaskExecutor(home_, std::move(task));
}

void Slots::start()
{
    policy_.start(Clock::now());
    carry_out();
}

void Slots::drain(Deadline deadline)
{
    policy_.drain(Clock::now(), deadline);
    carry_out();
}

void Slots::abandon() noexcept
{
    abandoned_ = true;
    log_ = nullptr;
    drain(Clock::now());
    for (const auto& [id, slot] : slots_)
        if (slot->running) stop(slot);
    wake_.cancel();
    changed_.ring();
}

void Slots::arrive(Deadline now, PoolPolicy::Use use)
{
    if (occupied_.by_another())
        throw UsageError(
            "two threads are in one pool at once: its executor is run by several threads and is no strand. "
            "Make the pool with boost::asio::make_strand(context)");
    traffic_.came(now, use == PoolPolicy::Use::alone);
}

PoolPolicy::WaiterId Slots::enlist(Waiter& waiter, Deadline deadline)
{
    const auto id = policy_.acquire(Clock::now(), deadline, waiter.use());
    waiters_.emplace(id, &waiter);
    waiter.lined_up(waiters_.size());
    carry_out();
    return id;
}

SlotPtr Slots::take(PoolPolicy::Use use, Deadline now)
{
    const Occupied::Visit inside(occupied_);
    const auto id = policy_.acquire_now(now, use);
    if (!id) return nullptr;
    const SlotPtr& slot = slots_.at(*id);
    if (slot->holdings.empty() ? slot->alive() : slot->usable()) {
        if (policy_.has_actions()) carry_out();
        // Or nobody would look whether it is held for too long, when nothing else happens.
        if (const auto warning = policy_.limits().leak_warning; warning > Clock::duration::zero())
            wake_by(after(now, warning));
        count_acquired({});
        return slot;
    }
    const SlotPtr broken = slot;
    look_at_fellows_of(broken);
    returned(broken, now);
    return nullptr;
}

void Slots::leave(PoolPolicy::WaiterId waiter) noexcept
{
    waiters_.erase(waiter);
    policy_.leave(waiter, Clock::now());
    carry_out();
}

void Slots::give_back(const SlotPtr& slot, Slot::Holdings::iterator holding) noexcept
{
    const Occupied::Visit inside(occupied_);
    const bool shared = holding->use != PoolPolicy::Use::alone;
    const Deadline now = Clock::now();
    const std::chrono::nanoseconds held = now - holding->since;
    counters_.hold_max = std::max(counters_.hold_max, held);
    counters_.use_time.add(held);
    traffic_.served(now, !shared, held);
    if (shared) note_call(held); // one statement
    slot->let_go(holding);
    if (slot->cut) return; // closed, or being closed
    // Helpers and transactions are not trusted either when it is plain that they left something.
    if (slot->connection && slot->connection->left_state()) slot->connection->mark_for_reset();
    if (shared) return returned(slot, now);
    if (slot->busy()) {
        // The caller was destroyed in the middle of a call, so nothing is known of the connection.
        slot->running.reset();
        slot->beside = false;
        slot->connection.reset();
    }
    if (slot->usable() && slot->connection->condition() != Condition::idle) return in_background(run_rollback, slot);
    returned(slot, now);
}

void Slots::finished(const SlotPtr& slot) noexcept
{
    slot->running.reset();
    if (slot->cut) close(slot);
}

// -- What the policy wants -----------------------------------------------------

void Slots::carry_out()
{
    const Occupied::Visit inside(occupied_);
    if (std::exchange(carrying_out_, true)) return; // an action was answered at once; the loop below goes on
    for (policy_.take_actions(to_do_); !to_do_.empty(); policy_.take_actions(to_do_))
        for (const auto& action : to_do_) carry_out(action);
    carrying_out_ = false;
    wake_at_next();
    if (!policy_.drained()) return;
    wake_.cancel(); // or the caller's io_context would wait for a timer that nobody needs
    armed_.reset();
    changed_.ring();
}

void Slots::carry_out(const PoolPolicy::Action& action)
{
    switch (action.what) {
    case What::open: return open(action.slot);
    case What::stop_open: return stop(slots_.at(action.slot));
    case What::close: return close(slots_.at(action.slot));
    case What::cut: return cut(slots_.at(action.slot));
    case What::grant: return grant(action.slot, action.waiter);
    case What::time_out: ++counters_.acquire_timeouts; return answer(action.what, action.waiter);
    case What::fail:
    case What::turn_away: return answer(action.what, action.waiter);
    case What::warn: return warn(*slots_.at(action.slot));
    case What::outage: return log("the database cannot be reached, calls fail until it can: " + last_connect_error_);
    case What::recovered: return log("the database can be reached again");
    }
}

void Slots::open(SlotId id)
{
    const auto slot = std::make_shared<Slot>();
    slot->id = id;
    slots_.emplace(id, slot);
    in_background(run_open, slot);
}

void Slots::close(const SlotPtr& slot)
{
    if (!slot->connection || abandoned_) return gone(slot);
    in_background(run_close, slot);
}

void Slots::cut(const SlotPtr& slot)
{
    slot->cut = true;
    for (const auto& holding : slot->holdings) was_cut_.push_back(holder_of(*slot, holding));
    if (slot->running) return stop(slot); // `finished` closes it
    if (slot->connection) slot->connection->break_off();
    close(slot);
}

void Slots::grant(SlotId id, PoolPolicy::WaiterId waiter)
{
    const SlotPtr slot = slots_.at(id);
    const auto found = waiters_.find(waiter);
    if (slot->holdings.empty() ? !slot->alive() : !slot->usable()) {
        ++counters_.broken;
        policy_.refused(id, waiter, found->second->deadline(), Clock::now(), found->second->use());
        return look_at_fellows_of(slot);
    }
    const auto waited = std::chrono::nanoseconds(Clock::now() - found->second->since());
    count_acquired(waited);
    Waiter& served = *found->second;
    waiters_.erase(found);
    served.granted(slot);
}

void Slots::count_acquired(std::chrono::nanoseconds waited) noexcept
{
    ++counters_.acquired;
    counters_.wait_time.add(waited);
    counters_.wait_max = std::max(counters_.wait_max, waited);
}

void Slots::answer(What what, PoolPolicy::WaiterId waiter)
{
    const auto found = waiters_.find(waiter);
    Waiter& refused = *found->second;
    if (what == What::time_out) refused.explain(dossier_of(found));
    waiters_.erase(found);
    refused.refused(what);
}

void Slots::returned(const SlotPtr& slot, Deadline now)
{
    PoolPolicy::Returned how;
    how.healthy = slot->usable() && slot->connection->condition() == Condition::idle;
    if (how.healthy) how.queries = slot->connection->queries();
    else ++counters_.broken;
    policy_.released(slot->id, how, now);
    if (policy_.has_actions()) carry_out();
    else if (slot->holdings.empty()) wake_by(after(now, policy_.limits().max_idle));
}

void Slots::gone(SlotPtr slot)
{
    if (slot->connection) counters_.cancelled += slot->connection->cancelled();
    slot->connection.reset();
    slots_.erase(slot->id);
    policy_.closed(slot->id, Clock::now());
    carry_out();
}

void Slots::stop(const SlotPtr& slot)
{
    // Posted, because what is stopped may end, and change all of this, before the emission returns.
    auto emit = [self = self_.lock(), slot, what = slot->running] {
        if (what && what == slot->running) what->emit(asio::cancellation_type::terminal);
    };
    asio::post(executor_, std::move(emit));
}

void Slots::warn(const Slot& slot) const
{
    for (const auto& holding : slot.holdings)
        log("a connection is held for long: " + describe(holder_of(slot, holding)));
}

void Slots::log(const std::string& message) const
{
    try {
        if (log_) log_(message);
    } catch (...) { // the pool goes on even if nobody can be told
    }
}

// -- In the background ---------------------------------------------------------

template <class Work>
void Slots::in_background(Work work, const SlotPtr& slot)
{
    const Self self = self_.lock();
    const Stop stop = std::make_shared<asio::cancellation_signal>();
    slot->running = stop;
    auto ended = [self, slot, stop](std::exception_ptr) {}; // it has told the policy what came of it
    asio::co_spawn(executor_, work(self, slot), asio::bind_cancellation_slot(stop->slot(), std::move(ended)));
}

asio::awaitable<void> Slots::run_open(Self self, SlotPtr slot)
{
    std::exception_ptr failure;
    try {
        slot->connection = co_await self->driver_->connect(after(Clock::now(), self->options_.connect_timeout));
    } catch (...) {
        failure = std::current_exception();
    }
    slot->running.reset();
    if (failure) {
        self->note_open_failure(failure);
        self->slots_.erase(slot->id);
        self->policy_.open_failed(slot->id, Clock::now());
    } else {
        ++self->opened_;
        self->counters_.create_time.add(Clock::now() - slot->opening_since);
        self->last_connect_error_.clear();
        self->note_server(slot);
        self->policy_.opened(slot->id, Clock::now(), slot->cohort);
    }
    self->carry_out();
    self->changed_.ring();
}

asio::awaitable<void> Slots::run_close(Self self, SlotPtr slot)
{
    try {
        co_await slot->connection->close();
    } catch (...) { // it is dropped all the same
    }
    slot->running.reset();
    self->gone(slot);
}

asio::awaitable<void> Slots::run_rollback(Self self, SlotPtr slot)
{
    try {
        co_await slot->connection->rollback(Clock::now() + clean_up_max);
    } catch (...) {
        slot->distrusted = true;
        self->heard(slot, std::current_exception(), false);
    }
    self->finished(slot);
    if (!slot->cut) self->returned(slot, Clock::now());
}

void Slots::note_open_failure(std::exception_ptr failure)
{
    ++open_failures_;
    last_connect_failure_ = failure;
    last_connect_error_ = message_of(failure);
    last_connect_error_at_ = Clock::now();
}

PoolPolicy::Use Slots::use_of(Query& query)
{
    if (query.is_unit()) return PoolPolicy::Use::alone;
    const SqlText& text = query.statements().front().text();
    const bool sharing = options_.sharing && driver_->shares();
    const auto kind = query.grouped() ? speeds_.kind_of(text.on(options_.engine)) : StatementKind::other;
    if (query.grouped()) prepare_grouped(query, kind);
    if (!sharing) return PoolPolicy::Use::alone;
    if (driver_->shares_everything()) return PoolPolicy::Use::writing;
    // The simple protocol has no place among others.
    const bool as_text = query.options() && query.options()->raw_sql && query.statements().front().parameters().empty();
    if (as_text) return PoolPolicy::Use::alone;
    if (!query.grouped()) return speeds_.use_for_next(text.on(options_.engine));
    return kind == StatementKind::reads ? PoolPolicy::Use::reading : PoolPolicy::Use::grouped;
}

// -- To look at ------------------------------------------------------------------

PoolStats Slots::stats() const
{
    const auto counts = policy_.counts();
    PoolStats stats = counters_;
    stats.engine = options_.engine;
    stats.size = counts.size();
    stats.idle = counts.idle;
    stats.in_use = counts.lent;
    stats.opening = counts.opening;
    stats.closing = counts.closing;
    stats.waiting = counts.waiting;
    stats.retired = counts.retired;
    stats.min_size = policy_.limits().min_size;
    stats.max_size = policy_.limits().max_size;
    stats.wait_total = stats.wait_time.total;
    stats.opened = opened_;
    stats.open_failures = open_failures_;
    stats.last_connect_error = last_connect_error_;
    for (const auto& [id, slot] : slots_)
        if (slot->connection) stats.cancelled += slot->connection->cancelled();
    return stats;
}

} // namespace trunkline::db::detail
