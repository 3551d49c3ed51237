// SPDX-License-Identifier: MIT
#include "limits.hpp"

#include <algorithm>

namespace trunkline::db::detail {

namespace {

// Who reads shares few connections: a server has few cores, and each answer may carry many. Who writes is spread over
// all of them, because commits on one connection are flushed one after another.
constexpr std::size_t reading_slots_max = 4;
constexpr std::size_t reading_seats = 250;
constexpr std::size_t reading_spread = 8;
constexpr std::size_t writing_seats = 8;
// Inserts that are grouped share a flush: the more of them on one connection, the fewer flushes; a second connection
// gathers while the first one flushes, and a third while the second is sent.
constexpr std::size_t grouped_slots_max = 3;
constexpr std::size_t grouped_seats = 1000;
constexpr std::size_t grouped_spread = 16;
// Where everything shares, a connection is a place to be answered at: one fills up before another is taken. What may be
// in the driver's queue at the same time is bounded by this.
constexpr std::size_t freely_slots_max = 3;
constexpr std::size_t freely_seats = 1'000;

} // namespace

PoolPolicy::Limits limits_of(const Options& options, const Driver& driver, Slots::Kind kind)
{
    PoolPolicy::Limits limits;
    limits.max_size = std::max<std::size_t>(1, std::min(options.max_size, driver.max_connections()));
    limits.min_size = std::min(options.min_size, limits.max_size);
    limits.max_queries = options.max_queries;
    limits.max_idle = options.max_idle;
    limits.max_lifetime = options.max_lifetime;
    limits.leak_warning = options.leak_warning;
    if (kind == Slots::Kind::standbys) { // the primary serves meanwhile, and has its own attempts
        limits.opening_max = 2;
        limits.backoff_first = std::chrono::seconds(1);
        limits.backoff_max = std::chrono::seconds(15);
    }
    if (options.sharing) {
        limits.reading = {.slots_max = reading_slots_max, .seats = reading_seats, .spread = reading_spread};
        limits.writing = {.slots_max = limits.max_size, .seats = writing_seats, .spread = 1};
        limits.grouped = {.slots_max = grouped_slots_max, .seats = grouped_seats, .spread = grouped_spread};
    }
    if (options.sharing && driver.shares_everything())
        limits.writing = {.slots_max = freely_slots_max, .seats = freely_seats, .spread = freely_seats};
    return limits;
}

} // namespace trunkline::db::detail
