#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every route of the API document, asked by those who may not, for what is not theirs, and with what is no input.

usage: foreign_check.py BUILD_DIR
"""
import json
import uuid

from support.check_report import expect, main
from support.child_process import wait_until
from support.trunkline_program import Trunkline

METHODS = ("get", "post", "put", "patch", "delete")


class Route:
    def __init__(self, method, path, described):
        self.method, self.path, self.access = method.upper(), path, described["x-access"]
        body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        self.schema = body.get("$ref", "").rsplit("/", 1)[-1]
        self.parameters = [part[1:-1] for part in path.split("/") if part.startswith("{")]

    def __str__(self):
        return f"{self.method} {self.path}"

    def at(self, ids):
        return self.path.format(**ids)

    def at_random(self):
        return self.at({name: str(uuid.uuid4()) for name in self.parameters})


def routes_of(document):
    return [Route(method, path, described[method]) for path, described in document["paths"].items()
            for method in METHODS if method in described]


class Objects:
    """What the administrator owns, one of each kind, by the beginning of the path that leads to it."""

    def __init__(self, ada):
        def made(path, body, *statuses):
            answer = ada.ask("POST", "/api/v1" + path, body)
            expect(answer.status in (201, 202), f"{path}: {answer}")
            return answer.json()

        conversation = ada.new_conversation("Ada's own")
        run = made("/chat/send", {"conversation_id": conversation, "content": "My name is Crystal Minh."})["run"]["id"]
        wait_until("the answer ends", 60, lambda: ada.page(f"/api/v1/chat/runs/{run}")["status"] != "running")
        client = made("/crm/clients", {"full_name": "Crystal Minh", "email": "crystal@crm.example.test"})["id"]
        kind = made("/crm/case-types", {"code": "RC", "name": "Residence card", "category": "visa"})
        case = made("/crm/cases", {"client_id": client, "case_type_code": "RC"})["id"]
        interaction = made("/crm/interactions", {"client_id": client, "interaction_type": "note", "summary": "called"})["id"]
        session = ada.page("/api/v1/auth/sessions")["items"][0]["id"]
        self.conversation = conversation
        self.by_place = {"/auth/sessions": session, "/admin/users": ada.me["id"], "/conversations": conversation,
                         "/chat/runs": run, "/crm/clients": client, "/crm/case-types": kind["id"], "/crm/cases": case,
                         "/crm/interactions": interaction, "/mirror/dead-letters": str(uuid.uuid4())}

    def ids_for(self, route):
        place = route.path.removeprefix("/api/v1").split("/{id}")[0]
        expect(place in self.by_place, f"{route}: this check has no object of that kind; make one in Objects")
        return {"id": self.by_place[place], "conversation_id": self.conversation}


def whole_value(schema, schemas, name=""):
    """A value that the schema takes."""
    schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    if "anyOf" in schema:
        return whole_value(schema["anyOf"][0], schemas, name)
    if "enum" in schema:
        return schema["enum"][-1]
    kind = schema["type"][0] if isinstance(schema.get("type"), list) else schema.get("type")
    if kind == "object":
        return {key: whole_value(schema["properties"][key], schemas, key) for key in schema.get("required", [])}
    by_format = {"uuid": str(uuid.uuid4()), "email": "somebody@crm.example.test", "date-time": "2026-11-21T09:00:00Z"}
    text = "Quiet-Harbour-7" if name == "password" else by_format.get(schema.get("format"), "some words")
    return {"array": [], "integer": schema.get("minimum", 1), "boolean": True, "number": 1}.get(kind, text)


def check_anonymous(report, server, routes, objects):
    wrong = []
    for route in (one for one in routes if one.access != "anyone"):
        answer = server.anybody(route.method, route.at(objects.ids_for(route)) if route.parameters else route.path)
        if answer.status != 401 or answer.kind != "application/problem+json":
            wrong.append(f"{route}: {answer}")
    report.holds(not wrong, "who is not signed in hears 401, from every route but those for anyone", "\n".join(wrong))


def body_for(route, schemas):
    if not route.schema:
        return {}
    schema = schemas[route.schema]
    name, first = next(iter(schema["properties"].items()))
    change = {name: whole_value(first, schemas, name)} if route.method == "PATCH" else {}  # one without a change is bad input
    return whole_value(schema, schemas) | change


def check_routes(report, person, routes, path_of, wanted, name, schemas):
    wrong = []
    for route in routes:
        answer = person.ask(route.method, path_of(route), body_for(route, schemas))
        if answer.status != wanted or answer.kind != "application/problem+json":
            wrong.append(f"{route}: {answer}")
    report.holds(routes and not wrong, f"{name} ({len(routes)} routes)", "\n".join(wrong))


def bad_bodies(route, schemas):
    """(what it is, the bytes, whether it is JSON): none of them is an input of this route."""
    schema = schemas[route.schema]
    good = body_for(route, schemas)
    as_bytes = lambda value: json.dumps(value).encode()
    yield "an unknown field", as_bytes(good | {"no_such_field": 1}), True
    for field in schema.get("properties", {}):
        for nonsense in wrong_values(schema["properties"][field], schemas):
            yield f"{field}: {json.dumps(nonsense)}", as_bytes(good | {field: nonsense}), field
    for field in schema.get("required", []):
        yield f"no {field}", as_bytes({key: value for key, value in good.items() if key != field}), field
    for what, raw in (("a list", b"[]"), ("a number", b"7"), ("nothing", b"null"), ("a text", b'"a"')):
        yield what, raw, True
    for raw in (b"", b"{", b"not json", b'{"a":1}}', b'{"a":"\xff"}', b"[" * 5000, b'{"a":1,}', b"NaN", b'{"a":"\\ud800"}'):
        yield f"no JSON: {raw[:12]!r}", raw, False


def wrong_values(schema, schemas):
    """Values of types that the schema does not have."""
    kinds = kinds_of(schema, schemas)
    if not kinds:
        return []  # it takes anything
    samples = {"object": {"no_such_field": 1}, "array": [[1]], "boolean": True, "integer": -99999999999, "string": "\u0001?"}
    takes = kinds | ({"integer"} if "number" in kinds else set())
    return [sample for kind, sample in samples.items() if kind not in takes]


def kinds_of(schema, schemas):
    if "$ref" in schema:
        return kinds_of(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "anyOf" in schema:
        all_kinds = [kinds_of(one, schemas) for one in schema["anyOf"]]
        return set() if any(not kinds for kinds in all_kinds) else set().union(*all_kinds)
    kind = schema.get("type")
    return set(kind) if isinstance(kind, list) else {kind} - {None}


def check_bad_input(report, person, routes, objects, schemas):
    for route in (one for one in routes if one.schema and one.access != "anyone"):
        path = route.at(objects.ids_for(route)) if route.parameters else route.path
        wrong, asked = [], 0
        for what, raw, place in bad_bodies(route, schemas):
            asked += 1
            answer = person.ask(route.method, path, raw=raw)
            pointers = [error.get("pointer", "") for error in answer.json().get("errors", [])] if answer.kind.endswith("json") else []
            names_it = any(pointer.startswith(f"/{place}") for pointer in pointers) if isinstance(place, str) else bool(pointers)
            if not 400 <= answer.status < 500 or answer.kind != "application/problem+json" or (place and not names_it):
                wrong.append(f"{what}: {answer}")
        report.holds(not wrong, f"{route}: bad input is refused with the name of its field ({asked} inputs)", "\n".join(wrong))


def check_bad_input_of_anyone(report, server, routes, schemas):
    """Those who guess passwords are slowed down after five attempts, so one of each is all there is."""
    for route in (one for one in routes if one.schema and one.access == "anyone"):
        answers = [server.anybody(route.method, route.path, raw=raw)
                   for raw in (b'{"no_such_field": 1}', json.dumps(dict.fromkeys(schemas[route.schema]["properties"], [])).encode(), b"{")]
        good = all(answer.status in (400, 409, 413, 415, 429) and answer.kind == "application/problem+json" for answer in answers)
        report.holds(good, f"{route}: bad input is refused", "\n".join(map(str, answers)))


def check_bad_ids(report, person, routes):
    wrong = []
    for route in (one for one in routes if one.parameters):
        for bad in ("0", "not-an-id", "%00", "%27%20OR%201=1", "x" * 2000, str(uuid.uuid4()) + "0"):
            answer = person.ask(route.method, route.at(dict.fromkeys(route.parameters, bad)))
            if not 400 <= answer.status < 500 or answer.kind != "application/problem+json":
                wrong.append(f"{route} with {bad[:20]}: {answer}")
    report.holds(not wrong, "what is no id is refused by every route that has one", "\n".join(wrong))


def check(build, report):
    with Trunkline(build) as server:
        server.start()
        ada, bea, cem = server.administrator(), server.customer("Bea"), server.customer("Cem")
        document = ada.page("/api/v1/openapi.json")
        routes, schemas = routes_of(document), document["components"]["schemas"]
        expect(len(routes) > 40, f"only {len(routes)} routes are described")
        objects = Objects(ada)
        made_staff = ada.ask("POST", f"/api/v1/admin/users/{cem.me['id']}/role", {"role": "staff"})
        expect(made_staff.status == 200, made_staff)
        own = [route for route in routes if route.parameters and route.access == "signed_in"]
        staff = [route for route in routes if route.access == "staff"]
        admin = [route for route in routes if route.access == "admin"]
        with_ids = lambda chosen: [route for route in chosen if route.parameters]
        theirs = lambda route: route.at(objects.ids_for(route)) if route.parameters else route.path
        check_anonymous(report, server, routes, objects)
        check_routes(report, bea, own, theirs, 404, "another's object is not found by a customer", schemas)
        check_routes(report, cem, own, theirs, 404, "nor by the staff of the same tenant", schemas)
        check_routes(report, bea, staff + admin, theirs, 403, "what is the staff's is refused to a customer", schemas)
        check_routes(report, cem, admin, theirs, 403, "what is the administrator's is refused to the staff", schemas)
        check_routes(report, cem, own + with_ids(staff), Route.at_random, 404, "what is nowhere is not found by the staff", schemas)
        check_routes(report, ada, with_ids(routes), Route.at_random, 404, "nor by an administrator", schemas)
        report.holds(ada.messages(objects.conversation), "and what they asked for is still there")
        check_bad_ids(report, ada, routes)
        check_bad_input(report, ada, routes, objects, schemas)
        check_bad_input_of_anyone(report, server, routes, schemas)
        report.holds(server.stop() == 0, "the program ends well", server.said()[-3000:])


main(check, __doc__)
