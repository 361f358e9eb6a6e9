"""The whole program, engine and pages, on a free port with a store of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def directories(base):
    """The settings of all that the program keeps, in a folder; the store is its ``store``."""
    names = {"STORE": "store", "CACHE": "cache", "DATA": "data", "OWN": "own"}
    return {f"NTK_UQ_{setting}": str(base / name) for setting, name in names.items()}


@contextlib.contextmanager
def serving(base, settings=None, path="", port=None):
    """``python -m ntk_uq run`` with everything it keeps in a folder; its address.

    Args:
        base: the folder; the store is its ``store``.
        settings: further environment variables.
        path: that the pages lie below.
        port: of the pages; any without one.
    """
    port = port or free_port()
    environment = {
        **os.environ,
        **directories(base),
        **(settings or {}),
        **({"STREAMLIT_SERVER_BASE_URL_PATH": path} if path else {}),
    }
    log = (base / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "ntk_uq", "run", "--headless", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    address = f"http://localhost:{port}{path}"
    try:
        wait_until_healthy(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def wait_until_healthy(address, process):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not come up")
