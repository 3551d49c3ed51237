# SPDX-License-Identifier: MIT
"""pgbench as a peer: no pool and no program around it, so it is what the server can give to a client that does nothing.

Its rate, median and 99th percentile come from its log of transactions, after the same warm-up as the others."""
import math
import pathlib
import resource
import subprocess
import tempfile

from .server import BINARIES, ROWS

WARM_SECONDS = 0.3
PIPELINE_DEPTH_MAX = 50
PIPELINE_CONNECTIONS_MAX = 4
STATEMENTS = {
    "read": f"\\set id random(1, {ROWS})\nSELECT id, name, email FROM bench_rows WHERE id = :id;\n",
    "insert": f"\\set id random(1, {ROWS})\nINSERT INTO bench_log (row_id, name) VALUES (:id, :name);\n",
}


def script(work, depth):
    if depth == 1:
        return STATEMENTS[work]
    return "\\startpipeline\n" + STATEMENTS[work] * depth + "\\endpipeline\n"


def shape(mode, tasks, connections):
    """How many clients, and how many statements each has under way: their product is the tasks, as far as it goes."""
    if mode == "prepared":
        return min(tasks, connections), 1
    clients = min(tasks, PIPELINE_CONNECTIONS_MAX, connections)
    return clients, min(PIPELINE_DEPTH_MAX, math.ceil(tasks / clients))


def window(lines):
    """(end, microseconds) of each transaction, from lines `client number microseconds script seconds microseconds`."""
    for line in lines:
        fields = line.split()
        yield int(fields[4]) + int(fields[5]) / 1e6, int(fields[2])


def summary(ended, depth, cpu_seconds):
    """What the other peers print, from the transactions that began after the warm-up."""
    first = min(at - took / 1e6 for at, took in ended) + WARM_SECONDS
    kept = sorted(took for at, took in ended if at - took / 1e6 >= first)
    seconds = max(at for at, _ in ended) - first
    if not kept or seconds <= 0:
        raise RuntimeError("pgbench ran for too short a time to tell")
    return {
        "per_second": int(len(kept) * depth / seconds),
        "p50_us": kept[int(0.5 * (len(kept) - 1))],
        "p99_us": kept[int(0.99 * (len(kept) - 1))],
        "max_us": kept[-1],
        "client_cpu_us": cpu_seconds * 1e6 / (len(ended) * depth),
    }


def run(url, mode, work, tasks, connections, seconds):
    if work not in STATEMENTS:
        raise RuntimeError(f"pgbench has no work `{work}`")
    clients, depth = shape(mode, tasks, connections)
    with tempfile.TemporaryDirectory(prefix="trunkline-pgbench-") as folder:
        file = pathlib.Path(folder, "script.sql")
        file.write_text(script(work, depth))
        command = [BINARIES / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-f", file]
        command += ["-T", str(math.ceil(WARM_SECONDS + seconds)), "-D", "name=name 5000"]
        command += ["-l", f"--log-prefix={folder}/log", url]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if ran.returncode != 0:
            raise RuntimeError(ran.stderr.strip())
        logs = "".join(file.read_text() for file in pathlib.Path(folder).glob("log.*")).splitlines()
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return summary(list(window(logs)), depth, cpu)
