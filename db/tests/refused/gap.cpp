// SPDX-License-Identifier: MIT
// Says: this_statement_skips_a_placeholder_number
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<int, int, int> sql("SELECT $1, $3");
