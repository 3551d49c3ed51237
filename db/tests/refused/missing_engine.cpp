// SPDX-License-Identifier: MIT
// Says: this_statement_is_missing_for_an_engine
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<> sql(db::by_engine{.postgresql = "SELECT 1"});
