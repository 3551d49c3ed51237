#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PostgreSQL goes away and comes back under a running program, is not there when it starts, and stands behind PgBouncer.

usage: outage_check.py BUILD_DIR
"""
import time
import uuid

from support.check_report import expect, main
from support.child_process import wait_until
from support.database_servers import Pgbouncer, Postgres
from support.trunkline_program import Trunkline

# What a person waits at most to hear that there is no database, and to be served again once there is one.
REFUSED_SECONDS_MAX = 5
SERVED_SECONDS_MAX = 60


def expect_unavailable(answer, what):
    expect(answer.status == 503, f"{what}: {answer}")
    expect(answer.headers.get("retry-after", "").isdigit(), f"{what}: no Retry-After in {answer.headers}")
    expect(answer.kind == "application/problem+json", f"{what}: {answer}")
    problem = answer.json()
    expect(problem["status"] == 503 and problem["title"] and problem["detail"], f"{what}: {answer}")
    expect("items" not in problem, f"{what}: {answer}")


def refused_in_time(person, method, path, body=None):
    began = time.monotonic()
    answer = person.ask(method, path, body, key=str(uuid.uuid4()) if method == "POST" else None)
    expect_unavailable(answer, f"{method} {path}")
    took = time.monotonic() - began
    expect(took < REFUSED_SECONDS_MAX, f"{method} {path} took {took:.1f} s to say so")


def saved(person, conversation, text):
    answer = person.ask("POST", f"/api/v1/conversations/{conversation}/messages", {"sender": "user", "content": text},
                        key=str(uuid.uuid4()))
    expect(answer.status == 201, answer)
    return answer.json()


def refuse_everything(person, conversation):
    one = f"/api/v1/conversations/{conversation}"
    for path in ("/api/v1/conversations", one, one + "/messages", "/api/v1/auth/me", "/api/v1/crm/clients", "/api/v1/dashboard/stats"):
        refused_in_time(person, "GET", path)
    refused_in_time(person, "POST", one + "/messages", {"sender": "user", "content": "nobody will read this"})
    refused_in_time(person, "POST", "/api/v1/chat/send", {"conversation_id": conversation, "content": "nor this"})
    refused_in_time(person, "POST", "/api/v1/auth/login", {"email": person.email, "password": "Quiet-Harbour-7"})


def served_again(person, conversation, message):
    path = f"/api/v1/conversations/{conversation}/messages"
    wait_until("the conversation is served again", SERVED_SECONDS_MAX, lambda: person.ask("GET", path).status == 200, every=0.1)
    expect(message in person.messages(conversation), "the message that was saved before is not there")
    contents = [one["content"] for one in person.messages(conversation)]
    expect("nobody will read this" not in contents, "what was refused was stored")
    wait_until("/readyz answers 200", SERVED_SECONDS_MAX, lambda: person.ask("GET", "/readyz").status == 200, every=0.1)


def check_outage(build, report, postgres):
    with Trunkline(build, {"DATABASE_URL": postgres.url("?min_size=1&max_size=5")}) as server:
        server.start()
        ada = server.administrator()
        conversation = ada.new_conversation("Before the outage")
        message = saved(ada, conversation, "said before the outage")
        for time_of_it in ("once", "a second time"):
            postgres.stop()
            with report.check(f"PostgreSQL is gone {time_of_it}: everything answers 503 with Retry-After, in time"):
                refuse_everything(ada, conversation)
            with report.check(f"gone {time_of_it}: the process lives and is not ready"):
                expect(ada.ask("GET", "/livez").status == 200, "/livez")
                expect_unavailable(ada.ask("GET", "/readyz"), "/readyz")
                expect(server.child.running(), "it ended")
            pid = server.child.pid
            postgres.start()
            with report.check(f"PostgreSQL is back {time_of_it}: served again by the same process, what was saved is there"):
                served_again(ada, conversation, message)
                expect(server.child.running() and server.child.pid == pid, "another process serves")
                saved(ada, conversation, f"said after it was gone {time_of_it}")
        report.holds(server.stop() == 0, "the program ends well", server.said()[-3000:])


def check_one_process(build, report, postgres):
    """On the database of the first check. A second process is refused, also after PostgreSQL took the lock with it."""
    def refused(settings):
        second = Trunkline(build, settings)
        with second:
            second.start(until=None)
            wait_until("the second process ends", SERVED_SECONDS_MAX, lambda: not second.child.running(), every=0.1)
            expect(second.child.exit_code() == 1, f"its exit code is {second.child.exit_code()}")
            expect("another Trunkline serves from this database" in second.said(), second.said())

    settings = {"DATABASE_URL": postgres.url()}
    with Trunkline(build, settings) as first, Trunkline(build, settings) as second:
        first.start()
        with report.check("a second process on one PostgreSQL database is refused and says why"):
            refused(settings)
        postgres.stop()
        postgres.start()
        with report.check("after PostgreSQL was restarted the first takes its lock again, and a second is still refused"):
            wait_until("the lock is taken again", SERVED_SECONDS_MAX, lambda: "is taken again" in first.said(), every=0.1)
            refused(settings)
        with report.check("a process that slept while another took the lock ends and says why"):
            first.child.pause()
            postgres.stop()
            postgres.start()
            second.start()
            first.child.go_on()
            wait_until("the first ends", SERVED_SECONDS_MAX, lambda: not first.child.running(), every=0.1)
            expect(first.child.exit_code() == 1, f"its exit code is {first.child.exit_code()}")
            expect("another Trunkline serves from this database" in first.said(), first.said()[-2000:])
            expect(second.anybody("GET", "/readyz").status == 200, "the second does not serve")
        report.holds(second.stop() == 0, "the one that is left ends well", second.said()[-3000:])


def check_start_without(build, report, postgres):
    """On the database of the first check: its people are known."""
    postgres.stop()
    with Trunkline(build, {"DATABASE_URL": postgres.url()}) as server:
        server.start("/livez")
        report.holds(server.stop() == 0, "a program whose database never came can be stopped", server.said()[-3000:])
    with Trunkline(build, {"DATABASE_URL": postgres.url()}) as server:
        with report.check("started while the database is down it comes up, lives, and answers 503"):
            server.start("/livez")
            for path in ("/api/v1/setup", "/api/v1/auth/registration"):
                refused_in_time(server.nobody(), "GET", path)
            expect_unavailable(server.anybody("GET", "/readyz"), "/readyz")
        postgres.start()
        with report.check("when the database appears it is served"):
            wait_until("/readyz answers 200", SERVED_SECONDS_MAX, lambda: server.anybody("GET", "/readyz").status == 200, every=0.1)
            ada = server.returning("Ada Admin", "ada@crm.example.test")
            titles = [one["title"] for one in ada.page("/api/v1/conversations")["items"]]
            expect("Before the outage" in titles, f"the conversations are {titles}")
        report.holds(server.stop() == 0, "that program ends well", server.said()[-3000:])


def check_pooler(build, report, postgres):
    with Pgbouncer(postgres) as pooler:
        settings = {"DATABASE_URL": pooler.url(), "DATABASE_DIRECT_URL": postgres.url()}
        with Trunkline(build, settings) as server:
            with report.check("behind PgBouncer in transaction mode it starts and is set up"):
                server.start()
                ada = server.administrator()
                conversation = ada.new_conversation("Through the pooler")
            with report.check("behind PgBouncer a chat is answered"):
                sent = ada.ask("POST", "/api/v1/chat/send", {"conversation_id": conversation, "content": "My name is Crystal Minh."},
                               key=str(uuid.uuid4()))
                expect(sent.status == 202, sent)
                run = f"/api/v1/chat/runs/{sent.json()['run']['id']}"
                wait_until("the answer ends", SERVED_SECONDS_MAX, lambda: ada.page(run)["status"] != "running", every=0.1)
                expect(ada.page(run)["status"] == "finished" and ada.page(run)["text"], ada.page(run))
            with report.check("behind PgBouncer messages are saved, repeated with their key, and listed"):
                key, path = str(uuid.uuid4()), f"/api/v1/conversations/{conversation}/messages"
                first, again = (ada.ask("POST", path, {"sender": "user", "content": "said twice"}, key) for _ in range(2))
                expect(first.status == again.status == 201 and first.json() == again.json(), f"{first} {again}")
                for number in range(60):  # more than the pooler has connections, often enough to meet each of them
                    saved(ada, conversation, f"message {number}")
                seqs = [message["seq"] for message in ada.messages(conversation)]
                expect(seqs == list(range(1, 64)), f"the seqs are {seqs}")
                expect([one["id"] for one in ada.page("/api/v1/conversations")["items"]] == [conversation], "the list")
            with report.check("behind PgBouncer a transcript is saved and the CRM is read"):
                lines = [{"role": "user", "content": "My name is Alessandro Phoenix, alessandro@crm.example.test"},
                         {"role": "assistant", "content": "Thank you."}]
                answer = ada.ask("POST", "/api/v1/conversations/save", {"session_id": "s-1", "messages": lines}, key=str(uuid.uuid4()))
                expect(answer.status in (200, 201) and answer.json()["messages_saved"] == 2, answer)
                wait_until("the client is there", SERVED_SECONDS_MAX, lambda: "Alessandro Phoenix" in
                           [one["full_name"] for one in ada.page("/api/v1/crm/clients")["items"]], every=0.1)
            report.holds(server.stop() == 0, "behind PgBouncer the program ends well", server.said()[-3000:])


def check(build, report):
    with Postgres() as postgres:
        postgres.start()
        check_outage(build, report, postgres)
        check_one_process(build, report, postgres)
        check_start_without(build, report, postgres)
    with Postgres() as postgres:
        postgres.start()
        check_pooler(build, report, postgres)


main(check, __doc__)
