#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pages in a real browser against the real program: the walk of a newcomer, twenty tabs at once, and what goes wrong
between a browser and its server; twenty tabs also on PostgreSQL with a pool of five, and the walk there and through
PgBouncer.

usage: browser_check.py BUILD_DIR          SCREENSHOTS=… keeps what was seen
"""
import os
import re
import subprocess

from support.check_report import main
from support.database_servers import Pgbouncer, Postgres
from support.trunkline_program import Trunkline
from support.web_client import WEB, why_no_browser

WALK_SECONDS_MAX = 280


def walk(report, build, script, where, settings=None):
    """Runs one script of web/tests against a program of its own, and adds its counts to ours."""
    print(f"      {script} on {where}", flush=True)
    with Trunkline(build, settings) as server:
        server.start()
        environment = {**os.environ, "BASE_URL": server.url, "SETUP_CODE": server.setup_code()}
        for name in ("ADMIN_NAME", "ADMIN_EMAIL", "ADMIN_PASSWORD"):
            environment.pop(name, None)
        try:
            done = subprocess.run(["node", f"tests/{script}"], cwd=WEB, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WALK_SECONDS_MAX)
            said, code = done.stdout.decode(errors="replace"), done.returncode
        except subprocess.TimeoutExpired as late:
            said, code = (late.stdout or b"").decode(errors="replace"), None
        print("      " + said.rstrip().replace("\n", "\n      "), flush=True)
        counts = re.findall(r"^(\d+) passed, (\d+) failed", said, re.M)
        passed, failed = map(int, counts[-1]) if counts else (0, 0)
        report.passed += passed
        report.failed += failed
        if not counts or (code != 0 and not failed):
            report.holds(False, f"{script} on {where} ends with its counts", f"exit code {code}")
        if not report.holds(server.stop() == 0, f"after {script} on {where} the program ends well"):
            print(server.said()[-3000:])


def check(build, report):
    reason = why_no_browser()
    if reason:
        report.skip("the pages in a browser", reason)
        return
    for script in ("browser.mjs", "tabs.mjs", "faults.mjs"):
        walk(report, build, script, "SQLite")
    with Postgres() as postgres:
        postgres.start()
        walk(report, build, "tabs.mjs", "PostgreSQL, five connections", {"DATABASE_URL": postgres.url("?min_size=1&max_size=5")})
    with Postgres() as postgres:
        postgres.start()
        walk(report, build, "browser.mjs", "PostgreSQL", {"DATABASE_URL": postgres.url()})
    with Postgres() as postgres:
        postgres.start()
        with Pgbouncer(postgres) as pooler:
            settings = {"DATABASE_URL": pooler.url(), "DATABASE_DIRECT_URL": postgres.url()}
            walk(report, build, "browser.mjs", "PostgreSQL through PgBouncer", settings)


main(check, __doc__)
