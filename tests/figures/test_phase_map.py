"""The figure of a phase map, and what is taken home of it."""

import json
import math
import shlex
from dataclasses import replace

import numpy as np
import pytest

import ntk_uq
from ntk_uq.analysis.maps import stored_map
from ntk_uq.cli import main
from ntk_uq.engine.inline import Overlay
from ntk_uq.figures.phase_map import color_range, hover_text, is_log, map_figure
from ntk_uq.figures.style import Style
from ntk_uq.specs import ArchitectureSpec, DataSpec, MapSpec
from ntk_uq.ui.pages.phase_map.exhibit import exhibit
from ntk_uq.views import PhaseMapView

SPEC = MapSpec(
    DataSpec(n_test=40),
    ArchitectureSpec(1, "erf"),
    x="n_train",
    x_values=(10, 20, 5000),
    y="sigma_w",
    y_values=(0.5, 1.5),
)


@pytest.fixture(scope="module")
def found():
    return ntk_uq.phase_map(SPEC)


def test_colours_are_the_numbers_and_reasons_are_grey(found):
    figure = map_figure(found, "epsilon", "squared", Style(), "linear")
    colours, grey = (t for t in figure.data if t.type == "heatmap")
    shown = np.array([[math.nan if v is None else v for v in row] for row in colours.z])
    np.testing.assert_array_equal(shown, found.values("epsilon"))
    assert [[v is not None for v in row] for row in grey.z] == [[False, False, True]] * 2
    assert colours.zmin <= np.nanmin(shown) < np.nanmax(shown) <= colours.zmax


def test_logarithmic_colours_have_ticks_of_the_values(found):
    figure = map_figure(found, "mu", "squared", Style(dark=True), "log")
    colours = figure.data[0]
    np.testing.assert_allclose(
        [10 ** colours.z[1][0], 10 ** colours.z[1][1]], found.values("mu")[1, :2]
    )
    bar = colours.colorbar
    for place, text in zip(bar.tickvals, bar.ticktext, strict=True):
        assert 10**place == pytest.approx(float(text), rel=1e-3)
    assert bar.title.text == "μ  [squared]"


def test_every_cell_can_be_clicked_and_tells_its_number_or_its_reason(found):
    figure = map_figure(found, "mu", "squared", Style())
    (targets,) = [t for t in figure.data if t.name == "cells"]
    assert [tuple(place) for place in targets.customdata] == [
        (i, j) for i in range(2) for j in range(3)
    ]
    assert list(zip(targets.x, targets.y, strict=True))[5] == (2, 1)
    assert targets.marker.opacity == targets.unselected.marker.opacity == 0
    assert "pool of" in targets.text[2]
    assert targets.text[0].startswith("N_D = 10, σ_w = 0.5<br>μ = ")
    empty = stored_map(Overlay(None), SPEC)
    assert "not computed yet" in hover_text(empty, "mu", 0, 0)


def test_the_figure_stands_still_while_it_fills_in(found):
    empty = map_figure(stored_map(Overlay(None), SPEC), "mu", "squared", Style(), revision="a")
    full = map_figure(found, "mu", "squared", Style(), revision="a")
    for name in ("height", "margin", "xaxis", "yaxis", "uirevision"):
        assert empty.layout[name] == full.layout[name]


@pytest.mark.parametrize(
    ("values", "scale", "log"),
    [
        ([1, 5], "automatic", False),
        ([1, 50], "automatic", True),
        ([0, 50], "log", False),
        ([1, 50], "linear", False),
        ([1, 2], "log", True),
        ([np.nan], "log", False),
    ],
)
def test_when_colours_are_logarithmic(values, scale, log):
    assert is_log(np.array([values], dtype=float), scale) is log


@pytest.mark.parametrize(
    ("values", "log", "ends"),
    [
        ([0.031, 4.4], True, (0.02, 5)),
        ([0.02, 5], True, (0.02, 5)),
        ([0.31, 0.74], False, (0.3, 0.75)),
        ([2, 2], False, (1, 3)),
        ([0, 0], False, (-0.5, 0.5)),
        ([], False, (0, 1)),
    ],
)
def test_colours_end_at_round_numbers(values, log, ends):
    assert color_range(np.array([values], dtype=float), log) == pytest.approx(ends)


def test_what_is_taken_home_has_every_cell_and_can_be_computed_again(found, capsys):
    view = PhaseMapView(SPEC, "sigma")
    made = exhibit(view, found, Style())
    assert next(plot.name for plot in made.plots) == "sigma"
    assert len(made.plots) == 4
    names = [column.name for column in made.columns]
    assert all(list(row) == names for row in made.rows)
    assert len(made.rows) == SPEC.n_cells
    assert json.dumps(made.details)
    assert any("have a reason" in sentence for sentence in made.findings)
    assert any(sentence.startswith("Lowest μ") for sentence in made.findings)
    space = {}
    exec(compile(made.python, "snippet", "exec"), space)
    np.testing.assert_array_equal(space["found"].values("mu"), found.values("mu"))
    capsys.readouterr()
    (command,) = made.shell
    assert main([*shlex.split(command)[3:], "--quiet"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [c["mu"] for c in cells] == [row["mu"] for row in made.rows]


def test_columns_of_exponents_are_there_with_them():
    spec = replace(SPEC, x_values=(40, 80), sizes=4)
    made = exhibit(PhaseMapView(spec), stored_map(Overlay(None), spec), Style())
    assert {"alpha_mu", "alpha_mu_error", "alpha_mu_reason"} <= {c.name for c in made.columns}
    assert "0 of 4 cells were there." in made.findings
