// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::db {

/// The longest time an option may be set to.
inline constexpr std::chrono::milliseconds option_time_max = std::chrono::hours(24 * 366);

/// true, on, 1 or false, off, 0; anything else is nothing.
std::optional<bool> read_boolean(std::string_view text) noexcept;

/// Decimal digits only, at most `max`.
std::optional<std::uint64_t> read_count(std::string_view text, std::uint64_t max) noexcept;

/// "10", "0.5", "10s", "500ms", "2min", "1h": whole milliseconds, at most `option_time_max`.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text) noexcept;

/// The shortest form that `read_duration` reads back with a unit: "10s", "1500ms".
std::string write_duration(std::chrono::milliseconds time);

/// The name of `known` that takes the fewest edits to reach from `name`, whatever the case of its letters;
/// completing a name that was begun takes two at most.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

} // namespace trunkline::db
