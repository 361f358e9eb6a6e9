"""The page "Start": cards as large as their links, in a narrow window, too."""

import pytest

from ntk_uq.people import SOMEBODY, Saving
from ntk_uq.specs import DataSpec
from ntk_uq.store import open_store
from ntk_uq.views import CurvesView

pytestmark = pytest.mark.browser

WAIT = 90_000
VIEW = CurvesView(DataSpec(n_test=50), depths=(1,), n_low=10, n_high=40, n_points=2, draws=1)
SETTINGS: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory):
    """The store of the server, with a saved view."""
    directory = tmp_path_factory.mktemp("kept") / "store"
    SETTINGS["NTK_UQ_STORE"] = str(directory)
    with open_store(directory) as store:
        Saving(store, SOMEBODY).save_view("mine", "scaling_curves", VIEW.to_query())
    return directory


@pytest.mark.parametrize("width", [1440, 390])
def test_a_click_on_a_card_opens_its_view_without_loading_anew(server, open_page, kept, width):
    page = open_page(f"{server}/start", viewport={"width": width, "height": 900})
    card = page.locator("[class*='st-key-card_']").filter(has_text="mine")
    card.wait_for(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("window.same = true")
    card.scroll_into_view_if_needed()
    card.click(position={"x": 60, "y": 60})  # on its picture
    page.get_by_role("heading", name="Scaling curves", level=1).wait_for(timeout=WAIT)
    page.wait_for_function("location.pathname === '/' && location.search.includes('n_test=50')")
    assert page.evaluate("window.same")
    page.go_back()
    change = card.get_by_role("button", name="Change")
    change.click(timeout=WAIT)
    page.get_by_role("button", name="Delete this view").click(timeout=WAIT)
    card.wait_for(state="detached", timeout=WAIT)
    with open_store(kept) as store:
        hand = Saving(store, SOMEBODY)
        assert not hand.visible()
        hand.save_view("mine", "scaling_curves", VIEW.to_query())
