# SPDX-License-Identifier: MIT
"""Real PostgreSQL, MariaDB and PgBouncer servers on free ports of this machine. Their empty data folders are made once and
kept in the user's cache, where the tests of the library find them too."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from support.child_process import ChildProcess, TemporaryFolder, answers, cache_folder, free_port, run_program, wait_until

START_SECONDS_MAX = 60


def _kept(name, make, mark):
    """The folder `name` of the cache, made by `make(folder)` the first time. Two that make it at once both succeed."""
    kept = cache_folder() / name
    if (kept / mark).exists():
        return kept
    copy = cache_folder() / f"{name}.{os.getpid()}"
    made = make()
    run_program(["cp", "-a", made, copy])
    try:
        os.rename(copy, kept)
    except OSError:
        shutil.rmtree(copy, ignore_errors=True)
    return kept


class Postgres:
    """A server that can be stopped in the middle of anything and started again on the same port."""

    user = "postgres"

    def __init__(self):
        self.home = TemporaryFolder(self.user)
        self.programs = next((folder for version in range(20, 11, -1)
                              if (folder := pathlib.Path(f"/usr/lib/postgresql/{version}/bin")).exists()), pathlib.Path(""))
        self.port = free_port()
        self.data = self.home.path / "data"
        version = self.programs.parent.name or "path"
        run_program(["cp", "-a", "--reflink=auto", _kept(f"postgres-{version}-1", self._initdb, "PG_VERSION"), self.data])
        (self.data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(f"unix_socket_directories = '{self.home.path}'\nlisten_addresses = '127.0.0.1'\n"
                           f"port = {self.port}\nmax_connections = 100\nshared_buffers = 32MB\nfsync = off\n")

    def _initdb(self):
        self.workshop = TemporaryFolder(self.user)
        made = self.workshop.path / "data"
        run_program([self.programs / "initdb", "-D", made, "-A", "trust", "-U", "postgres", "--no-sync", "--wal-segsize=1",
                     "--encoding=UTF8", "--locale=C"], self.user)
        return made

    def _control(self, *words):
        run_program([self.programs / "pg_ctl", "-D", self.data, "-w", "-t", str(START_SECONDS_MAX), "-l",
                     self.home.path / "log", *words], self.user, folder=self.home.path)

    def start(self):
        self._control("start")

    def stop(self):
        """At once, as if the power went: nobody is told goodbye."""
        self._control("stop", "-m", "immediate")

    def url(self, query=""):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres{query}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if (self.data / "postmaster.pid").exists():
            self.stop()
        self.home.__exit__()


class Pgbouncer:
    """A pooler in transaction mode in front of a PostgreSQL."""

    def __init__(self, behind, connections=5):
        self.home = TemporaryFolder(Postgres.user)
        self.port = free_port()
        program = self.home.path / "pgbouncer"  # a copy: the cache is in a home that the server's user may not enter
        shutil.copy(self._program(), program)
        settings = self.home.path / "pgbouncer.ini"
        settings.write_text(f"[databases]\n* = host=127.0.0.1 port={behind.port} user=postgres\n[pgbouncer]\n"
                            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir = {self.home.path}\n"
                            f"pidfile = {self.home.path}/pid\nauth_type = any\npool_mode = transaction\n"
                            f"default_pool_size = {connections}\nmax_client_conn = 200\nlogfile =\n")
        self.server = ChildProcess([program, settings], self.home.path / "log", Postgres.user)
        wait_until("PgBouncer answers: " + self.server.said(), START_SECONDS_MAX, lambda: answers(self.port))

    @staticmethod
    def _program():
        named = os.environ.get("TRUNKLINE_PGBOUNCER")
        for place in filter(None, [named, "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]):
            if pathlib.Path(place).exists():
                return place
        kept = cache_folder() / "pgbouncer"
        if not (kept / "usr/sbin/pgbouncer").exists():
            with TemporaryFolder() as workshop:
                run_program(["sh", "-c", "apt-get -q download pgbouncer && dpkg -x pgbouncer_*.deb tree"], folder=workshop.path)
                run_program(["cp", "-aT", workshop.path / "tree", kept])
        return kept / "usr/sbin/pgbouncer"

    def url(self, query=""):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres{query}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.end(signal.SIGQUIT)
        self.home.__exit__()


class Mariadb:
    """A server with the table that belongs to another CRM."""

    table = ("CREATE TABLE messages (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id VARCHAR(100) NOT NULL,"
             " username VARCHAR(100) NOT NULL, direction ENUM('in', 'out') NOT NULL, message TEXT NOT NULL,"
             " created_at TIMESTAMP NOT NULL DEFAULT current_timestamp()) DEFAULT CHARSET=utf8mb4")

    def __init__(self):
        names = [entry.pw_name for entry in pwd.getpwall()]
        entry = pwd.getpwnam("mysql" if "mysql" in names else "nobody")
        self.user = (entry.pw_uid, entry.pw_gid)
        self.owner = entry.pw_name if os.geteuid() == 0 else "own"
        self.home = TemporaryFolder(entry.pw_name)
        self.port = free_port()
        self.socket = self.home.path / "socket"
        said = run_program(["mariadbd", "--no-defaults", "--version"]).split()
        version = said[said.index("Ver") + 1].split("-")[0]
        self.data = self.home.path / "data"
        run_program(["cp", "-a", "--reflink=auto", _kept(f"mariadb-{version}-{self.owner}-1", self._install, "mysql"), self.data])
        self._start()
        self.sql("CREATE DATABASE crm; USE crm; " + self.table + "; CREATE USER trunkline@'127.0.0.1' IDENTIFIED BY 'open sesame';"
                 " GRANT SELECT, INSERT ON crm.messages TO trunkline@'127.0.0.1'")

    def _install(self):
        self.workshop = TemporaryFolder(pwd.getpwuid(self.user[0]).pw_name)
        made = self.workshop.path / "data"
        run_program(["mariadb-install-db", "--no-defaults", f"--datadir={made}", "--auth-root-authentication-method=normal",
                     "--skip-test-db", "--innodb-log-file-size=4M"], self.user)
        return made

    def _start(self):
        home = self.home.path
        self.server = ChildProcess(
            ["mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}", f"--pid-file={home}/pid",
             f"--tmpdir={home}", f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin",
             "--performance-schema=OFF", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M",
             "--innodb-flush-log-at-trx-commit=2", "--max-connections=50"], home / "log", self.user)
        try:
            wait_until("MariaDB answers", START_SECONDS_MAX, lambda: answers(self.port, True) and self.socket.exists())
        except TimeoutError as late:
            raise RuntimeError(f"{late}\n{self.server.said()}") from None

    def sql(self, text):
        """The rows of the answer, as lists of texts."""
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                               "--skip-column-names", "--default-character-set=utf8mb4", "--execute=" + text],
                              capture_output=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError("MariaDB refused: " + done.stderr.decode(errors="replace"))
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def settings(self):
        """What turns the program's mirror on."""
        return {"CRM_MYSQL_ENABLED": "true", "CRM_MYSQL_HOST": "127.0.0.1", "CRM_MYSQL_PORT": str(self.port),
                "CRM_MYSQL_USER": "trunkline", "CRM_MYSQL_PASSWORD": "open sesame", "CRM_MYSQL_DATABASE": "crm"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.end(signal.SIGKILL)
        self.home.__exit__()
