# SPDX-License-Identifier: MIT
"""Named checks that are counted, one line each, and the last line with the counts."""
import contextlib
import sys
import time
import traceback


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def holds(self, truth, name, evidence=""):
        """Counts one check; `evidence` is shown when it fails."""
        if truth:
            self.passed += 1
        else:
            self.failed += 1
        print(("ok    " if truth else "FAIL  ") + name, flush=True)
        if not truth and evidence:
            print("      " + str(evidence)[:4000].replace("\n", "\n      "), flush=True)
        return bool(truth)

    @contextlib.contextmanager
    def check(self, name):
        """One check of several steps: an exception is its failure, and the next one goes on."""
        began = time.monotonic()
        try:
            yield
        except Exception as failure:  # whatever went wrong is what this check found out
            place = traceback.extract_tb(failure.__traceback__)[-1]
            self.holds(False, name, f"{type(failure).__name__}: {failure}\nat {place.filename}:{place.lineno}")
        else:
            self.holds(True, f"{name} ({(time.monotonic() - began) * 1000:.0f} ms)")

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip  {name}: {why}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""), flush=True)
        return 1 if self.failed or not self.passed else 0


def expect(truth, what):
    if not truth:
        raise AssertionError(str(what))


def main(check, doc):
    """Runs `check(build, report)` with the build folder that the command line names."""
    if len(sys.argv) != 2:
        print(doc, file=sys.stderr)
        sys.exit(2)
    report = Report()
    with report.check("it ran to its end"):
        check(sys.argv[1], report)
    sys.exit(report.finish())
