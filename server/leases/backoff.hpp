// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace trunkline::leases {

/// When work that failed is tried again: twice as late each time, up to a limit.
struct Backoff {
    std::chrono::milliseconds first{1'000};
    std::chrono::milliseconds longest{300'000};

    /// The wait after attempt number `attempts` (1 is the first) failed.
    constexpr std::chrono::milliseconds after(std::int64_t attempts) const
    {
        auto wait = first;
        for (std::int64_t i = 1; i < attempts && wait < longest; ++i) wait *= 2;
        return std::min(wait, longest);
    }
};

static_assert(Backoff{}.after(1) == std::chrono::seconds(1));
static_assert(Backoff{}.after(3) == std::chrono::seconds(4));
static_assert(Backoff{}.after(1'000'000) == std::chrono::seconds(300));

} // namespace trunkline::leases
