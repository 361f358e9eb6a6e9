"""The very first address that is opened after a start, whichever page it is."""

import pytest

from ntk_uq.store import open_store
from ntk_uq.ui.pages import PAGES
from ntk_uq.views import CurvesView

pytestmark = pytest.mark.browser

WAIT = 90_000
SETTINGS: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory):
    """The store of the server, to look into."""
    directory = tmp_path_factory.mktemp("kept") / "store"
    SETTINGS["NTK_UQ_STORE"] = str(directory)
    return directory


def test_it_is_shown_as_a_part_of_the_app_and_no_other_page_is_run(server, open_page, kept):
    page = open_page(f"{server}/data")
    page.get_by_role("heading", name="Data", exact=True, level=1).wait_for(timeout=WAIT)
    page.get_by_text("What is in it").wait_for(timeout=WAIT)
    links = page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    names = [text.split("\n")[-1] for text in links]
    assert names == [one.title for one in PAGES.values() if not one.for_admins]
    assert names[:9] == [
        "Scaling curves",
        "Ensembles",
        "Width",
        "Training time",
        "Spectrum",
        "Phase map",
        "Data",
        "Runs",
        "Report",
    ]
    assert page.url.startswith(f"{server}/data?v=")
    with open_store(kept) as store:
        # The page of curves would say that somebody looks at its default view.
        jobs = [spec.digest() for spec in CurvesView().curves()]
        assert not any(store.watchers.watched(job, but="nobody") for job in jobs)


def test_an_address_of_no_page_says_so_in_one_place_and_goes_on(server, open_page):
    page = open_page(f"{server}/nosuch?v=9&depth=3")
    page.get_by_role("heading", name="No such page", exact=True, level=1).wait_for(timeout=WAIT)
    page.get_by_text("This version has no page 'nosuch'").wait_for(timeout=WAIT)
    assert not page.get_by_role("dialog").count()
    page.get_by_role("link", name="Open Scaling curves").click()
    page.get_by_role("heading", name="Scaling curves", exact=True, level=1).wait_for(timeout=WAIT)
    page.wait_for_function("location.pathname == '/' && location.search.startsWith('?v=')")
    assert not page.get_by_role("dialog").count()
