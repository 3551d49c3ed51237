# SPDX-License-Identifier: MIT
"""Who is measured, how each is made ready, and how one run of it is started."""
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing

from . import pgbench
from .server import BINARIES

HERE = pathlib.Path(__file__).resolve().parent.parent
TREE = HERE.parent.parent
PROGRAMS = HERE / "peers"
GO_SOURCES = pathlib.Path("/usr/share/gocode")
READY_SECONDS = 0.1
RUN_SECONDS_MAX = 60


class Absent(Exception):
    """A peer cannot run here: the message says why; `packages` are Debian's names for what is missing."""

    def __init__(self, why, packages=()):
        super().__init__(why)
        self.packages = list(packages)


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    what: str
    mode: str
    prepare: typing.Callable  # prepare(build) -> the command to put before URL MODE WORK …; throws Absent
    parameter: str = ""  # added to the URL
    environment: tuple = ()
    on_request: bool = False  # only with --only or --also


@dataclasses.dataclass
class Ready:
    """A peer whose program is there."""

    peer: Peer
    command: list

    @property
    def name(self):
        return self.peer.name

    def run(self, url, work, tasks, connections, seconds):
        if self.peer.parameter:
            url += ("&" if "?" in url else "?") + self.peer.parameter
        if self.command is None:
            return pgbench.run(url, self.peer.mode, work, tasks, connections, seconds)
        arguments = [url, self.peer.mode, work, str(tasks), str(connections), str(seconds)]
        return last_json(self.command + arguments, dict(self.peer.environment))


def last_json(command, environment=None):
    """Runs a program and reads the JSON of its last line."""
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, env={**os.environ, **(environment or {})}
    )
    if ran.returncode != 0:
        raise RuntimeError(reason(ran))
    return json.loads(ran.stdout.strip().splitlines()[-1])


def reason(ran):
    """The line of a failed program's output that most likely says why."""
    lines = [line.strip() for line in (ran.stderr + ran.stdout).splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "what()" in line]
    return (telling or lines or [f"it ended with {ran.returncode}"])[-1]


def needs(programs):
    """Throws Absent unless all of `programs`, {program: Debian's package}, are found."""
    packages = sorted({package for program, package in programs.items() if not shutil.which(program)})
    if packages:
        raise Absent("not installed", packages)


def checked(command, why, **options):
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if ran.returncode != 0:
        raise Absent(f"{why}: {reason(ran)}")


@functools.lru_cache(maxsize=None)
def built(build, target):
    """The path of a C++ program of ours, brought up to date."""
    needs({"cmake": "cmake", "ninja": "ninja-build"})
    if not (build / "build.ninja").exists():
        checked(["cmake", "--preset", "release", "-B", build], "cmake fails", cwd=TREE)
    print(f"building {target}", file=sys.stderr)
    checked(["ninja", "-C", build, target], "it does not build", cwd=TREE)
    return build / "bin" / target


def ours(build, mode):
    program = built(build, "db_throughput")
    usage = subprocess.run([program], capture_output=True, text=True).stderr
    if mode not in usage:
        raise Absent(f"db_throughput does not know the mode `{mode}`")
    return [str(program)]


@functools.lru_cache(maxsize=None)
def python_with(module, package):
    """An interpreter that finds the module: this one, or Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
            return python
    raise Absent("not installed", [package])


def asyncpg(_build, uvloop=False):
    python = python_with("asyncpg", "python3-asyncpg")
    if uvloop and subprocess.run([python, "-c", "import uvloop"], capture_output=True).returncode != 0:
        raise Absent("not installed", ["python3-uvloop"])
    return [python, str(PROGRAMS / "asyncpg_load.py")]


def pgx(build):
    missing = [] if shutil.which("go") else ["golang-go"]
    if not (GO_SOURCES / "src/github.com/jackc/pgx/v4").exists():
        missing.append("golang-github-jackc-pgx-v4-dev")
    if missing:
        raise Absent("not installed", missing)
    program = build / "bin" / "pgx_load"
    program.parent.mkdir(parents=True, exist_ok=True)
    own = subprocess.run(["go", "env", "GOPATH"], capture_output=True, text=True).stdout.strip()
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": f"{own}:{GO_SOURCES}"}
    checked(["go", "build", "-o", program, PROGRAMS / "pgx_load.go"], "it does not build", env=environment)
    return [str(program)]


def node(_build, file):
    needs({"node": "nodejs", "npm": "npm"})
    lock, installed = PROGRAMS / "package-lock.json", PROGRAMS / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        checked(["npm", "ci"], "npm ci fails", cwd=PROGRAMS)
    return ["node", str(PROGRAMS / file)]


def no_program(_build):
    if not (BINARIES / "pgbench").exists():
        raise Absent("not installed", ["postgresql-15"])
    return None


PEERS = [
    Peer("ours-lease", "one acquire() for each statement", "lease", functools.partial(ours, mode="lease")),
    Peer("ours-shared", "the pool's helpers", "pool", functools.partial(ours, mode="pool")),
    Peer("ours-grouped", "the pool's helpers, grouped under one Sync", "grouped", functools.partial(ours, mode="grouped")),
    Peer("asyncpg", "its pool, as it comes", "plain", asyncpg),
    Peer("asyncpg-no-reset", "its pool, without the reset query", "no-reset", asyncpg),
    Peer("pgx", "pgxpool of pgx v4", "plain", pgx),
    Peer("postgres.js", "postgres(…), as it comes", "plain", functools.partial(node, file="postgres_js.mjs")),
    Peer("node-postgres", "pg.Pool, as it comes: nothing prepared", "plain",
         functools.partial(node, file="node_postgres.mjs")),
    Peer("pgbench", "prepared, one statement at a time on each connection", "prepared", no_program),
    Peer("pgbench-pipelined", "prepared, up to 50 statements under one Sync on each of 4 connections", "pipelined",
         no_program),
    Peer("asyncpg-uvloop", "its pool on uvloop", "plain", functools.partial(asyncpg, uvloop=True), "",
         (("TRUNKLINE_UVLOOP", "1"),), True),
    Peer("asyncpg-no-reset-uvloop", "its pool on uvloop, without the reset query", "no-reset",
         functools.partial(asyncpg, uvloop=True), "", (("TRUNKLINE_UVLOOP", "1"),), True),
]  # fmt: skip


def chosen(only, also):
    """The peers that the command line asks for: `only` holds names, or the first part of several names."""
    names = [peer.name for peer in PEERS]
    if not only:
        return [peer for peer in PEERS if not peer.on_request or (also and "uvloop" in also and "uvloop" in peer.name)]
    wanted = set()
    for word in only:
        found = [word] if word in names else [name for name in names if name.startswith(word + "-")]
        if not found:
            raise SystemExit(f"compare: no peer is called {word}; there are: {', '.join(names)}")
        wanted.update(found)
    return [peer for peer in PEERS if peer.name in wanted]


def made_ready(peers, build, url):
    """The peers that can run here, each tried once, and {name: why not} for the others, with the packages missing."""
    ready, skipped, packages = [], {}, set()
    for peer in peers:
        try:
            candidate = Ready(peer, peer.prepare(build))
            candidate.run(url, "read", 1, 1, READY_SECONDS if candidate.command is not None else 0.5)
            ready.append(candidate)
        except Absent as absent:
            skipped[peer.name] = str(absent)
            packages.update(absent.packages)
        except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as failure:
            skipped[peer.name] = f"does not run: {failure}"
    return ready, skipped, sorted(packages)
