// SPDX-License-Identifier: MIT
#include "traffic.hpp"

#include <algorithm>

namespace trunkline::db::detail {

namespace {

std::int64_t nanoseconds_of(RecentTraffic::Time time)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

} // namespace

void RecentTraffic::came(Time now, bool alone) noexcept
{
    Sum& sum = slice_of(now).sum;
    ++sum.came;
    if (alone) ++sum.came_alone;
}

void RecentTraffic::served(Time now, bool alone, Duration held) noexcept
{
    Sum& sum = slice_of(now).sum;
    ++sum.served;
    if (!alone) return;
    ++sum.served_alone;
    sum.held_alone += held;
}

RecentTraffic::Slice& RecentTraffic::slice_of(Time now) noexcept
{
    const std::int64_t number = nanoseconds_of(now) >> slice_bits;
    Slice& slice = slices_[static_cast<std::uint64_t>(number) % slices_.size()];
    if (slice.number != number) slice = Slice{number, {}};
    if (first_ == Time::max()) first_ = now;
    return slice;
}

RecentTraffic::Sum RecentTraffic::lately(Time now) const noexcept
{
    const std::int64_t newest = nanoseconds_of(now) >> slice_bits;
    const std::int64_t oldest = newest - slices_counted + 1;
    Sum all;
    for (const Slice& slice : slices_) {
        if (slice.number < oldest || slice.number > newest) continue;
        all.came += slice.sum.came;
        all.served += slice.sum.served;
        all.came_alone += slice.sum.came_alone;
        all.served_alone += slice.sum.served_alone;
        all.held_alone += slice.sum.held_alone;
    }
    if (first_ > now) return all;
    all.window = std::min(Duration(now - first_), Duration(nanoseconds_of(now) - (oldest << slice_bits)));
    return all;
}

} // namespace trunkline::db::detail
