#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two hundred answers of a slow model stream to their readers over one database connection, and the dashboard opens.

usage: streams_check.py BUILD_DIR          SCREENSHOTS=… keeps what was seen
"""
import asyncio
import json
import os
import re
import subprocess
import threading
import uuid

from support.check_report import expect, main
from support.child_process import wait_until
from support.database_servers import Postgres
from support.slow_provider import SlowProvider
from support.trunkline_program import Trunkline
from support.web_client import WEB, why_no_browser

PEOPLE = 5
STREAMS_EACH = 40
STREAMS = PEOPLE * STREAMS_EACH
SECONDS_MAX = 60
DASHBOARD_SECONDS_MAX = 120  # Chromium's own start included


def ask(person, number):
    conversation = person.new_conversation(f"Conversation {number}")
    question = {"conversation_id": conversation, "content": f"Question {number}", "agent_type": "model"}
    sent = person.ask("POST", "/api/v1/chat/send", question, key=str(uuid.uuid4()))
    expect(sent.status == 202, sent)
    return sent.json()["run"]["id"]


class Readers:
    """One HTTP connection a run, each reading its events to the end, all in one thread."""

    def __init__(self, server, runs):
        self.pieces = {run: 0 for _, run in runs}
        self.ended = {}
        self.thread = threading.Thread(target=lambda: asyncio.run(self._read_all(server, runs)), daemon=True)
        self.thread.start()

    async def _read_all(self, server, runs):
        await asyncio.gather(*(self._read(server, person, run) for person, run in runs))

    async def _read(self, server, person, run):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET /api/v1/chat/runs/{run}/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                         f"Cookie: {person.cookie}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            if b" 200 " not in status:
                raise RuntimeError(status.decode())
            last = "nothing"
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    last = line[7:].decode().strip()
                    self.pieces[run] += 1
            self.ended[run] = last
            writer.close()
        except Exception as failure:  # found out by whoever looks at `ended`
            self.ended[run] = repr(failure)


def open_dashboard(report, server, name):
    """The page, in a browser. Its own script says what it saw."""
    reason = why_no_browser()
    if reason:
        report.skip(name, reason)
        return
    environment = {**os.environ, "BASE_URL": server.url, "STREAMS": str(STREAMS)}
    done = subprocess.run(["node", "tests/dashboard.mjs"], cwd=WEB, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DASHBOARD_SECONDS_MAX)
    said = done.stdout.decode(errors="replace")
    report.holds(done.returncode == 0 and re.search(r"^[1-9]\d* passed, 0 failed", said, re.M), name, said)


def check_streams(build, report, postgres, provider):
    settings = {"DATABASE_URL": postgres.url("?min_size=1&max_size=1"), "TRUNKLINE_MODEL_URL": provider.url,
                "TRUNKLINE_MODEL_NAME": "slow"}
    with Trunkline(build, settings) as server:
        server.start()
        ada = server.administrator()
        people = [server.customer(f"Person{number}") for number in range(PEOPLE)]
        runs = [(people[number % PEOPLE], ask(people[number % PEOPLE], number)) for number in range(STREAMS)]
        readers = Readers(server, runs)
        with report.check(f"{STREAMS} answers stream to their readers over one database connection"):
            wait_until("every reader has had three pieces", SECONDS_MAX,
                       lambda: min(readers.pieces.values()) >= 3 or readers.ended, every=0.1)
            expect(not readers.ended, f"streams that ended early: {list(readers.ended.items())[:3]}")
            expect(provider.answering == STREAMS, f"the model answers {provider.answering}")
        with report.check("meanwhile the dashboard's numbers and the pool's own are answered"):
            stats = ada.page("/api/v1/dashboard/stats")
            expect(stats["running_runs"] == STREAMS and stats["messages"] >= STREAMS, json.dumps(stats))
            pool = ada.page("/api/v1/dashboard/pool")
            expect(pool["max_size"] == 1 and pool["size"] == 1, json.dumps(pool))
            expect(pool["acquire_timeouts"] == 0, json.dumps(pool))
        open_dashboard(report, server, "meanwhile the dashboard opens in a browser")
        before = dict(readers.pieces)
        with report.check("the answers have gone on all the while"):
            wait_until("every reader has had another piece", SECONDS_MAX,
                       lambda: all(readers.pieces[run] > before[run] for run in before), every=0.1)
            expect(not readers.ended, f"streams that ended early: {list(readers.ended.items())[:3]}")
        provider.come_to_an_end()
        with report.check("every answer comes to its end, and is stored"):
            wait_until("every reader is done", SECONDS_MAX, lambda: len(readers.ended) == STREAMS, every=0.1)
            expect(set(readers.ended.values()) == {"run.finished"}, str(set(readers.ended.values())))
            for person, run in runs:
                shown = person.page(f"/api/v1/chat/runs/{run}")
                expect(shown["status"] == "finished" and shown["text"].endswith("end."), shown)
        report.holds(server.stop() == 0, "the program ends well", server.said()[-3000:])


def check(build, report):
    with Postgres() as postgres, SlowProvider() as provider:
        postgres.start()
        check_streams(build, report, postgres, provider)


main(check, __doc__)
