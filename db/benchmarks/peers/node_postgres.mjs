// SPDX-License-Identifier: MIT
// The load of throughput.cpp, through node-postgres.
//
//   node_postgres.mjs URL MODE WORK TASKS CONNECTIONS SECONDS
//
// MODE is ignored: node-postgres prepares nothing unless a query is given a name, and so it is measured.
import pg from "pg";

import { run } from "./load.mjs";

await run(async (endpoint, connections) => {
  const pool = new pg.Pool({ ...endpoint, max: connections });
  return {
    read: async (id) => (await pool.query("SELECT id, name, email FROM bench_rows WHERE id = $1", [id])).rows[0],
    insert: (id, name) => pool.query("INSERT INTO bench_log (row_id, name) VALUES ($1, $2)", [id, name]),
    sleep: () => pool.query("SELECT pg_sleep(0.1)"),
    close: () => pool.end(),
  };
});
