// SPDX-License-Identifier: MIT
// Compiles: or the files beside it might be refused for nothing that they say.
#include <trunkline/db/sql.hpp>

namespace db = trunkline::db;

db::Sql<> none("SELECT 1");
db::Sql<int, int> two("SELECT $2, $1 -- '?");
db::Sql<int> each(db::by_engine{.postgresql = "SELECT $1 ? 'a'", .sqlite = "SELECT '\\', $1"});
