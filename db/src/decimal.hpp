// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trunkline::db::detail {

/// The integer that a number in PostgreSQL's spelling is; nothing when it has a fraction or is too large.
/// "12.00" is 12.
std::optional<std::int64_t> exact_integer(std::string_view numeric);

/// The double that it is, digit for digit; nothing when the double nearest to it is another number: "0.5" is one,
/// "0.1" is not.
std::optional<double> exact_double(std::string_view numeric);

} // namespace trunkline::db::detail
