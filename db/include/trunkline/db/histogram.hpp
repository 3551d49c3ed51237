// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace trunkline::db {

/// How many of something took how long. To count one costs a few comparisons and two additions.
struct DurationHistogram {
    /// What OpenTelemetry's conventions advise for `db.client.operation.duration`.
    static constexpr std::array<std::chrono::milliseconds, 9> bounds{
        std::chrono::milliseconds(1),    std::chrono::milliseconds(5),     std::chrono::milliseconds(10),
        std::chrono::milliseconds(50),   std::chrono::milliseconds(100),   std::chrono::milliseconds(500),
        std::chrono::milliseconds(1000), std::chrono::milliseconds(5'000), std::chrono::milliseconds(10'000)};

    std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< at most each bound; the last: more than the last bound
    std::chrono::nanoseconds total{};

    void add(std::chrono::nanoseconds took) noexcept
    {
        std::size_t at = 0;
        while (at < bounds.size() && took > bounds[at]) ++at;
        ++counts[at];
        total += took;
    }
    std::uint64_t count() const noexcept
    {
        std::uint64_t all = 0;
        for (const auto some : counts) all += some;
        return all;
    }
};

} // namespace trunkline::db
