# SPDX-License-Identifier: MIT
"""The tables."""

WORKS = {"read": "reads by key", "insert": "inserts", "mixed": "reads by key, beside 5 % that take 100 ms"}
SOCKETS = {"unix": "unix socket", "tcp": "TCP on loopback"}


def amount(value, digits=3):
    """A number as one reads it: 1234567 is 1.23 M."""
    if value is None:
        return "–"
    for limit, unit in ((1e6, " M"), (1e3, " k")):
        if value >= limit:
            return f"{value / limit:.{digits}g}{unit}" if value < 1000 * limit else f"{value / limit:.0f}{unit}"
    return f"{value:.{digits}g}"


def duration(microseconds):
    """A time as one reads it: 1234 µs are 1.23 ms."""
    if microseconds is None:
        return "–"
    for limit, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= limit:
            return f"{microseconds / limit:.3g} {unit}"
    return f"{microseconds:.3g} µs"


def ratio(value):
    return "–" if value is None else f"{value:.3g} ×"


def table(header, rows, left=(0,)):
    """Columns that stand under one another, the numbers to the right; `left` are the columns of words."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row):
        cells = [cell.ljust(widths[i]) if i in left else cell.rjust(widths[i]) for i, cell in enumerate(row)]
        return "  ".join(cells).rstrip()

    return "\n".join([line(header), "  ".join("-" * width for width in widths), *map(line, rows)])


def cell_table(samples, cell, connections):
    """One cell: every peer a line, and how many times as much each of our ways does in the same rounds."""
    ours = [name for name in samples.peers if name.startswith("ours-")]
    header = ["", "per second", "min–max", "p50", "p99", "max", "client CPU", "server CPU"]
    header += [name.removeprefix("ours-") + " / it" for name in ours]
    rows = [peer_row(samples, cell, name, ours) for name in samples.peers]
    tasks = "1 task" if cell.tasks == 1 else f"{cell.tasks} tasks"
    title = f"{WORKS[cell.work]}, {tasks}, at most {connections} connections, {SOCKETS[cell.socket]}"
    return f"{title}\n{table(header, rows)}"


def peer_row(samples, cell, name, ours):
    spread = samples.spread(cell, name, "per_second")
    row = [name, amount(samples.median(cell, name, "per_second"))]
    row.append("–" if spread is None else f"{amount(spread[0])}–{amount(spread[1])}")
    for field in ("p50_us", "p99_us", "max_us", "client_cpu_us", "server_cpu_us"):
        row.append(duration(samples.median(cell, name, field)))
    return row + [ratio(samples.ratio(cell, own, name)) for own in ours]


def targets_table(results):
    header = ["target", "against", "at least", "measured", ""]
    rows = [[result.row, result.against, result.wanted, result.measured, result.verdict] for result in results]
    return table(header, rows, left=(0, 1, 4))
