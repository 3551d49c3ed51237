// SPDX-License-Identifier: MIT
// Says: constant expression
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

void run(const char* text) { db::Sql<> sql(text); }
