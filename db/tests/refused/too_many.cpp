// SPDX-License-Identifier: MIT
// Says: this_statement_has_too_many_placeholders
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<int> sql("SELECT $65");
