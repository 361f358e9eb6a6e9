"""Tables in a real Chromium: in no window is a number cut, or a table to be scrolled sideways."""

import urllib.parse

import pytest
from helpers.drawn import wait_until_drawn

from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView, RunsView

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds
VIEW = CurvesView(DataSpec(n_test=100), (1, 2), n_low=20, n_high=200, n_points=6, draws=2)
_CUT = """() => [...document.querySelectorAll('[data-testid=stTable]')].flatMap(table => {
  const edge = table.getBoundingClientRect()
  const texts = [...table.querySelectorAll('tbody p')].filter(p => {
    const range = document.createRange()
    range.selectNodeContents(p)
    const box = range.getBoundingClientRect()
    return box.left < edge.left || box.right > edge.right + 1
  }).map(p => p.textContent)
  const wide = [...table.querySelectorAll('*')].filter(e =>
    e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto')
  return [...texts, ...wide.map(e => `${e.scrollWidth} in ${e.clientWidth}`)]
})"""
_TABLES = "document.querySelectorAll('[data-testid=stTable]').length"
_CARDS = """[...document.querySelectorAll('[data-testid=stTable] tbody tr')]
  .filter(row => getComputedStyle(row).display === 'block').length"""


def test_no_table_of_a_view_is_cut_in_any_window(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(VIEW.to_query())}")
    wait_until_drawn(page, WAIT)
    for box in ("About the fits", "Numbers, provenance"):
        page.locator("summary", has_text=box).click()
    page.get_by_role("radio", name="Laws compared").click()
    page.wait_for_function(f"{_TABLES} === 4", timeout=WAIT)
    cards = {}
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        assert page.evaluate(_CUT) == [], width
        cards[width] = page.evaluate(_CARDS)
    assert cards[1440] < cards[1024] < cards[390]


def test_streamlits_own_export_is_not_offered(server, open_page):
    """Its cells are whatever a label is, also a formula of a spreadsheet."""
    page = open_page(f"{server}/?{urllib.parse.urlencode(VIEW.to_query())}")
    wait_until_drawn(page, WAIT)
    query = urllib.parse.urlencode(RunsView(everything=True).to_query())
    page.goto(f"{server}/runs?{query}")
    table = page.locator("[data-testid=stDataFrame]").first
    table.hover(timeout=WAIT)
    buttons = page.locator("[data-testid=stElementToolbarButton]")
    buttons.filter(has=page.locator("[aria-label*=Search]")).first.wait_for(timeout=WAIT)
    assert buttons.filter(has=page.locator("[aria-label*='as CSV']")).count() == 1
    assert not buttons.filter(has=page.locator("[aria-label*='as CSV']")).is_visible()
