// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace trunkline::db::sqlite {

/// What the first words of a statement say about where it may run. A look, not a parser: what only SQLite can know
/// (does `WITH …` write?) is asked of SQLite.
enum class Verb {
    asks,             ///< SELECT, WITH, VALUES, EXPLAIN and anything unknown: a reader prepares it and decides
    asks_alone,       ///< a PRAGMA that sets nothing: as `asks`, but outside any transaction if it writes
    changes,          ///< INSERT, CREATE, …: surely the writer
    stands_alone,     ///< VACUUM and PRAGMAs that set something: the writer, outside any transaction
    savepoint,        ///< SAVEPOINT, RELEASE, ROLLBACK TO: only inside a transaction
    transaction,      ///< BEGIN, COMMIT, END, ROLLBACK: never as plain SQL
    changes_a_handle, ///< ATTACH, DETACH, PRAGMA foreign_keys = …: would change one of several handles for everybody
};

Verb verb_of(std::string_view sql) noexcept;

/// True when `sqlite3_changes64` speaks of this statement: INSERT, REPLACE, UPDATE, DELETE, and a WITH that writes.
bool counts_changes(std::string_view sql) noexcept;

} // namespace trunkline::db::sqlite
