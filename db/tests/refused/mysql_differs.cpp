// SPDX-License-Identifier: MIT
// Says: this_statement_has_fewer_placeholders_than_arguments
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<int> sql(db::by_engine{.postgresql = "SELECT $1", .sqlite = "SELECT $1", .mysql = "SELECT `$1`"});
