// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <optional>
#include <string_view>

namespace trunkline {

/// Reads a time with its zone (RFC 3339): "2026-11-21T09:30:00Z", "…T10:30:00.25+01:00". More than six digits of a
/// fraction are cut. A time without a zone, or a day that does not exist, is nothing.
std::optional<db::Time> parse_rfc3339(std::string_view text) noexcept;

} // namespace trunkline
