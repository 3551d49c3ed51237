# SPDX-License-Identifier: MIT
"""A PostgreSQL 15 of our own: durable, on loopback and a socket in its folder, stopped by its process id."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
ROWS = 10_000
START_SECONDS_MAX = 30
TABLES = f"""
CREATE TABLE bench_rows (id bigint PRIMARY KEY, name text, email text);
INSERT INTO bench_rows SELECT i, 'name ' || i, 'name' || i || '@crm.example.test' FROM generate_series(1, {ROWS}) i;
CREATE TABLE bench_log (id bigserial PRIMARY KEY, row_id bigint, name text);
VACUUM ANALYZE bench_rows;
"""
# What counts the statements of a work from the server's side.
COUNTERS = {
    "read": "SELECT coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'bench_rows';",
    "mixed": "SELECT coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'bench_rows';",
    "insert": "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'bench_log';",
}
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    # It would start in the middle of somebody's round.
    "autovacuum": "off",
}


def as_server_user():
    """What goes before a command so that it does not run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def server_folder(parent):
    """A new folder that the server owns and everybody may enter, for the socket."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trunkline-compare-", dir=parent))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    return folder


def _stat_seconds(process):
    try:
        text = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0, 0.0
    fields = text[text.rindex(")") + 2 :].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, (int(fields[13]) + int(fields[14])) / ticks


class Server:
    def __init__(self, parent=None):
        self.folder = server_folder(parent)
        self.port = free_port()
        self._postgres = self._psql = None
        try:
            self._start()
            self._psql = subprocess.Popen(
                [BINARIES / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url("unix")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self.sql(TABLES)
        except BaseException:
            self.stop()
            raise

    def _start(self):
        data = self.folder / "data"
        command = [BINARIES / "initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(as_server_user() + command, capture_output=True, text=True, cwd="/")
        if made.returncode != 0:
            raise RuntimeError(f"initdb fails: {made.stderr.strip()}")
        settings = {**SETTINGS, "port": self.port, "unix_socket_directories": self.folder}
        command = [BINARIES / "postgres", "-D", data] + [f"--{name}={value}" for name, value in settings.items()]
        with open(self.folder / "log", "w") as log:
            # A group of its own: Ctrl-C is for us, and the server is stopped when the table is printed.
            self._postgres = subprocess.Popen(
                as_server_user() + command, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        self._wait_until_ready()

    def _wait_until_ready(self):
        give_up = time.monotonic() + START_SECONDS_MAX
        asked = [BINARIES / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]
        while subprocess.run(asked).returncode != 0:
            if self._postgres.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("PostgreSQL does not start: " + (self.folder / "log").read_text())
            time.sleep(0.02)

    def url(self, socket_kind):
        """Where clients find it, over the `unix` socket or `tcp`."""
        if socket_kind == "unix":
            return f"postgresql://{USER}@/postgres?host={self.folder}&port={self.port}"
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def sql(self, text):
        """Runs statements, and answers what they print."""
        self._psql.stdin.write(text + "\n\\echo ----\n")
        self._psql.stdin.flush()
        lines = []
        while (line := self._psql.stdout.readline()) != "----\n":
            if not line:
                raise RuntimeError(f"psql ended at: {text}")
            lines.append(line.rstrip("\n"))
        return "\n".join(lines)

    def wait_until_alone(self, seconds_max=10):
        """Until the backends of the last client are gone: only then have they told what they counted."""
        give_up = time.monotonic() + seconds_max
        others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        others += " AND pid <> pg_backend_pid();"
        while self.sql(others) != "0":
            if time.monotonic() > give_up:
                raise RuntimeError("a client does not leave the server")
            time.sleep(0.01)

    def statements(self, work):
        """How many statements of this work the server has run."""
        return int(self.sql(COUNTERS[work]) or 0)

    def cpu_seconds(self):
        """What the server and all its processes have used, the ended ones included."""
        main = self._postgres.pid
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return sum(_stat_seconds(main)) + sum(_stat_seconds(child)[0] for child in children)

    def version(self):
        return self.sql("SHOW server_version;")

    def stop(self):
        if self._psql is not None:
            self._psql.stdin.close()
            self._psql.wait()
            self._psql = None
        if self._postgres is not None:
            # Fast shutdown: setpriv has become the server, the id is its own.
            os.kill(self._postgres.pid, signal.SIGINT)
            try:
                self._postgres.wait(20)
            except subprocess.TimeoutExpired:
                os.kill(self._postgres.pid, signal.SIGQUIT)
                self._postgres.wait()
            self._postgres = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()
