#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The server is killed with kill -9 at random moments under load, again and again, with the mirror on: every acknowledged
message is there once, every row of the mirror arrives once, and no answer is left half-written.

usage: kill_check.py BUILD_DIR          KILLS=20 (how often) SEED=… (which moments)
"""
import collections
import os
import random
import sqlite3
import threading
import time
import uuid

from support.check_report import expect, main
from support.child_process import wait_until
from support.database_servers import Mariadb
from support.trunkline_program import Trunkline

CONVERSATIONS_EACH = 3
CALM_SECONDS_MAX = 60
OPEN_MAX = 6
ASK = "Please tell me everything that you know of Crystal Minh, and what you have noted since"


class Post:
    """One action of a user, repeated under the same key until it is acknowledged."""

    def __init__(self, conversation, content, chat):
        self.conversation, self.content, self.chat = conversation, content, chat
        self.key = str(uuid.uuid4())
        self.attempts = 0
        self.acknowledged = None  # the message, as the server answered it
        self.run = None

    def send(self, person):
        """Whether it is acknowledged now. Raises OSError when there is no answer."""
        self.attempts += 1
        if self.chat:
            answer = person.ask("POST", "/api/v1/chat/send", {"conversation_id": self.conversation, "content": self.content}, self.key)
        else:
            answer = person.ask("POST", f"/api/v1/conversations/{self.conversation}/messages",
                                {"sender": "user", "content": self.content}, self.key)
        if answer.status in (409, 429, 503):  # an answer is being written there; too many; not yet
            return False
        expect(answer.status in (201, 202), f"a save was answered {answer}")
        said = answer.json()
        self.acknowledged = said["message"] if self.chat else said
        self.run = said["run"]["id"] if self.chat else None
        return True


class Writer(threading.Thread):
    """Somebody who writes all the time, and does not mind that the server goes away."""

    def __init__(self, person, seed, over):
        super().__init__(daemon=True)
        self.person, self.over, self.random = person, over, random.Random(seed)
        self.conversations = [person.new_conversation(f"{person.name} {number}") for number in range(CONVERSATIONS_EACH)]
        self.posts, self.open = [], []
        self.refused = None

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
        except Exception as failure:
            self.refused = failure

    def step(self):
        again = self.open and self.random.random() < 0.4
        post = self.random.choice(self.open) if again else self.new_post()
        try:
            acknowledged = post.send(self.person)
        except OSError:
            acknowledged = False
            self.over.wait(0.02)  # it is down: until it is back there is nothing to do
        if acknowledged and post in self.open:
            self.open.remove(post)
        if not acknowledged and post not in self.open:
            self.open.append(post)

    def new_post(self):
        if len(self.open) > OPEN_MAX:
            return self.random.choice(self.open)
        chat = self.random.random() < 0.25
        content = f"{self.person.name} {len(self.posts)}: " + (ASK if chat else "x" * self.random.randrange(200) + " ключ 🔑")
        self.posts.append(Post(self.random.choice(self.conversations), content, chat))
        return self.posts[-1]

    def stored(self):
        return {conversation: self.person.messages(conversation) for conversation in self.conversations}


def kill_often(server, kills, chance, writers):
    """Each time after a random while under load; the longest are long enough for answers and copies to be under way."""
    for number in range(kills):
        time.sleep(chance.choice([chance.uniform(0, 0.1), chance.uniform(0, 0.8)]))  # the moment itself, not a wait for anything
        server.kill()
        server.start()
        for writer in writers:
            if writer.refused:
                raise writer.refused
        if (number + 1) % 10 == 0:
            print(f"      killed {number + 1} times, {sum(len(one.posts) for one in writers)} messages begun", flush=True)


def once_each(writers):
    """What of the acknowledged is missing, doubled, changed or out of place; what stands there that nobody wrote."""
    wrong = []
    for writer in writers:
        stored = writer.stored()
        for conversation, messages in stored.items():
            seqs = [message["seq"] for message in messages]
            if seqs != list(range(1, len(seqs) + 1)):
                wrong.append(f"conversation {conversation} has the seqs {seqs}")
        found = collections.Counter((conversation, message["content"]) for conversation, messages in stored.items()
                                    for message in messages if message["sender"] == "user")
        by_id = {message["id"]: message for messages in stored.values() for message in messages}
        for post in writer.posts:
            count = found.pop((post.conversation, post.content), 0)
            if count > 1 or (count == 0 and post.acknowledged):
                wrong.append(f"{post.content[:40]!r}, {post.attempts} attempts, is there {count} times")
            if post.acknowledged and by_id.get(post.acknowledged["id"]) != post.acknowledged:
                wrong.append(f"acknowledged as {post.acknowledged}, stored as {by_id.get(post.acknowledged['id'])}")
        wrong += [f"nobody wrote {text[1][:40]!r}" for text in found]
    return wrong


def repeat_open(writers):
    for writer in writers:
        for post in list(writer.open):
            wait_until(f"{post.content[:40]!r} is acknowledged", CALM_SECONDS_MAX, lambda: post.send(writer.person),
                       every=0.2)  # questions have a limit in a minute, and refused ones count
            writer.open.remove(post)


def runs_wrong(writers):
    """Every answer that was begun has ended, and says how."""
    wrong, ends = [], collections.Counter()
    for writer in writers:
        for post in writer.posts:
            if not post.run:
                continue
            run = writer.person.page(f"/api/v1/chat/runs/{post.run}")
            ends[f"{run['status']}: {run['reason']}" if run["reason"] else run["status"]] += 1
            good = run["status"] == "finished" or (run["status"] == "failed" and run["reason"] == "interrupted")
            if not good or not run["ended_at"]:
                wrong.append(str(run))
    print("      answers: " + ", ".join(f"{count} {how}" for how, count in ends.items()), flush=True)
    return wrong


def nothing_runs(writers):
    return all(not writer.person.page(f"/api/v1/chat/runs?conversation_id={conversation}")["items"]
               for writer in writers for conversation in writer.conversations)


def mirror_state(staff):
    return staff.page("/api/v1/mirror")


def mirror_difference(mariadb, writers):
    ours = collections.Counter((writer.person.me["id"], "in" if message["sender"] == "user" else "out", message["content"])
                               for writer in writers for messages in writer.stored().values() for message in messages)
    rows = mariadb.sql("SELECT user_id, direction, hex(message) FROM crm.messages")
    theirs = collections.Counter((user, way, bytes.fromhex(text).decode()) for user, way, text in rows)
    print(f"      {sum(ours.values())} messages stored, {sum(theirs.values())} rows in the mirror", flush=True)
    return [f"missing in the mirror: {key} × {count}" for key, count in (ours - theirs).items()] + \
           [f"too often in the mirror: {key} × {count}" for key, count in (theirs - ours).items()]


def mirror_order(mariadb, writers):
    """The copies of one user's own messages stand in the order of each conversation."""
    place = {bytes.fromhex(text).decode(): number for number, (text,) in
             enumerate(mariadb.sql("SELECT hex(message) FROM crm.messages WHERE direction = 'in' ORDER BY id"))}
    wrong = []
    for writer in writers:
        for messages in writer.stored().values():
            places = [place.get(message["content"]) for message in messages if message["sender"] == "user"]
            if places != sorted(places, key=lambda at: -1 if at is None else at):
                wrong.append(str(places))
    return wrong


def check_file(server):
    with sqlite3.connect(server.home.path / "data" / "trunkline.db") as db:
        expect(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the file is damaged")
        counts = "SELECT count(*), count(DISTINCT id), count(DISTINCT conversation_id || ':' || seq) FROM messages"
        rows = db.execute(counts).fetchone()
        expect(len(set(rows)) == 1, f"messages, ids, places: {rows}")
        expect(db.execute("SELECT count(*) FROM runs WHERE status = 'running'").fetchone() == (0,), "a run is stuck")


def check(build, report):
    kills, seed = int(os.environ.get("KILLS", "20")), int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"      KILLS={kills} SEED={seed}", flush=True)
    with Mariadb() as mariadb, Trunkline(build, mariadb.settings()) as server:
        server.start()
        people = [server.administrator()] + [server.customer(name) for name in ("Bea", "Cem", "Dan")]
        over = threading.Event()
        writers = [Writer(person, seed + number, over) for number, person in enumerate(people)]
        for writer in writers:
            writer.start()
        try:
            with report.check(f"it comes back from each of {kills} kills"):
                kill_often(server, kills, random.Random(seed), writers)
        finally:
            over.set()
            for writer in writers:
                writer.join(120)
        refused = [str(writer.refused) for writer in writers if writer.refused]
        report.holds(not refused, "no save was answered with anything but yes, wait or later", "\n".join(refused))
        acknowledged = sum(1 for writer in writers for post in writer.posts if post.acknowledged)
        repeated = sum(1 for writer in writers for post in writer.posts if post.attempts > 1)
        print(f"      {acknowledged} acknowledged, {repeated} sent more than once", flush=True)
        report.holds(acknowledged >= kills and repeated > 0, "there was a load, and kills that hit it")
        wrong = once_each(writers)
        report.holds(not wrong, "every acknowledged message is there once, as it was acknowledged, in order without gaps", "\n".join(wrong))
        with report.check("what was not acknowledged is, when it is repeated with its key"):
            repeat_open(writers)
        with report.check("no answer is stuck"):
            wait_until("no run is running", CALM_SECONDS_MAX, lambda: nothing_runs(writers), every=0.1)
        wrong = runs_wrong(writers)
        report.holds(not wrong, "every answer is finished, or failed with its reason", "\n".join(wrong))
        wrong = once_each(writers)
        report.holds(not wrong, "after the repetitions too, everything is there once", "\n".join(wrong))
        with report.check("the mirror's backlog comes to its end"):
            wait_until("the backlog is 0", CALM_SECONDS_MAX + kills, lambda: mirror_state(people[0])["backlog"] == 0, every=0.1)
        report.holds(mirror_state(people[0])["dead"] == 0, "no copy was given up", mirror_state(people[0]))
        wrong = mirror_difference(mariadb, writers)
        report.holds(not wrong, "every row of the mirror arrived once", "\n".join(wrong))
        wrong = mirror_order(mariadb, writers)
        report.holds(not wrong, "in the order of its conversation", "\n".join(wrong))
        code = server.stop()
        report.holds(code == 0, "it ends well when it is asked to", f"exit code {code}\n{server.said()[-3000:]}")
        with report.check("its file is whole"):
            check_file(server)


main(check, __doc__)
