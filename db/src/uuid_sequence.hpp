// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/uuid.hpp>

namespace trunkline::db {

/// Makes UUIDv7s that ascend, from a clock and random bytes that the caller brings.
///
/// Behind the 48 bits of milliseconds stands a counter of 42 bits: drawn at random when the millisecond is new (its
/// highest bit zero, so that there is room above), one more when it is not. The last 32 bits are always random.
/// A clock that steps back is not followed: the counter goes on where it was.
///
/// Threads: one at a time.
class UuidSequence {
public:
    struct Random {
        std::uint64_t counter;
        std::uint32_t tail;
    };

    Uuid next(std::chrono::sys_time<std::chrono::milliseconds> now, Random random) noexcept;

private:
    static constexpr std::uint64_t counter_max = (std::uint64_t{1} << 42) - 1;

    std::uint64_t milliseconds_ = 0;
    std::uint64_t counter_ = 0;
    bool started_ = false;
};

} // namespace trunkline::db
