// SPDX-License-Identifier: MIT
// Says: a cursor keeps a connection of its own: open it on a Transaction or a Connection
#include <trunkline/db/pool.hpp>

namespace db = trunkline::db;

void read(db::Pool& pool) { pool.cursor<int>("SELECT 1"); }
