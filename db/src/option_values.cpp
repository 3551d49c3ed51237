// SPDX-License-Identifier: MIT
#include "option_values.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace trunkline::db {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t milliseconds;
};

/// Longer names before those they end in.
constexpr std::array<Unit, 4> units{{{"ms", 1}, {"min", 60'000}, {"s", 1000}, {"h", 3'600'000}}};

constexpr std::size_t name_max = 64;
/// So many letters that begin a name are nearer to it than to any that is merely as short.
constexpr std::size_t begun_min = 3;

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::size_t edits(std::string_view from, std::string_view to)
{
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(from[i - 1]) == lower(to[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

/// `fraction` (digits behind the point) of `unit`, when that is a whole number of milliseconds.
std::optional<std::uint64_t> read_fraction(std::string_view fraction, std::uint64_t unit)
{
    constexpr std::size_t digits_max = 9;
    const auto digits = read_count(fraction, 999'999'999);
    if (!digits || fraction.size() > digits_max) return std::nullopt;
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
    if (*digits * unit % scale != 0) return std::nullopt;
    return *digits * unit / scale;
}

} // namespace

std::optional<bool> read_boolean(std::string_view text) noexcept
{
    if (text == "true" || text == "on" || text == "1") return true;
    if (text == "false" || text == "off" || text == "0") return false;
    return std::nullopt;
}

std::optional<std::uint64_t> read_count(std::string_view text, std::uint64_t max) noexcept
{
    if (text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (digit > max || number > (max - digit) / 10) return std::nullopt;
        number = number * 10 + digit;
    }
    return number;
}

std::optional<std::chrono::milliseconds> read_duration(std::string_view text) noexcept
{
    std::uint64_t unit = 1000;
    for (const Unit& candidate : units)
        if (text.ends_with(candidate.name)) {
            unit = candidate.milliseconds;
            text.remove_suffix(candidate.name.size());
            break;
        }
    constexpr auto max = static_cast<std::uint64_t>(option_time_max.count());
    const std::size_t point = text.find('.');
    const auto whole = read_count(text.substr(0, point), max / unit);
    if (!whole) return std::nullopt;
    std::uint64_t made = *whole * unit;
    if (point != std::string_view::npos) {
        const auto part = read_fraction(text.substr(point + 1), unit);
        if (!part) return std::nullopt;
        made += *part;
    }
    if (made > max) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(made));
}

std::string write_duration(std::chrono::milliseconds time)
{
    if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + "s";
    return std::to_string(time.count()) + "ms";
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known)
{
    name = name.substr(0, name_max);
    std::string_view nearest;
    std::size_t fewest = static_cast<std::size_t>(-1);
    for (const std::string_view candidate : known) {
        const bool begun = name.size() >= begun_min && candidate.starts_with(name);
        const std::size_t needed = std::min(edits(name, candidate), begun ? std::size_t{2} : name_max);
        if (needed < fewest) {
            fewest = needed;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace trunkline::db
