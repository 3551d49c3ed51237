# SPDX-License-Identifier: MIT
"""What this library has set itself, held against what was measured."""
import dataclasses

from .measure import Cell
from .report import amount, duration, ratio

TASKS = 1000
ROWS = [
    ("reads, grouped", "read", "ours-grouped",
     {"asyncpg": 20, "pgx": 4, "postgres.js": 5, "pgbench-pipelined": 0.85}),
    ("reads, own Sync each", "read", "ours-shared", {"asyncpg": 14, "pgx": 2.5, "pgbench-pipelined": 0.55}),
    ("reads through a lease", "read", "ours-lease", {"asyncpg": 5, "pgx": 0.9, "pgbench": 0.9}),
    ("inserts, own Sync each", "insert", "ours-shared", {"asyncpg": 2.5, "pgx": 1.1, "pgbench": 1.1}),
    ("inserts, grouped, durable", "insert", "ours-grouped", {"asyncpg": 18, "pgx": 9, "pgbench-pipelined": 1.1}),
]  # fmt: skip


@dataclasses.dataclass
class Outcome:
    """A line of the table. `kept` is None when it was not measured."""

    row: str
    against: str
    wanted: str
    measured: str
    verdict: str
    kept: bool | None


def judged(row, against, wanted, value, show=ratio, at_most=False):
    """`value` held against `wanted`: a floor, or a ceiling with `at_most`. Either may not have been measured."""
    limit = "–" if wanted is None else ("at most " if at_most else "") + show(wanted)
    if value is None or wanted is None:
        return Outcome(row, against, limit, "–", "not measured", None)
    kept = value <= wanted if at_most else value >= wanted
    if kept:
        return Outcome(row, against, limit, show(value), "kept", True)
    return Outcome(row, against, limit, show(value), f"missed: {by_how_much(value, wanted, at_most)}", False)


def by_how_much(value, wanted, at_most):
    if wanted == 0:
        return "there should be none"
    return f"{value / wanted:.3g} times the limit" if at_most else f"{100 * (1 - value / wanted):.0f} % short"


def rates(samples, socket):
    for row, work, mine, floors in ROWS:
        cell = Cell(socket, work, TASKS)
        for peer, floor in floors.items():
            yield judged(row, peer, floor, samples.ratio(cell, mine, peer))


def tails(samples, socket):
    for row, work, mine, _ in ROWS:
        cell = Cell(socket, work, TASKS)
        median = samples.median(cell, "asyncpg", "p50_us")
        own = samples.median(cell, mine, "p99_us")
        yield judged(f"p99 of {row}", "asyncpg's median", median, own, duration, at_most=True)


def kibibytes(value):
    return f"{amount(value)} KiB"


def beside(extras):
    """The rows that have programs of their own: `extras` holds what those said, by name."""
    names = ("costs", "sqlite", "pgbouncer", "mariadb")
    costs, sqlite, bouncer, mariadb = (extras.get(name) or {} for name in names)
    nanoseconds = costs.get("acquire_release_ns")
    yield judged("acquire and release", "time", 0.5, nanoseconds and nanoseconds / 1000, duration, at_most=True)
    yield judged("acquire and release", "allocations", 0, costs.get("acquire_release_allocations"), amount, at_most=True)
    yield judged("pool.fetch, one task", "connection.fetch", 1.15, costs.get("pool_fetch_ratio"), at_most=True)
    yield judged("an idle connection's memory", "libpq's own", 16, costs.get("idle_kib"), kibibytes, at_most=True)
    for work in ("read", "insert"):
        theirs, own = bouncer.get(f"{work}_asyncpg"), bouncer.get(f"{work}_ours")
        yield judged(f"through PgBouncer / direct, {work}", "asyncpg's same ratio", theirs, own)
    yield judged("SQLite, FULL, 1000 writers", "autocommit", 60, sqlite.get("insert_by_autocommit"))
    yield judged("SQLite, FULL, 1000 writers", "one giant transaction", 0.25, sqlite.get("insert_by_transaction"))
    yield judged("SQLite, pooled read by key", "raw read", 4, sqlite.get("read_by_raw"), at_most=True)
    yield judged("MariaDB, execute_many", "hand-written bulk insert", 0.8, mariadb.get("execute_many_by_bulk"))


def outcomes(samples, sockets, extras):
    """Every target, on the unix socket when it was measured."""
    socket = "unix" if "unix" in sockets else sockets[0]
    return [*rates(samples, socket), *tails(samples, socket), *beside(extras)]
