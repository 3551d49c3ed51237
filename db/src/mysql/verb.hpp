// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace trunkline::db::mysql {

/// True when the statement would end the transaction it runs in: MySQL commits before and after most of what changes a
/// schema, and for BEGIN, LOCK TABLES, SET autocommit and their like. Told by the first words. What it overlooks (a
/// procedure that commits) the server's status tells afterwards.
bool ends_transaction(std::string_view text);

/// True for an INSERT whose rows are counted one by one: no IGNORE, no ON DUPLICATE KEY, no SELECT, no RETURNING.
bool is_plain_insert(std::string_view text);

/// True for a statement that does nothing but read.
bool only_reads(std::string_view text);

/// True for an UPDATE with the word RETURNING, which neither MariaDB nor MySQL has.
bool is_update_returning(std::string_view text);

} // namespace trunkline::db::mysql
