// SPDX-License-Identifier: MIT
#include "decimal.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace trunkline::db::detail {

namespace {

/// The number without zeros at its end, and without a point that nothing follows.
std::string_view without_trailing_zeros(std::string_view numeric)
{
    if (numeric.find('.') == numeric.npos) return numeric;
    const auto last = numeric.find_last_not_of('0');
    return numeric.substr(0, numeric[last] == '.' ? last : last + 1);
}

/// Every double is a decimal number of at most 309 digits before the point and 1074 behind it.
constexpr int digits_behind_point_max = 1074;
constexpr std::size_t length_max = 1 + 309 + 1 + digits_behind_point_max;

} // namespace

std::optional<std::int64_t> exact_integer(std::string_view numeric)
{
    const auto digits = without_trailing_zeros(numeric);
    std::int64_t found = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), found);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return found;
}

std::optional<double> exact_double(std::string_view numeric)
{
    const auto digits = without_trailing_zeros(numeric);
    double found = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), found);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (!std::isfinite(found)) return found; // NaN and the infinities are the same in both
    char text[length_max];
    const auto written =
        std::to_chars(text, text + sizeof text, found, std::chars_format::fixed, digits_behind_point_max);
    const std::string_view all(text, static_cast<std::size_t>(written.ptr - text));
    if (written.ec != std::errc{} || without_trailing_zeros(all) != digits) return std::nullopt;
    return found;
}

} // namespace trunkline::db::detail
