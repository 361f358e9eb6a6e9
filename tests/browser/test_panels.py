"""Rows of figures in a real Chromium: they stay while points come, and are linked."""

import urllib.parse

import pytest
from helpers.drawn import wait_until_drawn

from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds: two slow cores compile the first kernel meanwhile
ZOOMED = [2.1, 2.7]
VIEW = CurvesView(
    DataSpec(n_test=300), (1, 2, 3), n_low=50, n_high=1000, n_points=12, draws=6
)  # 216 points

_LOOK = """() => { window.looks = []; setInterval(() => window.looks.push(
  [...document.querySelectorAll('.js-plotly-plot')]
    .filter(e => e.querySelector('.main-svg') && e.offsetHeight > 100).length), 30) }"""
_RANGES = """[...document.querySelectorAll('.js-plotly-plot')]
  .map(e => e.layout.xaxis.range)"""
_HIDDEN = """count => [...document.querySelectorAll('.js-plotly-plot')].every(e =>
  e.data.filter(t => t.visible === 'legendonly').every(t => t.legendgroup === 'depth 2')
  && (e.data.some(t => t.visible === 'legendonly')) === count > 0)"""


def test_figures_stay_and_keep_their_zoom_while_points_come(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(VIEW.to_query())}")
    page.locator(".js-plotly-plot .scatterlayer .point").first.wait_for(timeout=WAIT)
    page.evaluate(_LOOK)
    page.evaluate(
        "range => Plotly.relayout(document.querySelector('.js-plotly-plot'),"
        "{'xaxis.range': range})",
        ZOOMED,
    )
    wait_until_drawn(page, WAIT)
    looks = page.evaluate("window.looks")
    assert set(looks) == {3}
    assert page.evaluate(_RANGES) == [ZOOMED] * 3

    legend = page.locator(".js-plotly-plot").first.locator(".legendtoggle")
    legend.nth(1).click()
    page.wait_for_function(_HIDDEN, arg=1, timeout=WAIT)
    page.wait_for_timeout(2000)  # sooner, Plotly would take it for a double click
    legend.nth(1).click()
    page.wait_for_function(_HIDDEN, arg=0, timeout=WAIT)


def test_panels_stand_below_each_other_where_they_lack_room(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(VIEW.to_query())}")
    for width, rows in ((1440, 1), (1024, 3)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            """rows => { const all = [...document.querySelectorAll('.js-plotly-plot')];
              const tops = new Set(all.map(e => e.getBoundingClientRect().top));
              return all.length === 3 && tops.size === rows
                && all.every(e => e.offsetWidth >= 300 && e.querySelector('.main-svg')) }""",
            arg=rows,
            timeout=WAIT,
        )
