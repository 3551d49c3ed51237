// SPDX-License-Identifier: MIT
// Says: this_statement_has_a_backslash_in_a_plain_literal_use_by_engine
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<> sql("SELECT '\\'");
