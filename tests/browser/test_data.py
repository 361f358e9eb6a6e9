"""The page of data sets in a real Chromium: a file of one's own, and a public one fetched."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.drawn import wait_until_drawn
from helpers.mirror import Mirror

pytestmark = pytest.mark.browser

WAIT = 90_000
SETTINGS: dict[str, str] = {}
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module", autouse=True)
def mirror():
    """The official MNIST files, at an address that the server is told to ask alone."""
    folder = Path(os.environ.get("NTK_UQ_TEST_DATA", SHARED_DATA)) / "mnist"
    server = Mirror({path.name: path.read_bytes() for path in folder.glob("*.gz")})
    SETTINGS["NTK_UQ_MIRRORS"] = server.url("hold")
    SETTINGS["NO_PROXY"] = "127.0.0.1"
    yield server
    server.close()


@pytest.fixture
def cells(tmp_path):
    """A CSV file of made-up calorimeter cells and energies."""
    rng = np.random.default_rng(3)
    energy = np.exp(rng.uniform(0, 3, 400))
    shares = rng.dirichlet([5, 3, 2], 400)
    path = tmp_path / "cells.csv"
    lines = ["em1 [MeV],em2 [MeV],had [MeV],event,energy [GeV]"]
    for number, (e, share) in enumerate(zip(energy, shares, strict=True)):
        deposits = ",".join(f"{1000 * e * s * rng.normal(1, 0.1):.2f}" for s in share)
        lines.append(f"{deposits},{number},{e:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def choose(page, box, option):
    field = page.get_by_role("combobox", name=box)
    field.click()
    field.fill(option)
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")


def test_a_file_of_ones_own_from_upload_to_curve(server, open_page, cells):
    page = open_page(f"{server}/data")
    page.get_by_text("A file of your own").click()
    page.locator("input[type=file]").set_input_files(str(cells))
    page.get_by_text("400 rows, 5 columns").wait_for(timeout=WAIT)
    choose(page, "Target columns", "energy [GeV]")
    choose(page, "Leave out", "event")
    page.get_by_text("A regression of energy [GeV] from 3 columns").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Use these data").click()

    page.get_by_text("Uploaded from cells.csv: 400 examples of 3 values").wait_for(timeout=WAIT)
    page.get_by_text("24 examples of the pool").wait_for(timeout=WAIT)
    page.get_by_text("Target beyond the first k eigenvectors").wait_for(timeout=WAIT)
    assert "energy in GeV" in page.locator(".js-plotly-plot").first.text_content()
    name = re.search(r"dataset=(own-[0-9a-f]{40})", page.url)[1]

    page.get_by_text("Scaling curves of these data").click()
    page.wait_for_function(
        "document.querySelector('h1')?.innerText == 'Scaling curves'", timeout=WAIT
    )
    wait_until_drawn(page, WAIT)
    assert f"dataset={name}" in page.url
    assert page.locator("[data-testid=stAlertContentError]").count() == 0

    # Somebody else finds it by the link, and in no list.
    other = open_page(page.url)
    other.get_by_text("cells.csv").first.wait_for(timeout=WAIT)
    stranger = open_page(f"{server}/data")
    stranger.get_by_role("combobox", name="Data set").click()
    stranger.get_by_role("option", name="MNIST").wait_for(timeout=WAIT)
    assert stranger.get_by_role("option", name="cells.csv").count() == 0


def test_two_users_fetch_at_once_and_one_download_serves_both(server, open_page, mirror):
    if not mirror.files:
        pytest.skip("no real MNIST files; set NTK_UQ_TEST_DATA to the directory that holds mnist")
    first, second = (open_page(f"{server}/data") for _ in range(2))
    for page in (first, second):
        page.get_by_text("All data sets").click()
        page.get_by_role("button", name="Fetch, 11.1 MiB").wait_for(timeout=WAIT)
    first.get_by_role("button", name="Fetch, 11.1 MiB").click()
    assert mirror.started.wait(30)
    first.get_by_text(re.compile(r"train-images-idx3-ubyte.gz: .* of 9.5 MiB")).wait_for()
    second.get_by_role("button", name="Fetch, 11.1 MiB").click()
    second.get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    mirror.release.set()
    for page in (first, second):
        page.get_by_text("60,000 in the pool, 10,000 for the test set").wait_for(timeout=WAIT)
    assert mirror.asked("hold") == 4
