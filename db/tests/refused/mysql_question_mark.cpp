// SPDX-License-Identifier: MIT
// Says: this_statement_uses_question_mark_instead_of_dollar_number
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<int> sql(db::by_engine{.postgresql = "SELECT $1", .sqlite = "SELECT $1", .mysql = "SELECT $1, ?"});
