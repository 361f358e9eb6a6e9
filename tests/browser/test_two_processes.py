"""Two processes of the pages behind the nginx of deploy/, each started again in its turn."""

import contextlib
import os
import re
import subprocess
import sys
import urllib.parse

import psutil
import pytest
from helpers import nginx
from helpers.clusters import wait_for
from helpers.serving import ROOT, directories, free_port, wait_until_healthy
from playwright.sync_api import expect

from ntk_uq.jobs.asking import submit
from ntk_uq.specs import DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import JobState, open_store
from ntk_uq.views import CurvesView

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(nginx.NGINX is None, reason="no nginx; on Debian: apt install nginx-light"),
]
PATH = "/lab/ntk"
ENSEMBLE = EnsembleSpec(
    DataSpec(n_test=50), optimizer=OptimizerSpec(steps=300), widths=(64,), n_train=(50,), members=60
)


class Started:
    """A command of the program, which may be ended and started again."""

    def __init__(self, base, *command, port=None):
        self._base, self._command, self._port = base, command, port
        self.start()

    def start(self):
        environment = {
            **os.environ,
            **directories(self._base),
            "STREAMLIT_SERVER_COOKIE_SECRET": "s",
        }
        with (self._base / f"log{self._port}").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ntk_uq", *self._command],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        if self._port:
            wait_until_healthy(f"http://localhost:{self._port}{PATH}", self._process)

    def serves(self):
        """Whether a browser is connected to it, through nginx."""
        found = psutil.Process(self._process.pid).net_connections("tcp")
        return any(one.status == psutil.CONN_ESTABLISHED for one in found)

    def end(self):
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def both(tmp_path):
    """The address at nginx, the two processes behind it, and the store."""
    ports = [free_port(), free_port()]
    (tmp_path / "nginx").mkdir()
    with contextlib.ExitStack() as running:
        engine = Started(tmp_path, "engine")
        running.callback(engine.end)
        pages = []
        for port in ports:
            pages.append(Started(tmp_path, "web", "--port", str(port), "--path", PATH, port=port))
            running.callback(pages[-1].end)
        https = free_port()
        running.enter_context(
            nginx.running(tmp_path / "nginx", web=ports, http=free_port(), https=https)
        )
        store = running.enter_context(open_store(tmp_path / "store"))
        yield f"https://localhost:{https}{PATH}", pages, store


def test_started_again_one_after_the_other_nothing_is_lost(both, open_page):
    address, processes, store = both
    query = urllib.parse.urlencode(
        CurvesView(depths=(1,), n_points=5, n_high=200, draws=1).to_query()
    )
    page = open_page(f"{address}/?{query}", ignore_https_errors=True)
    expect(page.get_by_text(re.compile("falls as")).first).to_be_visible(timeout=120_000)
    job = submit(store.jobs, ENSEMBLE, launched=True)
    moved = 0
    for draws, process in ((2, processes[0]), (3, processes[1])):
        if process.serves():
            moved += 1
            with page.expect_websocket(timeout=60_000):
                process.end()
        else:
            process.end()
        # The page goes on with the other one, with what its controls hold.
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible(timeout=60_000)
        box = page.get_by_role("spinbutton", name="Draws")
        expect(box).to_have_value(str(draws - 1), timeout=60_000)
        box.fill(str(draws))
        box.press("Enter")
        page.wait_for_url(re.compile(f"draws={draws}(&|$)"), timeout=60_000)
        expect(page.get_by_text(re.compile("falls as")).first).to_be_visible(timeout=120_000)
        process.start()
    assert moved
    wait_for(lambda: store.jobs.get(job.id).state.ended)
    assert store.jobs.get(job.id).state is JobState.DONE
    shown = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    assert (shown["n_points"], shown["draws"]) == (["5"], ["3"])
