// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace trunkline::db::detail {

/// What came and went lately: counted in slices of about a second, of which the last ten are kept. To count costs a
/// comparison and an addition or two, whoever looks pays for the rest.
class RecentTraffic {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::nanoseconds;

    /// Somebody wants a connection; to himself, or to share it.
    void came(Time now, bool alone) noexcept;
    /// Somebody gave his back, after that long.
    void served(Time now, bool alone, Duration held) noexcept;

    struct Sum {
        Duration window{};
        std::uint64_t came = 0;
        std::uint64_t served = 0;
        std::uint64_t came_alone = 0; ///< of those the ones that did not share
        std::uint64_t served_alone = 0;
        Duration held_alone{};
    };
    Sum lately(Time now) const noexcept;

private:
    static constexpr int slice_bits = 30; // a slice is 2^30 ns
    static constexpr std::int64_t slices_counted = 10;
    struct Slice {
        std::int64_t number = -1;
        Sum sum;
    };
    Slice& slice_of(Time now) noexcept;

    std::array<Slice, 16> slices_{};
    Time first_ = Time::max();
};

} // namespace trunkline::db::detail
