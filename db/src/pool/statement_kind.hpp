// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace trunkline::db::detail {

/// What a statement does, as far as its words tell.
enum class StatementKind : std::uint8_t {
    other,           ///< anything else, and whatever is not understood
    reads,           ///< a SELECT or VALUES that locks nothing
    inserts,         ///< an INSERT that waits for nobody's row: no ON CONFLICT
    inserts_one_row, ///< the same, and it is one row of VALUES
};

/// Reads the words of `text`. Literals in single quotes are passed over; with comments, escapes and dollar quotes it is
/// `other`, because what stands in them are no words of the statement. A function may do anything whatever its name:
/// this is good for deciding what a statement costs others, never for what it is allowed to do.
StatementKind kind_of(std::string_view text);

} // namespace trunkline::db::detail
