# SPDX-License-Identifier: MIT
"""The load of throughput.cpp, through asyncpg's pool.

  asyncpg_load.py URL MODE WORK TASKS CONNECTIONS SECONDS

MODE  plain      the pool as it comes
      no-reset   without the query that it sends when a connection is given back
      no-cache   without prepared statements: statement_cache_size=0
With TRUNKLINE_UVLOOP in the environment the loop is uvloop's. Ends with one line of JSON.
"""
import asyncio
import json
import os
import random
import sys
import time

import asyncpg

ROWS = 10_000
WARM_SECONDS = 0.3
READ = "SELECT id, name, email FROM bench_rows WHERE id = $1"
SLEEP = "SELECT pg_sleep(0.1)"
SLEEPS_OF_MIXED = 0.05  # and they are not counted
INSERT = "INSERT INTO bench_log (row_id, name) VALUES ($1, $2)"


class WithoutReset(asyncpg.Connection):
    # The pool asks for the text here, and sends nothing when there is none.
    def _get_reset_query(self):
        return ""


async def read(pool, row_id):
    row = await pool.fetchrow(READ, row_id)
    if row["id"] != row_id:
        raise RuntimeError("another's row")


async def insert(pool, row_id):
    await pool.execute(INSERT, row_id, f"name {row_id}")


async def task(one, pool, sleeps, window, microseconds):
    begin, end = window
    began = time.perf_counter()
    while began < end:
        if random.random() < sleeps:
            await pool.fetchval(SLEEP)
            began = time.perf_counter()
            continue
        await one(pool, 1 + int(random.random() * ROWS))
        ended = time.perf_counter()
        if began >= begin:
            microseconds.append((ended - began) * 1e6)
        began = ended


async def cpu_between(window):
    begin, end = window
    await asyncio.sleep(begin - time.perf_counter())
    first = time.process_time()
    await asyncio.sleep(end - time.perf_counter())
    return time.process_time() - first


def summary(microseconds, seconds, cpu):
    microseconds.sort()
    count = len(microseconds)

    def at(part):
        return int(microseconds[int(part * (count - 1))]) if count else 0

    return {
        "per_second": int(count / seconds),
        "p50_us": at(0.5),
        "p99_us": at(0.99),
        "max_us": at(1),
        "client_cpu_us": cpu * 1e6 / count if count else 0,
    }


async def main(url, mode, work, tasks, connections, seconds):
    options = {"no-reset": {"connection_class": WithoutReset}, "no-cache": {"statement_cache_size": 0}}.get(mode, {})
    pool = await asyncpg.create_pool(url, min_size=min(5, connections), max_size=connections, **options)
    window = (time.perf_counter() + WARM_SECONDS, time.perf_counter() + WARM_SECONDS + seconds)
    one = insert if work == "insert" else read
    sleeps = SLEEPS_OF_MIXED if work == "mixed" else 0
    microseconds = []
    cpu, *_ = await asyncio.gather(
        cpu_between(window), *(task(one, pool, sleeps, window, microseconds) for _ in range(tasks))
    )
    await pool.close()
    print(json.dumps(summary(microseconds, seconds, cpu)))


if len(sys.argv) != 7:
    sys.exit("usage: asyncpg_load.py URL plain|no-reset|no-cache read|insert|mixed TASKS CONNECTIONS SECONDS")
if "TRUNKLINE_UVLOOP" in os.environ:
    import uvloop

    uvloop.install()
asyncio.run(main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])))
