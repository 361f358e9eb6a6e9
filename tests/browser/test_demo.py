"""A demo in a browser: a visitor clicks through it, and its store is the same afterwards."""

import pytest
from helpers.demos import TINY, files
from playwright.sync_api import expect

from ntk_uq.analysis.preset_views import TRY
from ntk_uq.cli.demo import build
from ntk_uq.jobs.prepared import DemoPlan
from ntk_uq.store import Store

pytestmark = pytest.mark.browser

WAIT = 90_000
SETTINGS: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def demo(tmp_path_factory):
    """The folder of the demo that is served."""
    folder = tmp_path_factory.mktemp("demo") / "store"
    with Store(folder) as store:
        assert build(store, DemoPlan((*TINY, TRY[0]), ()))
    SETTINGS["NTK_UQ_DEMO"] = str(folder)
    return folder


def test_a_visitor_looks_around_and_changes_nothing(demo, server, open_page):
    before = files(demo)
    page = open_page(server)
    page.get_by_text("Demo: prepared results").wait_for(timeout=WAIT)
    told = page.get_by_text("This view is not among them")
    page.get_by_test_id("stMain").get_by_role("button", name=TRY[0].label).first.click()
    # The view that was open has 72 points, too: the preset is there when its control says so.
    box = page.locator(".st-key-curves_n_test input")
    expect(box).to_have_value("50", timeout=WAIT)
    page.get_by_text("72 of 72 points computed").wait_for(timeout=WAIT)
    assert not told.count()
    page.locator(".js-plotly-plot").nth(2).wait_for(timeout=WAIT)

    box.fill("70")
    box.press("Enter")
    told.wait_for(timeout=WAIT)
    page.get_by_text("0 of 72 points computed").wait_for(timeout=WAIT)
    assert not page.get_by_text("No engine is running").count()
    assert not page.get_by_text("waiting").count()

    page.get_by_role("button", name=TINY[0].label).click()
    page.get_by_text("2 of 2 points computed").wait_for(timeout=WAIT)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="Runs", exact=True, level=1).wait_for(timeout=WAIT)
    page.get_by_test_id("stDataFrame").wait_for(timeout=WAIT)
    assert files(demo) == before
