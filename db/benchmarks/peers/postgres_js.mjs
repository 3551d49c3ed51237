// SPDX-License-Identifier: MIT
// The load of throughput.cpp, through postgres.js.
//
//   postgres_js.mjs URL MODE WORK TASKS CONNECTIONS SECONDS
//
// MODE is ignored: postgres.js prepares statements and sends those of many callers in one pipeline by itself.
import postgres from "postgres";

import { run } from "./load.mjs";

await run(async (endpoint, connections) => {
  const sql = postgres({ ...endpoint, max: connections });
  return {
    read: async (id) => (await sql`SELECT id, name, email FROM bench_rows WHERE id = ${id}`)[0],
    insert: (id, name) => sql`INSERT INTO bench_log (row_id, name) VALUES (${id}, ${name})`,
    sleep: () => sql`SELECT pg_sleep(0.1)`,
    close: () => sql.end(),
  };
});
