"""No page has what a screen reader or weak eyes cannot use, on light and on dark ground; and its
headings go down by single levels, which is how a screen reader goes through a page."""

import time

import pytest

pytest.importorskip("axe_playwright_python")
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds
SETTLED = 30  # seconds
PAGES = (
    *("", "ensembles", "width", "training_time", "spectrum"),
    *("phase_map", "data", "runs", "report"),
)
_HEADINGS = ("heading-order", "page-has-heading-one", "empty-heading")
"""Of axe's rules of moderate impact, those that are refused, too."""
_READY = """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState
  === 'notRunning' && document.querySelector('h1')
  && [...document.querySelectorAll('.ntk-uq-row > div')].every(e => e.querySelector('.main-svg'))"""


def serious(page):
    """What axe finds at the moment, with the first places of each."""
    results = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return {
        violation["id"]: [node["html"][:200] for node in violation["nodes"][:3]]
        for violation in results["violations"]
        if violation["impact"] in ("serious", "critical") or violation["id"] in _HEADINGS
    }


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_axe_finds_nothing_serious(server, open_page, ground):
    lasting = {}
    for name in PAGES:
        page = open_page(f"{server}/{name}", color_scheme=ground)
        page.wait_for_function(_READY, timeout=WAIT)
        end = time.monotonic() + SETTLED
        # While a page is drawn again, what is still of before is pale.
        while (found := serious(page)) and time.monotonic() < end:
            page.wait_for_timeout(500)
        if found:
            lasting[name] = found
        page.context.close()
    assert lasting == {}
