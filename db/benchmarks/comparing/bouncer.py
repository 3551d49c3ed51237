# SPDX-License-Identifier: MIT
"""A PgBouncer in transaction mode, before a server of ours."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from .peers import Absent
from .server import BINARIES, USER, as_server_user, free_port, server_folder

INSTALLED = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
START_SECONDS_MAX = 20


def unpacked():
    """Debian's program without Debian's service, kept in the cache where the tests of the library keep it, too."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME") or "/tmp", ".cache")
    kept = pathlib.Path(cache, "trunkline", "pgbouncer")
    program = kept / "usr/sbin/pgbouncer"
    if program.exists():
        return program
    with tempfile.TemporaryDirectory() as workshop:
        script = f"apt-get -q download pgbouncer && dpkg -x pgbouncer_*.deb {workshop}/tree"
        if subprocess.run(["sh", "-c", script], cwd=workshop, capture_output=True).returncode != 0:
            raise Absent("not installed", ["pgbouncer"])
        shutil.copytree(f"{workshop}/tree", kept, symlinks=True, dirs_exist_ok=True)
    return program


def program():
    named = os.environ.get("TRUNKLINE_PGBOUNCER")
    return named or next((path for path in INSTALLED if pathlib.Path(path).exists()), None) or unpacked()


class Bouncer:
    def __init__(self, server, connections):
        found = program()
        self.folder = server_folder(server.folder.parent)
        self.port = free_port()
        # A cache may be in a home that the server's user may not enter.
        copy = shutil.copy(found, self.folder / "pgbouncer")
        (self.folder / "pgbouncer.ini").write_text(self._configuration(server, connections))
        with open(self.folder / "log", "w") as log:
            command = as_server_user() + [copy, self.folder / "pgbouncer.ini"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True)
        self._wait_until_ready()

    def _configuration(self, server, connections):
        return f"""[databases]
* = host={server.folder} port={server.port} user={USER}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir = {self.folder}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
logfile =
"""

    def _wait_until_ready(self):
        give_up = time.monotonic() + START_SECONDS_MAX
        asked = [BINARIES / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]
        while subprocess.run(asked).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > give_up:
                said = (self.folder / "log").read_text()
                self.stop()
                raise RuntimeError("PgBouncer does not start: " + said)
            time.sleep(0.02)

    def url(self):
        return f"postgresql://{USER}@/postgres?host={self.folder}&port={self.port}"

    def stop(self):
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()
