// SPDX-License-Identifier: MIT
// Who is served next, and where: the part of the policy that knows of slots with several callers.
#include "policy.hpp"

#include <algorithm>

namespace trunkline::db::detail {

namespace {

using Use = PoolPolicy::Use;
constexpr Use shared_uses[] = {Use::reading, Use::writing, Use::grouped};

} // namespace

const PoolPolicy::Seats& PoolPolicy::seats_of(Use use) const
{
    if (use == Use::reading) return limits_.reading;
    return use == Use::writing ? limits_.writing : limits_.grouped;
}

std::size_t PoolPolicy::shared() const noexcept
{
    std::size_t slots = 0;
    for (const Use use : shared_uses) slots += shared_[static_cast<std::size_t>(use)].size();
    return slots;
}

bool PoolPolicy::serve_one(Time now)
{
    if (waiters_.empty()) return false;
    if (const auto use = left_without_slot()) {
        lend(idle_.back(), *waiting_for_[static_cast<std::size_t>(*use)].begin(), *use, now);
        return true;
    }
    const auto [first, how] = *waiters_.begin();
    if (const auto slot = slot_for(how.use, false)) {
        lend(*slot, first, how.use, now);
        return true;
    }
    if (!lines_leave_room()) return false;
    for (const Use use : shared_uses) {
        const auto& waiting = waiting_for_[static_cast<std::size_t>(use)];
        const auto seat = waiting.empty() ? std::nullopt : slot_for(use, true);
        if (!seat) continue;
        lend(*seat, *waiting.begin(), use, now);
        return true;
    }
    return false;
}

/// What some who would share wait for while nobody has a slot for it, if an idle one is theirs: where many wait for slots
/// of their own, those few would wait for all of them, and with them everybody who could sit on the same slot.
std::optional<PoolPolicy::Use> PoolPolicy::left_without_slot() const
{
    if (idle_.empty() || 2 * (shared() + 1) > serving()) return std::nullopt;
    std::optional<Use> first;
    const auto waiting = [this](Use use) -> const auto& { return waiting_for_[static_cast<std::size_t>(use)]; };
    for (const Use use : shared_uses) {
        if (waiting(use).empty() || !shared_[static_cast<std::size_t>(use)].empty()) continue;
        if (!first || *waiting(use).begin() < *waiting(*first).begin()) first = use;
    }
    return first;
}

/// The slot on which a caller is served now, if there is one.
std::optional<PoolPolicy::SlotId> PoolPolicy::slot_for(Use use, bool join_only) const
{
    const auto idle = idle_.empty() || join_only ? std::nullopt : std::optional(idle_.back());
    if (use == Use::alone) return idle;
    const auto seat = emptiest(use);
    if (seat && slots_.at(*seat).callers < seats_of(use).spread) return seat;
    if (idle && shared_[static_cast<std::size_t>(use)].size() < seats_of(use).slots_max) return idle;
    return seat;
}

/// Of the shared slots with a free seat the one with the fewest callers.
std::optional<PoolPolicy::SlotId> PoolPolicy::emptiest(Use use) const
{
    std::optional<SlotId> best;
    std::size_t fewest = seats_of(use).seats;
    for (const SlotId id : shared_[static_cast<std::size_t>(use)]) {
        const Slot& slot = slots_.at(id);
        if (slot.stale || slot.closed_to_more || slot.callers >= fewest) continue;
        best = id;
        fewest = slot.callers;
    }
    return best;
}

bool PoolPolicy::lines_leave_room() const { return 2 * shared() <= serving(); }

void PoolPolicy::end_sharing(SlotId id, Slot& slot)
{
    if (slot.use != Use::alone) std::erase(shared_[static_cast<std::size_t>(slot.use)], id);
    slot.use = Use::alone;
}

/// How many more slots would serve those who wait, or sit close.
std::size_t PoolPolicy::wanted() const
{
    std::size_t slots = waiting_for_[static_cast<std::size_t>(Use::alone)].size();
    for (const Use use : shared_uses) slots += wanted_for(use);
    return slots;
}

std::size_t PoolPolicy::wanted_for(Use use) const
{
    const auto& shared = shared_[static_cast<std::size_t>(use)];
    const Seats& seats = seats_of(use);
    if (!idle_.empty() || shared.size() >= seats.slots_max) return 0;
    std::size_t crowd = waiting_for_[static_cast<std::size_t>(use)].size();
    for (const SlotId id : shared) {
        const std::size_t callers = slots_.at(id).callers;
        if (callers > seats.spread) crowd += callers - seats.spread;
    }
    return std::min(crowd, seats.slots_max - shared.size());
}

} // namespace trunkline::db::detail
