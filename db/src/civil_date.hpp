// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace trunkline::db::detail {

/// A day of the proleptic Gregorian calendar whose year may be beyond those of std::chrono::year.
struct CivilDate {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

/// Rounds down, where `/` rounds towards zero.
constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

/// The day so many days after 1970-01-01: the calendar is asked about the same day of a near 400-year cycle.
inline CivilDate civil(std::int64_t days)
{
    constexpr std::int64_t cycle_days = 146'097;
    const std::int64_t cycle = floor_divide(days, cycle_days);
    const std::chrono::year_month_day near{std::chrono::sys_days{std::chrono::days{days - cycle * cycle_days}}};
    return {int{near.year()} + cycle * 400, unsigned{near.month()}, unsigned{near.day()}};
}

} // namespace trunkline::db::detail
