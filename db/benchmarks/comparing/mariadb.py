# SPDX-License-Identifier: MIT
"""A MariaDB of our own: durable, on a socket in its folder, stopped by its process id."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

from .peers import Absent

START_SECONDS_MAX = 60
PACKAGES = ["mariadb-server-core", "mariadb-client-core"]


def server_user():
    """Who the server runs as when we are root, which it refuses to be."""
    for name in ("mysql", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Absent("there is neither a user mysql nor a user nobody", [])


def as_server_user():
    if os.geteuid() != 0:
        return []
    user = server_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class Mariadb:
    def __init__(self, parent=None):
        for program in ("mariadbd", "mariadb-install-db", "mariadb"):
            if not shutil.which(program):
                raise Absent("MariaDB is not there", PACKAGES)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trunkline-mariadb-", dir=parent))
        self.folder.chmod(0o755)
        self._process = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, server_user().pw_uid, server_user().pw_gid)
        try:
            self._start()
            self.sql("CREATE DATABASE bench")
        except BaseException:
            self.stop()
            raise

    def _start(self):
        data = self.folder / "data"
        made = subprocess.run(
            as_server_user()
            + ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
            + ["--auth-root-authentication-method=normal"],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise RuntimeError(f"mariadb-install-db fails: {made.stderr.strip()}")
        settings = {
            "datadir": data,
            "socket": self.folder / "socket",
            "pid-file": self.folder / "pid",
            "tmpdir": self.folder,
            "innodb-flush-log-at-trx-commit": 1,
            "innodb-buffer-pool-size": "256M",
        }
        command = ["mariadbd", "--no-defaults", "--skip-networking", "--skip-log-bin"]
        command += [f"--{name}={value}" for name, value in settings.items()]
        with open(self.folder / "log", "w") as log:
            self._process = subprocess.Popen(as_server_user() + command, stdout=log, stderr=log, start_new_session=True)
        give_up = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                return self.sql("SELECT 1")
            except RuntimeError:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError("MariaDB does not start: " + (self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def url(self):
        return f"mysql://root@/bench?socket={self.folder}/socket"

    def sql(self, text):
        command = ["mariadb", "--no-defaults", f"--socket={self.folder}/socket", "--user=root", "--batch"]
        asked = subprocess.run([*command, "--skip-column-names", f"--execute={text}"], capture_output=True, text=True)
        if asked.returncode != 0:
            raise RuntimeError(f"MariaDB refused: {asked.stderr.strip()}")
        return asked.stdout.strip()

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()
