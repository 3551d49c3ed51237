# SPDX-License-Identifier: MIT
"""The web client's own browser tests: where they are, and whether they can run."""
import os
import pathlib
import shutil

WEB = pathlib.Path(__file__).resolve().parents[4] / "web"


def why_no_browser():
    """What is missing for a browser test; None when nothing is."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if shutil.which("node") and (WEB / "node_modules" / "playwright-core").exists() and pathlib.Path(chromium).exists():
        return None
    return f"it needs node, {WEB}/node_modules (npm ci) and {chromium}"
