// SPDX-License-Identifier: MIT
#include <trunkline/db/types.hpp>

#include "civil_date.hpp"

#include <cstdio>

namespace trunkline::db {

using detail::civil;
using detail::CivilDate;
using detail::floor_divide;

namespace {

std::string written_year(std::int64_t year)
{
    char text[16];
    const bool plain = year >= 0 && year <= 9999;
    std::snprintf(text, sizeof text, plain ? "%04lld" : "%+07lld", static_cast<long long>(year));
    return text;
}

} // namespace

std::string_view to_string(Engine engine) noexcept
{
    switch (engine) {
    case Engine::postgresql: return "postgresql";
    case Engine::sqlite: return "sqlite";
    case Engine::mysql: break;
    }
    return "mysql";
}

Bytes Bytes::from(std::string_view text)
{
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(std::vector<std::byte>(first, first + text.size()));
}

std::string to_rfc3339(Time time)
{
    // Plain numbers: rounded down as a Time, the earliest one would overflow.
    const std::int64_t microseconds = time.time_since_epoch().count();
    const std::int64_t seconds = floor_divide(microseconds, 1'000'000);
    const std::int64_t days = floor_divide(seconds, 86'400);
    const CivilDate date = civil(days);
    const int fraction = static_cast<int>((microseconds % 1'000'000 + 1'000'000) % 1'000'000);
    const int of_day = static_cast<int>(seconds - days * 86'400);

    char text[48];
    std::snprintf(text, sizeof text, "-%02u-%02uT%02d:%02d:%02d", date.month, date.day, of_day / 3600, of_day / 60 % 60,
                  of_day % 60);
    std::string made = written_year(date.year) + text;
    if (fraction != 0) {
        std::snprintf(text, sizeof text, ".%06d", fraction);
        made += text;
        made.erase(made.find_last_not_of('0') + 1);
    }
    return made + 'Z';
}

} // namespace trunkline::db
