# SPDX-License-Identifier: MIT
"""What is measured beside the table: the cost of a lease, SQLite, PgBouncer, MariaDB. Each with its own sides, in turns."""
import statistics
import subprocess
import sys
import tempfile

from . import peers
from .bouncer import Bouncer
from .mariadb import Mariadb
from .peers import Absent, last_json

TASKS = 1000
COSTS_SECONDS = 2
BULK_ROWS = 1000
MARIADB = ["bulk", "pool", "values", "single"]
SQLITE = [("raw", 1), ("transaction", 1), ("pool", TASKS)]


def costs(options, server):
    """acquire() alone, the pool's fetch beside a connection's, an idle connection's memory."""
    program = peers.built(options.build, "db_lease_cost")
    return last_json([str(program), server.url("unix"), str(COSTS_SECONDS)])


def sqlite(options, _server):
    program = peers.built(options.build, "db_sqlite_load")
    rates = {(work, mode): [] for work in ("insert", "read") for mode, _ in SQLITE}
    for _ in range(options.rounds):
        for work in ("insert", "read"):
            for mode, tasks in SQLITE:
                # A file of its own each time, so that none is longer than another's.
                with tempfile.TemporaryDirectory(prefix="trunkline-sqlite-", dir=options.folder) as folder:
                    command = [str(program), folder, mode, work, str(tasks), str(options.seconds)]
                    rates[work, mode].append(last_json(command)["per_second"])
    found = {"_".join(key) + "_per_second": statistics.median(values) for key, values in rates.items()}
    found["insert_by_autocommit"] = ratio(rates["insert", "pool"], rates["insert", "raw"])
    found["insert_by_transaction"] = ratio(rates["insert", "pool"], rates["insert", "transaction"])
    found["read_by_raw"] = ratio(rates["read", "raw"], rates["read", "pool"])
    return found


def ratio(ones, others):
    return statistics.median(one / other for one, other in zip(ones, others))


def pgbouncer(options, server):
    """Both sides without named statements, directly and through the proxy: what it takes from each of them."""
    sides = {
        "ours": [*peers.ours(options.build, "pool")],
        "asyncpg": peers.asyncpg(options.build),
    }
    modes = {"ours": "pool", "asyncpg": "no-cache"}
    with Bouncer(server, options.connections) as bouncer:
        urls = {"direct": server.url("unix"), "through": bouncer.url()}
        rates = {(work, side, way): [] for work in ("read", "insert") for side in sides for way in urls}
        for _ in range(options.rounds):
            for work, side, way in rates:
                server.sql("TRUNCATE bench_log RESTART IDENTITY; CHECKPOINT;")
                url = urls[way] + ("&no_prepare=true" if side == "ours" else "")
                arguments = [url, modes[side], work, str(TASKS), str(options.connections), str(options.seconds)]
                rates[work, side, way].append(last_json(sides[side] + arguments)["per_second"])
    found = {"_".join(key) + "_per_second": statistics.median(values) for key, values in rates.items()}
    for work in ("read", "insert"):
        for side in sides:
            found[f"{work}_{side}"] = ratio(rates[work, side, "through"], rates[work, side, "direct"])
    return found


def mariadb(options, _server):
    """`execute_many` beside a bulk, a text of many rows and single rows, each written by hand; BULK_ROWS at a time."""
    program = peers.built(options.build, "db_mysql_load")
    rates = {mode: [] for mode in MARIADB}
    with Mariadb(options.folder) as server:
        for _ in range(options.rounds):
            for mode in MARIADB:
                command = [str(program), server.url(), mode, str(BULK_ROWS), str(options.seconds)]
                rates[mode].append(last_json(command)["per_second"])
    found = {f"{mode}_rows_per_second": statistics.median(values) for mode, values in rates.items()}
    found["execute_many_by_bulk"] = ratio(rates["pool"], rates["bulk"])
    found["execute_many_by_values"] = ratio(rates["pool"], rates["values"])
    return found


MEASURES = {"costs": costs, "sqlite": sqlite, "pgbouncer": pgbouncer, "mariadb": mariadb}


def measured(options, server):
    """What was asked for of MEASURES, by name; and why not, of those that could not be."""
    found, excuses = {}, {}
    for name, measure in MEASURES.items():
        if name not in options.also:
            continue
        print(f"measuring {name}", file=sys.stderr)
        try:
            found[name] = measure(options, server)
        except Absent as absent:
            advice = f": apt-get install {' '.join(absent.packages)}" if absent.packages else ""
            excuses[name] = f"{absent}{advice}"
        except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as failure:
            excuses[name] = f"does not run: {failure}"
    return found, excuses
