"""Width, training time and phase maps in a real Chromium: trained, filled, a cell clicked."""

import urllib.parse

import pytest
from helpers.drawn import wait_until_drawn

from ntk_uq.specs import DataSpec, MapSpec, OptimizerSpec
from ntk_uq.views import PhaseMapView, TrainingTimeView, WidthView

pytestmark = pytest.mark.browser

WAIT = 120_000  # milliseconds: kernels are compiled
DATA = DataSpec(n_test=40)
WIDTH = WidthView(
    DATA,
    depths=(1,),
    optimizer=OptimizerSpec(steps=10),
    widths=(8, 16, 32),
    n_train=(10,),
    members=6,
)
TIME = TrainingTimeView(DATA, n_train=30, draws=1, n_times=9, noises=(0.0, 4.0))
MAP = PhaseMapView(
    MapSpec(DATA, n_train=20, x="sigma_w", x_values=(1.0, 2.0), y="depth", y_values=(1, 2))
)


def address(server, page, view):
    return f"{server}/{page}?{urllib.parse.urlencode(view.to_query())}"


def test_networks_of_three_widths_are_trained_and_have_laws(server, open_page):
    page = open_page(address(server, "width", WIDTH))
    page.get_by_test_id("stBaseButton-primary").click(timeout=WAIT)
    page.get_by_text("All 18 networks are trained").wait_for(timeout=WAIT)
    page.locator(".plotly .scatterlayer .point").first.wait_for(timeout=WAIT)
    wait_until_drawn(page, WAIT)


def test_a_view_of_training_time_fills(server, open_page):
    page = open_page(address(server, "training_time", TIME))
    page.get_by_text("1 of 1 draws computed").wait_for(timeout=WAIT)
    page.get_by_text("label noise 4: μ is smallest at τ =").wait_for(timeout=WAIT)


def test_a_cell_of_a_map_is_clicked_and_opens_its_curve(server, open_page):
    page = open_page(address(server, "phase_map", MAP))
    page.get_by_text("All 4 cells are there").wait_for(timeout=WAIT)
    box = page.locator(".nsewdrag").bounding_box(timeout=WAIT)
    assert box is not None
    # The upper right cell: the second row and the second column.
    place = box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"]
    page.mouse.move(*place)
    page.locator(".hoverlayer .hovertext").wait_for(timeout=WAIT)  # the figure listens
    page.mouse.click(*place)
    page.get_by_role("heading", name="σ_w = 2, depth = 2").wait_for(timeout=WAIT)
    page.wait_for_url("**row=1&column=1**", timeout=WAIT)
    page.get_by_role("link", name="Open its scaling curve").click()
    page.get_by_text("8 of 8 points computed").wait_for(timeout=WAIT)
    assert "depths=2&" in page.url
    assert "sigma_w=2.0&" in page.url
