# SPDX-License-Identifier: MIT
"""The program itself, and the people who use it over HTTP."""
import http.client
import json
import os
import pathlib
import re
import signal
import uuid

from support.child_process import ChildProcess, TemporaryFolder, free_port, wait_until

PASSWORD = "Quiet-Harbour-7"
# A build with sanitizers on a busy machine takes its time.
START_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 60
STOP_SECONDS_MAX = 8  # less than the ten seconds for which it would wait for somebody


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def kind(self):
        return self.headers.get("content-type", "").split(";")[0]

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.kind} {self.body[:300].decode(errors='replace')}"


class Trunkline:
    """A running Trunkline with a folder of its own. It keeps folder and port when it is started again."""

    def __init__(self, build, settings=None):
        self.program = pathlib.Path(build).resolve() / "bin" / "trunkline"
        self.home = TemporaryFolder()
        self.port = free_port()
        ours = ("TRUNKLINE_", "CRM_MYSQL_", "DATABASE_", "DB_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment |= {"TRUNKLINE_LISTEN": f"127.0.0.1:{self.port}", "TRUNKLINE_REGISTRATION": "open",
                             "TRUNKLINE_DATA_DIR": str(self.home.path / "data"), **(settings or {})}
        self.child = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, until="/readyz"):
        """Starts it and waits until that address answers 200."""
        self.child = ChildProcess([self.program], self.home.path / "log", environment=self.environment, folder=self.home.path)
        if until:
            try:
                wait_until(f"{until} answers 200", START_SECONDS_MAX, lambda: self._serves(until), every=0.01)
            except TimeoutError as late:
                raise RuntimeError(f"{late}; the program said:\n{self.child.said()[-4000:]}") from None
        return self

    def _serves(self, path):
        if not self.child.running():
            raise RuntimeError("the program ended by itself:\n" + self.child.said()[-4000:])
        try:
            return self.anybody("GET", path).status == 200
        except OSError:
            return False

    def kill(self):
        self.child.end(signal.SIGKILL)

    def stop(self):
        """Asks it to end, as an operator does. Answers its exit code; None when it took too long and was killed."""
        return self.child.end(signal.SIGTERM, STOP_SECONDS_MAX)

    def said(self):
        return self.child.said() if self.child else ""

    def setup_code(self):
        return wait_until("the set-up link is in the log", START_SECONDS_MAX,
                          lambda: re.findall(r"/setup#code=([\w-]+)", self.said()))[-1]

    def nobody(self):
        """Somebody who is not signed in."""
        return Person(self)

    def anybody(self, method, path, body=None, **more):
        return self.nobody().ask(method, path, body, **more)

    def administrator(self):
        person = Person(self, "Ada Admin", "ada@crm.example.test")
        person.come_in("/api/v1/setup", {"code": self.setup_code()})
        return person

    def customer(self, name):
        person = Person(self, name, f"{name.lower()}@crm.example.test")
        person.come_in("/api/v1/auth/register")
        return person

    def returning(self, name, email):
        """Somebody who has been here before signs in."""
        person = Person(self, name, email)
        answer = person.ask("POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD})
        if answer.status != 200:
            raise RuntimeError(f"signing in: {answer}")
        person.me = answer.json()
        return person

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child:
            self.child.end(signal.SIGKILL)
        self.home.__exit__()


class Person:
    """Somebody with a browser's manners: a cookie when signed in, one kept connection, the origin said."""

    def __init__(self, server, name="Nobody", email=None):
        self.server, self.name, self.email = server, name, email
        self.cookie = None
        self.line = None
        self.me = None

    def come_in(self, path, more=None):
        answer = self.ask("POST", path, {"name": self.name, "email": self.email, "password": PASSWORD, **(more or {})})
        if answer.status != 201:
            raise RuntimeError(f"{path}: {answer}")
        self.me = self.ask("GET", "/api/v1/auth/me").json()

    def ask(self, method, path, body=None, key=None, raw=None):
        """One request, one answer. Raises OSError when there is none: whether it was done is unknown then."""
        headers = {"Origin": self.server.url}
        if method not in ("GET", "HEAD"):
            headers["Content-Type"] = "application/json"
            raw = raw if raw is not None else json.dumps({} if body is None else body).encode()
        if self.cookie:
            headers["Cookie"] = self.cookie
        if key:
            headers["Idempotency-Key"] = key
        try:
            return self._exchange(method, path, raw, headers)
        except (http.client.HTTPException, OSError) as failure:
            self.hang_up()
            raise ConnectionError(f"{method} {path}: {failure!r}") from failure

    def _exchange(self, method, path, raw, headers):
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=ANSWER_SECONDS_MAX)
        self.line.request(method, path, raw, headers)
        response = self.line.getresponse()
        body = response.read()
        names = {name.lower(): value for name, value in response.getheaders()}
        cookie = re.match(r"(__Host-trunkline=[^;]+)", names.get("set-cookie", ""))
        if cookie:
            self.cookie = cookie.group(1)
        if response.will_close:
            self.hang_up()
        return Answer(response.status, names, body)

    def hang_up(self):
        if self.line:
            self.line.close()
        self.line = None

    def new_conversation(self, title=None):
        answer = self.ask("POST", "/api/v1/conversations", {"title": title} if title else {}, key=str(uuid.uuid4()))
        if answer.status != 201:
            raise RuntimeError(f"no conversation: {answer}")
        return answer.json()["id"]

    def messages(self, conversation):
        """All of them, in the order of seq."""
        items, path = [], f"/api/v1/conversations/{conversation}/messages?limit=200"
        page = self.page(path)
        while page["items"]:
            items = page["items"] + items
            if page["next"] is None:
                break
            page = self.page(f"{path}&before={page['next']}")
        return items

    def page(self, path):
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer}")
        return answer.json()
