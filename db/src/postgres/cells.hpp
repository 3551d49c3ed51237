// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <libpq-fe.h>

namespace trunkline::db::postgres {

/// Reads a cell from the text that the server sent for a column of type `type`; a type that is not known here stays
/// text. Throws std::invalid_argument with a sentence when the value has no place in a Value (times beyond the years of
/// `Time`, arrays of several dimensions).
Value decode(Oid type, std::string_view text);

/// NULL of a column of type `type`.
Value decode_null(Oid type);

} // namespace trunkline::db::postgres
