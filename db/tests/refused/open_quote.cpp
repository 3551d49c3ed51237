// SPDX-License-Identifier: MIT
// Says: this_statement_ends_inside_a_quote_or_comment
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<> sql("SELECT 'it");
