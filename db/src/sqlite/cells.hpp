// SPDX-License-Identifier: MIT
#pragma once

#include "prepared.hpp"

#include <trunkline/db/value.hpp>

#include <span>

namespace trunkline::db::sqlite {

/// Binds `parameters` by their numbers. The values are not copied: they have to outlive the run.
/// An array goes as JSON text. A text that wants another number of parameters is a UsageError; a NaN (which SQLite would
/// store as NULL) and a date that four digits of a year cannot say are an Error.
void bind_parameters(const Prepared& prepared, std::span<const Value> parameters);

/// Reads the current row's cells, appending them to `cells`: INTEGER, REAL, TEXT, BLOB and NULL as they are stored.
void read_row(sqlite3_stmt* statement, int columns, std::vector<Value>& cells);

} // namespace trunkline::db::sqlite
