// SPDX-License-Identifier: MIT
#pragma once

struct sqlite3;

namespace trunkline::db::sqlite {

/// SQL functions that a later SQLite has and the one in use lacks: `unhex(X)` and `unhex(X, Y)` (3.41), which make
/// the elements of an array of uuids comparable with a BLOB:
///
///     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
void add_functions(sqlite3* handle);

} // namespace trunkline::db::sqlite
