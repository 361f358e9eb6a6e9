"""Figures as SVG, PDF and PNG: Plotly's own JavaScript in a browser without a window.

Kaleido drives it (Chrome, Chromium and their relatives). That takes seconds, a few hundred
megabytes, and may hang; so it happens in a process of its own (``child.py``), one at a time, with
a limit of time, after which that process and the browser are ended. No page of Plotly's or of
anybody else is asked for anything: the JavaScript is that of the Python package, and the browser
has a proxy that is not there.
"""

import base64
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from ntk_uq.base import paths
from ntk_uq.base.errors import ExportError
from ntk_uq.export.sizes import Picture

SECONDS = 90.0
"""By the clock, for all pictures of one download, and as long for those before them."""

FORMATS = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}

_log = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def browser() -> str | None:
    """The path of a browser that Kaleido can use, or None.

    ``BROWSER_PATH`` names one; otherwise Kaleido looks where such browsers are installed.
    """
    named = os.environ.get("BROWSER_PATH")
    if named:
        return named if Path(named).is_file() else None
    if importlib.util.find_spec("choreographer") is not None:
        from choreographer.browsers.chromium import Chromium

        found = Chromium.find_browser(skip_local=False)
        if found:
            return str(found)
    return next(filter(None, map(shutil.which, _NAMES)), None)


def missing() -> str:
    """Why no picture can be drawn here, and what to do; "" where one can."""
    if importlib.util.find_spec("kaleido") is None:
        return "The package kaleido is not installed on this server (`pip install kaleido`)."
    if browser() is None:
        return (
            "There is no Chrome or Chromium on this server (on Debian: `apt install chromium`; "
            "BROWSER_PATH names one elsewhere)."
        )
    return ""


def render(pictures: Sequence[Picture]) -> list[bytes]:
    """The files of some pictures, in their order.

    Raises:
        ExportError: where there is no browser, it does not answer in time, or it fails.
    """
    reason = missing()
    if reason:
        raise ExportError(reason)
    if not _one_at_a_time.acquire(timeout=SECONDS):
        raise ExportError(
            "Other figures are being drawn, one at a time, and it takes them long. Try again."
        )
    try:
        return _drawn(pictures)
    finally:
        _one_at_a_time.release()


def _drawn(pictures: Sequence[Picture]) -> list[bytes]:
    task = {
        "browser": browser(),
        "seconds": SECONDS,
        "pictures": [
            {
                "figure": json.loads(p.figure.to_json()),
                "options": {
                    **{"format": p.format, "width": p.width},
                    **{"height": p.height, "scale": p.scale},
                },
            }
            for p in pictures
        ],
    }
    # A directory of ours: what the browser leaves behind when it is ended goes with it.
    with tempfile.TemporaryDirectory(prefix="ntk_uq-", ignore_cleanup_errors=True) as scratch:
        child = subprocess.Popen(
            [sys.executable, "-m", "ntk_uq.export.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=paths.home(),
            env=os.environ | {"TMPDIR": scratch},
        )
        try:
            out, words = child.communicate(json.dumps(task).encode(), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise ExportError(
                f"The browser that draws figures, {task['browser']}, did not answer within "
                f"{SECONDS:g} seconds."
            ) from None
        finally:
            _end(child)
    if child.returncode != 0:
        said = words.decode(errors="replace").strip()
        _log.warning("drawing ended with %s: %s", child.returncode, said[-4000:])
        last = said.splitlines()[-1] if said else f"exit code {child.returncode}"
        raise ExportError(f"The browser that draws figures, {task['browser']}, failed: {last:.300}")
    return [base64.b64decode(text) for text in json.loads(out)]


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the process and the browser, which has a session of its own."""
    try:
        family = [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
