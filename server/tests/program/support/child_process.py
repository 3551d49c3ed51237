# SPDX-License-Identifier: MIT
"""Programs started by a check: in a folder of their own, ended by their pid whatever happens, waited for with a bound."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def wait_until(what, seconds, condition, every=0.02):
    """Polls `condition` until it answers something true, which is returned. Raises TimeoutError that says `what`."""
    give_up = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > give_up:
            raise TimeoutError(f"after {seconds} s still not: {what}")
        time.sleep(every)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port, speaks_first=False):
    """Whether somebody listens on that port of this machine; of some protocols the server has the first word."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            return line.recv(1) != b"" if speaks_first else True
    except OSError:
        return False


def cache_folder():
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "trunkline"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class TemporaryFolder:
    """A folder that goes when its `with` ends; `keep` leaves it for somebody who wants to look."""

    def __init__(self, owner=None):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="trunkline-"))
        if owner and os.geteuid() == 0:
            shutil.chown(self.path, owner)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class ChildProcess:
    """A running program. It dies with its parent, also when that is killed."""

    def __init__(self, arguments, log, user=None, environment=None, folder=None):
        self.log = pathlib.Path(log)
        privileges = ["setpriv", "--pdeathsig", "KILL"]
        if user and os.geteuid() == 0:
            # By name with its own groups, or (uid, gid) of somebody who has none.
            who = ([f"--reuid={user}", f"--regid={user}", "--init-groups"] if isinstance(user, str)
                   else [f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups"])
            privileges[1:1] = who
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([*privileges, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, env=environment, cwd=folder)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def exit_code(self):
        """None while it runs."""
        return self.process.poll()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self, number=signal.SIGTERM, seconds=30):
        """Sends the signal and waits; kills it when that takes too long. Answers the exit code, None when it had to be killed."""
        if self.running():
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            return None

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def run_program(arguments, user=None, folder=None):
    """Runs a program to its end; raises RuntimeError with what it said when it fails."""
    with TemporaryFolder() as place:
        child = ChildProcess(arguments, place.path / "log", user, folder=folder)
        try:
            code = child.process.wait(120)
        except subprocess.TimeoutExpired:
            code = child.end(signal.SIGKILL)
        if code != 0:
            raise RuntimeError(f"{arguments[0]} failed ({code}): {child.said()}")
        return child.said()
