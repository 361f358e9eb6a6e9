"""The whole program behind a real Chromium: engine and pages on a free port."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """``python -m ntk_uq run`` on a free port with a store of its own; its address.

    A module may name further environment variables in ``SETTINGS``.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = tmp_path_factory.mktemp("server")
    environment = {
        **os.environ,
        "NTK_UQ_STORE": str(base / "store"),
        "NTK_UQ_CACHE": str(base / "cache"),
        "NTK_UQ_DATA": str(base / "data"),
        "NTK_UQ_OWN": str(base / "own"),
        **getattr(request.module, "SETTINGS", {}),
    }
    log = (base / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "ntk_uq", "run", "--headless", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    address = f"http://localhost:{port}"
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
    pytest.fail("the server did not come up")


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium; on Debian: apt install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens an address in a browser context of its own, and notes what leaves the machine."""
    contexts, foreign = [], []

    def note(request):
        if not re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:", request.url):
            foreign.append(request.url)

    def open_address(address, **options):
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", note)
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert foreign == [], "the page asked other servers"
