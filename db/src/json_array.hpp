// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

namespace trunkline::db::detail {

/// An array as JSON text, for the engines that have no arrays: `[1,null,"a"]`. Integers, times (as microseconds) and
/// booleans are JSON's own; a double always shows that it is one (1.0; infinity is 1e999); everything else is a
/// string: a uuid in its form 8-4-4-4-12, a date, a numeric, JSON. Throws an Error (22003) for NaN.
std::string to_json(const Array& array);

/// Reads it again. Elements are integers, doubles, booleans, text and NULL; nothing when the text is not an array, or
/// holds one, or an object.
std::optional<Array> read_json_array(std::string_view text);

} // namespace trunkline::db::detail
