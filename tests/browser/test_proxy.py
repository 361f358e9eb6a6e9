"""The pages behind the nginx of deploy/: below a path, by https, with a websocket and uploads."""

import re
import socket
import urllib.parse

import numpy as np
import pytest
from helpers import nginx
from helpers.serving import serving
from playwright.sync_api import expect

from ntk_uq.views import CurvesView

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(nginx.NGINX is None, reason="no nginx; on Debian: apt install nginx-light"),
]
PATH = "/lab/ntk"
MEGABYTES = 150


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The address at nginx, and its process."""
    with serving(tmp_path_factory.mktemp("server"), path=PATH) as address:
        ports = {"http": free_port(), "https": free_port()}
        web = urllib.parse.urlsplit(address).port
        folder = tmp_path_factory.mktemp("nginx")
        with nginx.running(folder, web=web, **ports) as server:
            yield f"https://localhost:{ports['https']}{PATH}", server


def test_pages_come_and_talk_over_the_websocket(behind, open_page):
    address, _ = behind
    sockets = []
    page = open_page("about:blank", ignore_https_errors=True)
    page.on("websocket", lambda one: sockets.append(one.url))
    page.goto(f"{address}/")
    expect(page.get_by_role("heading", name="Scaling curves")).to_be_visible(timeout=60_000)
    assert sockets == [f"{address.replace('https', 'wss')}/_stcore/stream"]
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible(timeout=30_000)
    assert urllib.parse.urlsplit(page.url).path == f"{PATH}/runs"


def test_a_large_file_arrives(behind, open_page, tmp_path):
    rows = MEGABYTES * 2**20 // (784 * 4)
    inputs = np.random.default_rng(0).random((rows, 784), dtype=np.float32)
    file = tmp_path / "large.npz"
    np.savez(file, inputs=inputs, targets=inputs[:, 0])
    assert file.stat().st_size > MEGABYTES * 2**20 - 10_000
    page = open_page(f"{behind[0]}/data", ignore_https_errors=True)
    page.get_by_text("A file of your own").first.click(timeout=60_000)
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_text(f"{rows:,}").first).to_be_visible(timeout=120_000)


def test_a_connection_that_breaks_is_made_again_and_nothing_set_is_lost(behind, open_page):
    address, server = behind
    view = CurvesView(depths=(1,), n_high=200, n_points=5, draws=1)
    query = urllib.parse.urlencode(view.to_query())
    page = open_page(f"{address}/?{query}", ignore_https_errors=True)
    drawn = page.locator("[data-test-script-state=notRunning]")
    draws = page.get_by_role("spinbutton", name="Draws")
    typed = page.get_by_role("spinbutton", name="N_T, test examples")
    for number in (2, 3):
        expect(draws).to_have_value(str(number - 1), timeout=60_000)
        expect(drawn).to_be_visible(timeout=60_000)
        draws.fill(str(number))
        draws.press("Enter")
        page.wait_for_url(re.compile(f"draws={number}(&|$)"), timeout=60_000)
        expect(drawn).to_be_visible(timeout=60_000)
        typed.fill("31")  # and not yet told
        with page.expect_websocket(timeout=60_000):
            for worker in server.children():
                worker.kill()
        expect(drawn).to_be_visible(timeout=60_000)
        expect(draws).to_have_value(str(number))
        expect(typed).to_have_value("31")
        typed.press("Enter")
        page.wait_for_url(re.compile("n_test=31(&|$)"), timeout=60_000)
    expect(page.get_by_text(re.compile("falls as")).first).to_be_visible(timeout=120_000)
