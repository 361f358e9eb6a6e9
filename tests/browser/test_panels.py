"""Rows of figures in a real Chromium: they stay while points come, and are linked."""

import urllib.parse

import pytest
from helpers.drawn import wait_until_drawn

from ntk_uq.specs import DataSpec, MapSpec, OptimizerSpec
from ntk_uq.views import CurvesView, EnsemblesView, PhaseMapView

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds: two slow cores compile the first kernel meanwhile
VIEW = CurvesView(
    DataSpec(n_test=300), (1, 2, 3), n_low=50, n_high=1000, n_points=12, draws=6
)  # 216 points
SMALL = CurvesView(DataSpec(n_test=100), (1, 2), n_low=40, n_high=640, n_points=5, draws=3)
MAP = PhaseMapView(
    MapSpec(
        DataSpec(n_test=20),
        x_values=(0.75, 1.0, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875, 2.0, 2.25, 2.5),
        y_values=(1, 2),
        n_train=20,
    )
)
NETWORKS = EnsemblesView(
    DataSpec(n_test=20),
    optimizer=OptimizerSpec(steps=10),
    widths=(8, 16),
    n_train=(10, 20),
    members=3,
)

_LOOK = """() => { window.looks = []; setInterval(() => window.looks.push(
  [...document.querySelectorAll('.js-plotly-plot')]
    .filter(e => e.querySelector('.main-svg') && e.offsetHeight > 100).length), 30) }"""
_MOVED = """() => { window.moved = 0; new PerformanceObserver(list => {
  for (const e of list.getEntries()) if (!e.hadRecentInput) window.moved += e.value
}).observe({type: 'layout-shift'}) }"""
_RANGES = """[...document.querySelectorAll('.js-plotly-plot')]
  .map(e => e.layout.xaxis.range)"""
_ROOM = "document.querySelector('.st-key-verdicts').offsetHeight"
_LABELLED = """[...document.querySelectorAll('.js-plotly-plot')]
  .map(e => e.querySelectorAll('.xtick').length)"""
_HIDDEN = """count => [...document.querySelectorAll('.js-plotly-plot')].every(e =>
  e.data.filter(t => t.visible === 'legendonly').every(t => t.legendgroup === 'depth 2')
  && (e.data.some(t => t.visible === 'legendonly')) === count > 0)"""

_MISPLACED = """[...document.querySelectorAll('.js-plotly-plot')].flatMap(e => {
  const panel = e.getBoundingClientRect(), plot = panel.left + e._fullLayout._size.l
  const titles = [...e.querySelectorAll('.ytitle, .y2title')].map(t => t.getBoundingClientRect())
  const named = [...e.querySelectorAll('.legendtext')].map(t => t.getBoundingClientRect())
  // What has no room in a legend is scrolled out of sight.
  const legend = e.querySelector('.legend .bg')?.getBoundingClientRect()
  const labels = [...e.querySelectorAll('.xtick text')].map(t => t.getBoundingClientRect())
  const below = [...e.querySelectorAll('.xtitle, .x2title')].map(t => t.getBoundingClientRect())
  const wanted = ['yaxis', 'yaxis2'].filter(a => e._fullLayout[a]?.title.text).length
  return [
    ...titles.filter(t => t.left < panel.left || t.right > plot).map(t => ['title', t.left]),
    ...named.filter(t => t.right > panel.right + 1).map(t => ['legend', t.right]),
    ...named.filter(t => t.bottom > legend.bottom + 2).map(t => ['legend', t.bottom]),
    ...below.filter(t => t.right > panel.right + 1).map(t => ['below', t.right]),
    ...labels.slice(1).filter((t, i) => t.left < labels[i].right + 2).map(t => ['tick', t.left]),
    ...(titles.length === wanted ? [] : [['titles', titles.length]]),
  ]
})"""


def test_titles_of_axes_stand_beside_their_plots_and_legends_are_whole(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(SMALL.to_query())}")
    wait_until_drawn(page, WAIT)
    # Entries stand one below the other, or several in a row: wherever that changes.
    for width in (*range(390, 1960, 67), *range(1142, 1166, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"{_MISPLACED}.length === 0", timeout=WAIT)
        assert page.locator(".ytitle").count() == 3


def test_labels_of_many_values_have_room_on_a_phone_too(server, open_page):
    page = open_page(f"{server}/phase_map?{urllib.parse.urlencode(MAP.to_query())}")
    page.wait_for_function(f"Math.max(...{_LABELLED}) >= 11", timeout=WAIT)
    for width in (*range(1920, 300, -120), 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"{_MISPLACED}.length === 0", timeout=WAIT)
        assert min(page.evaluate(_LABELLED)) >= 4
    page.wait_for_function(f"Math.max(...{_LABELLED}) >= 11", timeout=WAIT)


def test_figures_stay_and_keep_their_zoom_while_points_come(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(VIEW.to_query())}")
    page.locator(".js-plotly-plot .scatterlayer .point").first.wait_for(timeout=WAIT)
    page.evaluate(_LOOK)
    page.evaluate(_MOVED)
    whole = page.evaluate(_RANGES)[0]
    room = page.evaluate(_ROOM)
    drag = page.locator(".js-plotly-plot .nsewdrag").first
    drag.scroll_into_view_if_needed()
    box = drag.bounding_box()
    assert box is not None
    for step, share in enumerate((0.3, 0.5, 0.8)):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        if step == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_function(f"{_RANGES}.every(range => range[0] > {whole[0]})", timeout=WAIT)
    zoomed = page.evaluate(_RANGES)
    assert zoomed == [zoomed[0]] * 3
    wait_until_drawn(page, WAIT)
    looks = page.evaluate("window.looks")
    assert set(looks) == {3}
    assert page.evaluate(_RANGES) == zoomed
    assert page.evaluate(_ROOM) == room  # the sentences that came have moved nothing
    assert page.evaluate("window.moved") < 0.005  # the bar above becomes a line of words
    assert min(page.evaluate(_LABELLED)) >= 2
    page.evaluate(
        "range => Plotly.relayout(document.querySelectorAll('.js-plotly-plot')[1],"
        "{'xaxis.range': range})",
        whole,
    )
    page.wait_for_function(f"{_RANGES}.every(range => range[0] === {whole[0]})", timeout=WAIT)
    assert min(page.evaluate(_LABELLED)) >= 4

    legend = page.locator(".js-plotly-plot").first.locator(".legendtoggle")
    legend.nth(1).click()
    page.wait_for_function(_HIDDEN, arg=1, timeout=WAIT)
    page.wait_for_timeout(2000)  # sooner, Plotly would take it for a double click
    legend.nth(1).click()
    page.wait_for_function(_HIDDEN, arg=0, timeout=WAIT)


_NEWCOMERS = """() => { window.newcomers = 0; new MutationObserver(all => all.forEach(one =>
  one.addedNodes.forEach(node => { window.newcomers += node.classList?.contains('point') ?? 0 })))
  .observe(document.body, { childList: true, subtree: true }) }"""
_POINTS = "document.querySelectorAll('.scatterlayer .point').length"
_LABELS = """[...document.querySelectorAll('.js-plotly-plot')]
  .map(e => [...e.querySelectorAll('.hovertext')].map(one => one.textContent).join()
    .replaceAll('\u200b', ''))"""
SMALL = CurvesView(DataSpec(n_test=300), (1, 2), n_low=50, n_high=400, n_points=4)


def test_points_are_drawn_once_each_and_hover_is_that_of_all_figures(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(SMALL.to_query())}")
    page.locator(".js-plotly-plot").nth(2).locator(".main-svg").first.wait_for(timeout=WAIT)
    page.evaluate(_NEWCOMERS)
    there = page.evaluate(_POINTS)
    wait_until_drawn(page, WAIT)
    assert page.evaluate(_POINTS) == 3 * 8
    assert page.evaluate("window.newcomers") <= 3 * 8 - there

    point = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point").nth(1)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function(f"{_LABELS}.every(Boolean)", timeout=WAIT)
    mean, spread, relative = page.evaluate(_LABELS)
    assert mean.startswith("depth 1μ = 0.")
    assert spread.startswith("depth 1σ = 0.")
    assert relative.startswith("depth 1ε = 0.")
    for said in ("population: 0.", "floor: 0."):
        assert said in relative
    for label in (mean, spread, relative):
        assert "ND = 100" in label
    page.mouse.move(5, 5)
    page.wait_for_function(f"!{_LABELS}.some(Boolean)", timeout=WAIT)


def test_a_figure_is_presented_on_the_whole_screen(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(SMALL.to_query())}")
    wait_until_drawn(page, WAIT)
    first = page.locator(".js-plotly-plot").first
    first.hover()
    first.get_by_role("button", name="Present").click()
    whole = """i => { const e = document.querySelectorAll('.js-plotly-plot')[i];
      return document.fullscreenElement === e && e.layout.font.size > 20
        && e.querySelector('.main-svg').getBoundingClientRect().width > 1400 }"""
    page.wait_for_function(whole, arg=0, timeout=WAIT)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(whole, arg=1, timeout=WAIT)
    page.locator(".js-plotly-plot").nth(1).get_by_role("button", name="Present").click()
    page.wait_for_function(
        """!document.fullscreenElement && [...document.querySelectorAll('.js-plotly-plot')]
          .every(e => e.layout.font.size < 20 && e.offsetWidth < 500)""",
        timeout=WAIT,
    )


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


def test_titles_below_and_legends_are_whole_on_a_phone_too(server, open_page):
    page = open_page(f"{server}/ensembles?{urllib.parse.urlencode(NETWORKS.to_query())}")
    page.locator(".st-key-launch button").click(timeout=WAIT)
    page.locator(".js-plotly-plot").nth(4).wait_for(timeout=WAIT)
    for width in (1152, 1024, 600, 390, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"{_MISPLACED}.length === 0", timeout=WAIT)
