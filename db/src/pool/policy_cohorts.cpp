// SPDX-License-Identifier: MIT
// What becomes of slots whose server is not what it was: the part of the policy that knows of failovers.
#include "policy.hpp"

#include <algorithm>

namespace trunkline::db::detail {

void PoolPolicy::heard(SlotId id, News news, Time now)
{
    const auto found = slots_.find(id);
    if (found == slots_.end()) return;
    const Slot& slot = found->second;
    const bool serving = slot.state == State::idle || slot.state == State::lent;
    if (!serving || retired_with_cohort(id, slot)) return; // nothing new
    Cohort& cohort = cohorts_[slot.cohort];
    if (news == News::leaving) replace_cohort(slot.cohort, cohort, now);
    else if (now < cohort.quiet_until) cohort.due = SlotId{last_slot_};
    else retire_cohort(slot.cohort, cohort, SlotId{last_slot_}, now);
    settle(now);
}

void PoolPolicy::lost(SlotId id, Time now)
{
    const auto found = slots_.find(id);
    if (found == slots_.end() || found->second.state != State::idle) return;
    close(id, found->second);
    settle(now);
}

void PoolPolicy::retire_cohorts_due(Time now)
{
    for (auto& [id, cohort] : cohorts_)
        if (cohort.due && now >= cohort.quiet_until) retire_cohort(id, cohort, *cohort.due, now);
}

/// They serve nobody any more: the idle ones close, whatever the floor is, and the lent ones when they come back. So do
/// those that were being opened: whether their server was asked before or after it changed is not known.
void PoolPolicy::retire_cohort(CohortId id, Cohort& cohort, SlotId through, Time now)
{
    lengthen_pause(cohort, now);
    cohort.retired_through = through;
    cohort.due.reset();
    for (auto& [each, slot] : slots_)
        if (slot.cohort == id && each <= through) give_up(each, slot);
}

/// They still serve, and retire as old ones do: the replacement first where there is room, none while nothing can be
/// opened.
void PoolPolicy::replace_cohort(CohortId id, Cohort& cohort, Time now)
{
    if (now < cohort.replaced_until) return; // whoever ends one session after another ends no cohort each time
    cohort.replaced_until = now + limits_.cohort_pause_max;
    for (auto& [each, slot] : slots_)
        if (slot.cohort == id) make_stale(slot);
}

/// The first time is free; who comes back soon waits twice as long as before.
void PoolPolicy::lengthen_pause(Cohort& cohort, Time now) const
{
    const bool again = cohort.pause > Duration::zero() && now < cohort.quiet_until + limits_.cohort_pause_max;
    cohort.pause = again ? std::min(cohort.pause * 2, limits_.cohort_pause_max) : limits_.cohort_pause_first;
    cohort.quiet_until = now + cohort.pause;
}

bool PoolPolicy::retired_with_cohort(SlotId id, const Slot& slot) const
{
    const auto cohort = cohorts_.find(slot.cohort);
    return cohort != cohorts_.end() && id <= cohort->second.retired_through;
}

void PoolPolicy::give_up(SlotId id, Slot& slot)
{
    if (slot.state != State::idle && slot.state != State::lent) return;
    if (slot.closed_to_more && slot.state == State::lent) return; // closes without that
    ++retired_;
    make_stale(slot);
    slot.closed_to_more = true;
    if (slot.state == State::idle) close(id, slot);
}

} // namespace trunkline::db::detail
