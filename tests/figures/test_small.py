"""Small pictures of figures."""

import itertools
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest
from helpers.made import figure

from ntk_uq.figures import Style
from ntk_uq.figures.pictures import HEAT
from ntk_uq.figures.small import small_picture

SVG = "{http://www.w3.org/2000/svg}"


def parts(fig, tag, dark=False):
    return list(ET.fromstring(small_picture(fig, Style(dark))).iter(f"{SVG}{tag}"))


def places(line):
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]


@pytest.mark.parametrize("dark", [False, True])
def test_lines_have_the_figures_places_and_colours_and_no_words(dark):
    text = small_picture(figure(dark), Style(dark))
    assert "first" not in text
    assert "A title" not in text
    (line,) = parts(figure(dark), "polyline", dark)
    assert line.get("stroke") == Style(dark).color(0)
    assert len(parts(figure(dark), "polygon", dark)) == 1
    ((x0, y0), (x1, y1)) = places(line)
    assert x0 < x1
    assert y0 > y1, "larger values stand higher"


def test_a_power_law_on_logarithmic_axes_is_straight_and_what_has_no_place_is_left_out():
    n = [1, 10, 100, 1000, 5000, 0, None]
    fig = go.Figure()
    fig.add_scatter(x=n, y=[1, 0.1, 0.01, 0.001, float("nan"), 1, 1], mode="lines+markers")
    fig.add_scatter(x=[1], y=[1e9], xaxis="x2", yaxis="y2")  # of another plot below
    fig.update_layout(xaxis_type="log", yaxis_type="log")
    (line,) = parts(fig, "polyline")
    found = places(line)
    assert len(found) == len(parts(fig, "circle")) == 4
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(found)]
    assert steps == [pytest.approx(steps[0], abs=0.2)] * 3


@pytest.mark.parametrize("scale", ["Viridis", HEAT[False]])
def test_a_map_has_a_cell_for_each_number(scale):
    z = [[0.0, 1.0, None], [float("nan"), 0.5, 1.0]]
    fig = go.Figure()
    fig.add_heatmap(z=z, zmin=0, zmax=1, colorscale=scale)
    cells = [r for r in parts(fig, "rect") if r.get("fill") != "none"]
    assert len(cells) == 4
    assert cells[0].get("fill") != cells[1].get("fill") == cells[3].get("fill")
    assert float(cells[0].get("y")) > float(cells[2].get("y")), "the first row is the lowest"
    fig = go.Figure()
    fig.add_heatmap(z=[[0.0] * 1000] * 900)
    assert len(parts(fig, "rect")) < 130 * 130


def test_where_there_is_nothing_it_is_empty():
    empty = go.Figure()
    empty.add_scatter(x=[], y=[])
    empty.add_heatmap(z=[[None]])
    assert small_picture(go.Figure(), Style()) == small_picture(empty, Style()) == ""


def test_bars_stand_on_the_ground_and_texts_of_others_are_no_markup():
    fig = go.Figure()
    fig.add_bar(x=["<script>", "b"], y=[1, 3], name="'><script>")
    text = small_picture(fig, Style())
    assert "script" not in text
    low, high = [r for r in parts(fig, "rect") if r.get("fill") != "none"]
    assert float(high.get("height")) > float(low.get("height"))
