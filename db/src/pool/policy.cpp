// SPDX-License-Identifier: MIT
#include "policy.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace trunkline::db::detail {

PoolPolicy::PoolPolicy(Limits limits, std::uint64_t seed)
    : limits_(limits), random_(seed), opening_limit_(std::min(limits.max_size, limits.opening_max))
{
    assert(limits_.max_size >= 1);
    assert(limits_.min_size <= limits_.max_size);
}

// -- Events ------------------------------------------------------------------

void PoolPolicy::start(Time now)
{
    first_wanted_ = !started_;
    started_ = true;
    settle(now);
}

PoolPolicy::WaiterId PoolPolicy::acquire(Time now, Time deadline, Use use)
{
    const WaiterId waiter{++last_waiter_};
    started_ = true;
    if (draining_) {
        actions_.push_back({What::turn_away, {}, waiter});
        return waiter;
    }
    if (use != Use::alone && seats_of(use).slots_max == 0) use = Use::alone;
    line_up(waiter, {deadline, use});
    serve(now); // before any deadline is looked at: whoever asks for what lies there gets it, even with no patience
    if (breaker_open_) answer_everybody(What::fail);
    settle(now);
    return waiter;
}

std::optional<PoolPolicy::SlotId> PoolPolicy::acquire_now(Time now, Use use)
{
    if (draining_ || !waiters_.empty()) return std::nullopt;
    if (use != Use::alone && seats_of(use).slots_max == 0) use = Use::alone;
    const auto slot = slot_for(use, false);
    if (!slot) return std::nullopt;
    seat(*slot, use, now);
    if (wants_slot()) settle(now);
    return slot;
}

void PoolPolicy::leave(WaiterId waiter, Time now)
{
    if (!waiters_.contains(waiter)) return;
    step_out(waiter);
    settle(now);
}

void PoolPolicy::opened(SlotId id, Time now, CohortId cohort)
{
    Slot& slot = slots_.at(id);
    assert(slot.state == State::opening);
    first_wanted_ = false;
    breathe_again();
    if (limits_.max_lifetime > Duration::zero()) {
        const auto early = std::chrono::duration<double>(limits_.max_lifetime) * (0.1 * random());
        slot.expires = now + limits_.max_lifetime - std::chrono::duration_cast<Duration>(early);
    }
    slot.cohort = cohort;
    enter(slot, State::idle, now);
    idle_.push_back(id);
    if (retired_with_cohort(id, slot)) give_up(id, slot);
    look_at_slots(); // there may be more now than the floor
    settle(now);
}

void PoolPolicy::open_failed(SlotId id, Time now)
{
    const auto found = slots_.find(id);
    assert(found != slots_.end() && found->second.state == State::opening);
    first_wanted_ = false;
    forget(found);
    if (!shut_) failed_to_open(now);
    settle(now);
}

void PoolPolicy::released(SlotId id, Returned how, Time now)
{
    Slot& slot = slots_.at(id);
    assert(slot.state == State::lent);
    if (now >= slot.expires) make_stale(slot);
    if (limits_.max_queries != 0 && how.queries >= limits_.max_queries) make_stale(slot);
    if (!how.healthy) slot.closed_to_more = true;
    if (--slot.callers > 0) {
        if (!waiters_.empty()) settle(now);
        return;
    }
    end_sharing(id, slot);
    if (slot.closed_to_more) {
        close(id, slot);
    } else if (slot.stale && may_retire()) {
        ++retired_;
        close(id, slot);
    } else {
        enter(slot, State::idle, now);
        idle_.push_back(id);
    }
    settle(now);
}

void PoolPolicy::refused(SlotId id, WaiterId waiter, Time waiter_deadline, Time now, Use use)
{
    if (use != Use::alone && seats_of(use).slots_max == 0) use = Use::alone;
    line_up(waiter, {waiter_deadline, use});
    Slot& slot = slots_.at(id);
    slot.closed_to_more = true;
    if (--slot.callers == 0) {
        end_sharing(id, slot);
        close(id, slot);
    }
    settle(now);
}

void PoolPolicy::closed(SlotId id, Time now)
{
    const auto found = slots_.find(id);
    assert(found != slots_.end() && found->second.state == State::closing);
    forget(found);
    settle(now);
}

void PoolPolicy::tick(Time now)
{
    for (auto& [id, slot] : slots_)
        if (now >= slot.expires) make_stale(slot);
    warn_of_leaks(now);
    retire_cohorts_due(now);
    if (now >= cut_at_) cut_all();
    settle(now);
    look_at_slots();
}

void PoolPolicy::drain(Time now, Time deadline)
{
    draining_ = true;
    if (!shut_) cut_at_ = std::min(cut_at_, deadline);
    if (now >= cut_at_) cut_all();
    settle(now);
}

// -- Decisions ---------------------------------------------------------------

void PoolPolicy::settle(Time now)
{
    expire_waiters(now);
    serve(now);
    if (draining_) close_down();
    else retire(now);
    if (started_ && !shut_) grow(now);
}

void PoolPolicy::expire_waiters(Time now)
{
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) answer(What::time_out, deadlines_.begin()->second);
}

void PoolPolicy::serve(Time now)
{
    while (serve_one(now)) {}
}

/// Closes idle slots that are stale, and those that were idle for too long and are not needed for the floor.
void PoolPolicy::retire(Time now)
{
    if (idle_.empty() || (stale_ == 0 && !idle_too_long(slots_.at(idle_.front()), now))) return;
    for (std::size_t next = 0; next < idle_.size();) { // the longest idle first
        const SlotId id = idle_[next];
        Slot& slot = slots_.at(id);
        if (slot.stale ? may_retire() : idle_too_long(slot, now)) {
            ++retired_;
            close(id, slot); // takes it out of idle_
        } else {
            ++next;
        }
    }
}

void PoolPolicy::grow(Time now)
{
    if (failing()) {
        if (wants_probe() && now >= retry_at_) open(now);
        return;
    }
    while (room() && count(State::opening) < opening_limit_ && wants_slot()) open(now);
}

void PoolPolicy::close_down()
{
    if (!waiters_.empty()) return;
    while (!idle_.empty()) close(idle_.back(), slots_.at(idle_.back()));
}

void PoolPolicy::cut_all()
{
    shut_ = true;
    cut_at_ = Time::max();
    answer_everybody(What::turn_away);
    for (auto& [id, slot] : slots_) {
        if (slot.state == State::opening) actions_.push_back({What::stop_open, id, {}});
        if (slot.state != State::lent) continue;
        if (slot.stale) --stale_;
        end_sharing(id, slot);
        enter(slot, State::closing, slot.since);
        actions_.push_back({What::cut, id, {}});
    }
}

void PoolPolicy::warn_of_leaks(Time now)
{
    if (limits_.leak_warning <= Duration::zero()) return;
    for (auto& [id, slot] : slots_) {
        const bool kept = slot.state == State::lent && slot.use == Use::alone;
        if (!kept || slot.warned || now < slot.since + limits_.leak_warning) continue;
        slot.warned = true;
        actions_.push_back({What::warn, id, {}});
    }
}

/// A stale slot goes when enough fresh ones are there; with no room to open its replacement first, one at a time,
/// and not while nothing can be opened.
bool PoolPolicy::may_retire() const
{
    if (fresh() >= limits_.min_size) return true;
    return !room() && count(State::closing) == 0 && !failing();
}

bool PoolPolicy::idle_too_long(const Slot& slot, Time now) const
{
    return now - slot.since >= limits_.max_idle && fresh() > limits_.min_size;
}

/// While connects fail there is one attempt at a time, whether anybody waits or not: else nobody would notice the end.
bool PoolPolicy::wants_probe() const
{
    return count(State::opening) == 0 && room() && (!draining_ || !waiters_.empty());
}

bool PoolPolicy::wants_slot() const
{
    const std::size_t opening = count(State::opening);
    if (opening < wanted()) return true;
    if (draining_) return false;
    return fresh() + opening < limits_.min_size || (first_wanted_ && slots_.empty());
}

void PoolPolicy::failed_to_open(Time now)
{
    const bool nothing_left = count(State::idle) + count(State::lent) == 0;
    if (!failing_since_) {
        failing_since_ = now;
        backoff_ = limits_.backoff_first;
    } else if (now >= retry_at_) {
        // While callers ride it out the next attempt is never far. Later it is, even if somebody is still served.
        const bool rides = !breaker_open_ && (nothing_left || now - *failing_since_ < limits_.ride_out);
        backoff_ = std::min(backoff_ * 2, rides ? limits_.ride_out : limits_.backoff_max);
    } else {
        return; // one of several attempts that were made at the same time
    }
    retry_at_ =
        now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(backoff_) * (0.5 + 0.5 * random()));
    if (!breaker_open_ && nothing_left && now - *failing_since_ >= limits_.ride_out) {
        breaker_open_ = true;
        actions_.push_back({What::outage});
    }
    if (breaker_open_) answer_everybody(What::fail);
}

void PoolPolicy::breathe_again()
{
    if (failing()) opening_limit_ = 1;
    else opening_limit_ = std::min({opening_limit_ * 2, limits_.max_size, limits_.opening_max});
    failing_since_.reset();
    if (std::exchange(breaker_open_, false)) actions_.push_back({What::recovered});
}

// -- Steps -------------------------------------------------------------------

void PoolPolicy::open(Time now)
{
    const SlotId id{++last_slot_};
    slots_[id].since = now;
    ++counted_[static_cast<std::size_t>(State::opening)];
    actions_.push_back({What::open, id, {}});
}

void PoolPolicy::close(SlotId id, Slot& slot)
{
    if (slot.state == State::idle) std::erase(idle_, id);
    if (slot.stale) --stale_;
    enter(slot, State::closing, slot.since);
    actions_.push_back({What::close, id, {}});
}

void PoolPolicy::lend(SlotId id, WaiterId waiter, Use use, Time now)
{
    seat(id, use, now);
    actions_.push_back({What::grant, id, waiter});
    step_out(waiter);
}

void PoolPolicy::seat(SlotId id, Use use, Time now)
{
    Slot& slot = slots_.at(id);
    if (slot.state == State::idle) {
        std::erase(idle_, id);
        slot.warned = false;
        slot.use = use;
        slot.callers = 0;
        enter(slot, State::lent, now);
        if (use != Use::alone) shared_[static_cast<std::size_t>(use)].push_back(id);
    }
    ++slot.callers;
}

void PoolPolicy::line_up(WaiterId waiter, Waiter how)
{
    waiters_.emplace(waiter, how);
    waiting_for_[static_cast<std::size_t>(how.use)].insert(waiter);
    deadlines_.emplace(how.deadline, waiter);
}

void PoolPolicy::step_out(WaiterId waiter)
{
    const auto found = waiters_.find(waiter);
    waiting_for_[static_cast<std::size_t>(found->second.use)].erase(waiter);
    deadlines_.erase({found->second.deadline, waiter});
    waiters_.erase(found);
}

void PoolPolicy::answer(What what, WaiterId waiter)
{
    step_out(waiter);
    actions_.push_back({what, {}, waiter});
}

void PoolPolicy::answer_everybody(What what)
{
    while (!waiters_.empty()) answer(what, waiters_.begin()->first);
}

void PoolPolicy::enter(Slot& slot, State state, Time now)
{
    --counted_[static_cast<std::size_t>(slot.state)];
    ++counted_[static_cast<std::size_t>(state)];
    slot.state = state;
    slot.since = now;
    slots_wake_ = std::min(slots_wake_, wake_of(slot));
}

void PoolPolicy::forget(Slots::iterator slot)
{
    --counted_[static_cast<std::size_t>(slot->second.state)];
    slots_.erase(slot);
}

void PoolPolicy::make_stale(Slot& slot)
{
    if (slot.stale || (slot.state != State::idle && slot.state != State::lent)) return;
    slot.stale = true;
    ++stale_;
}

double PoolPolicy::random()
{
    return static_cast<double>(random_() >> 11) * 0x1.0p-53; // the same on every standard library
}

// -- Questions ---------------------------------------------------------------

PoolPolicy::Time PoolPolicy::next_wake() const
{
    Time wake = cut_at_;
    if (!deadlines_.empty()) wake = std::min(wake, deadlines_.begin()->first);
    if (failing() && started_ && !shut_ && wants_probe()) wake = std::min(wake, retry_at_);
    for (const auto& [id, cohort] : cohorts_)
        if (cohort.due) wake = std::min(wake, cohort.quiet_until);
    return std::min(wake, slots_wake_);
}

void PoolPolicy::look_at_slots()
{
    slots_wake_ = Time::max();
    for (const auto& [id, slot] : slots_) slots_wake_ = std::min(slots_wake_, wake_of(slot));
}

/// When `tick` has something to do about it, if nothing happens to it before.
PoolPolicy::Time PoolPolicy::wake_of(const Slot& slot) const
{
    const bool idle = slot.state == State::idle;
    const bool lent = slot.state == State::lent;
    Time wake = Time::max();
    if ((idle || lent) && !slot.stale) wake = slot.expires;
    if (idle && !slot.stale && fresh() > limits_.min_size) wake = std::min(wake, slot.since + limits_.max_idle);
    const bool kept = lent && slot.use == Use::alone;
    const bool warning = kept && !slot.warned && limits_.leak_warning > Duration::zero();
    return warning ? std::min(wake, slot.since + limits_.leak_warning) : wake;
}

PoolPolicy::Counts PoolPolicy::counts() const
{
    Counts counts;
    counts.opening = count(State::opening);
    counts.idle = count(State::idle);
    counts.lent = count(State::lent);
    counts.shared = shared();
    counts.closing = count(State::closing);
    counts.waiting = waiters_.size();
    counts.retired = retired_;
    return counts;
}

} // namespace trunkline::db::detail
