// SPDX-License-Identifier: MIT
#include "date_text.hpp"

#include <trunkline/db/error.hpp>

#include <cstdio>

namespace trunkline::db::detail {

using namespace std::chrono_literals;

std::string date_text(Date date)
{
    if (date == Date::max()) return "infinity";
    if (date == Date::min()) return "-infinity";
    if (date < Date(0y / 1 / 1) || date > Date(9999y / 12 / 31))
        throw_error({.message = "a date outside of the years 0 to 9999 cannot be stored", .sqlstate = "22008"});
    const std::chrono::year_month_day day(date);
    char text[24];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()),
                                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return {text, static_cast<std::size_t>(length)};
}

} // namespace trunkline::db::detail
