"""Figures against training time: places, limits, ranges."""

import numpy as np
import pytest

from ntk_uq.analysis.training_time import Sweep, Track
from ntk_uq.figures.style import Style
from ntk_uq.figures.training_sweeps import sweep_figure
from ntk_uq.figures.training_time import time_figure
from ntk_uq.results.training_time import TrainingTime
from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingTimeSpec
from ntk_uq.specs.training_time import time_grid
from ntk_uq.theory.training_time import evaluate_training_time

SPEC = TrainingTimeSpec(
    DataSpec(n_test=40),
    ArchitectureSpec(1),
    n_train=60,
    times=time_grid(0.1, 1e4, 9),
    noises=(0.0, 4.0),
    jitters=(0.0, 1e-3, 0.1),
    draws=2,
)


@pytest.fixture(scope="module")
def training():
    return TrainingTime(SPEC, tuple(evaluate_training_time(SPEC, draw) for draw in range(2)))


def drawn(figure, mode, name=None):
    return [
        t
        for t in figure.data
        if t.mode == mode and t.x[0] is not None and (name is None or t.name == name)
    ]


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("quantity", ["mu", "sigma", "epsilon"])
def test_lines_bands_and_limits_are_the_means_over_draws(training, quantity, linear):
    track = Track("noisy", training.line(4.0))
    style = Style(linear=linear)
    figure = time_figure(quantity, (track,), (0.1, 1e4), None, "unit", style)
    (line,) = drawn(figure, "lines", "noisy")
    found = track.line.along(quantity)
    assert list(line.x) == list(SPEC.times)
    assert list(line.y) == [e.value for e in found]
    (band,) = [t for t in figure.data if t.fill == "toself"]
    upper, lower = np.array(band.y[:9]), np.array(band.y[9:][::-1])
    np.testing.assert_allclose(upper - line.y, [e.error for e in found], rtol=1e-9)
    np.testing.assert_allclose(line.y - lower, [e.error for e in found], rtol=1e-9)
    (limit,) = [t for t in drawn(figure, "markers") if t.marker.symbol.endswith("-open")]
    assert limit.x[0] > 1e4
    assert limit.y[0] == track.line.converged(quantity).value
    axis = figure.layout.xaxis
    assert axis.ticktext[-1] == "∞"
    assert axis.tickvals[-1] == limit.x[0]
    assert axis.range[0] < -1
    assert axis.range[1] > np.log10(limit.x[0])


def test_an_optimum_is_marked_on_all_three(training):
    line = training.line(4.0)
    for quantity in ("mu", "sigma", "epsilon"):
        figure = time_figure(quantity, (Track("noisy", line),), (0.1, 1e4), None, "unit", Style())
        (star,) = [t for t in drawn(figure, "markers") if t.marker.symbol == "star"]
        assert star.x[0] == line.best("mu").tau.value
        assert star.y[0] == getattr(line.best("mu"), quantity).value
    clean = time_figure("mu", (Track("clean", training.line(0.0)),), (0.1, 1e4), None, "u", Style())
    assert not [t for t in drawn(clean, "markers") if t.marker.symbol == "star"]
    assert "smallest μ along the training" not in {t.name for t in clean.data}


def test_a_training_loss_does_not_take_the_axis_with_it(training):
    tracks = (Track("clean", training.line(0.0)),)
    style = Style(parts=True)
    figure = time_figure("mu", tracks, (0.1, 1e4), None, "unit", style, training=True)
    (drawn_line,) = [t for t in drawn(figure, "lines") if t.line.dash == "longdashdot"]
    assert min(drawn_line.y) < 1e-9
    smallest = min(e.value for e in training.line(0.0).along("mu"))
    assert figure.layout.yaxis.range[0] > np.log10(smallest) - 2.5
    assert figure.layout.yaxis.range[0] < np.log10(smallest)


def test_without_draws_the_axes_are_there():
    figure = time_figure("mu", (Track("later", None),), (0.1, 1e4), None, "unit", Style())
    assert figure.layout.yaxis.showticklabels is False
    assert figure.layout.xaxis.ticktext[-1] == "∞"


@pytest.mark.parametrize("against", ["noise", "jitter"])
def test_a_sweep_has_the_stopped_and_the_endless_values(training, against):
    values = SPEC.noises if against == "noise" else SPEC.jitters
    pairs = [
        (v, training.line(v, 0.0) if against == "noise" else training.line(4.0, v)) for v in values
    ]
    figure = sweep_figure("mu", (Sweep("one", tuple(pairs)),), against, values, "unit", Style())
    stopped, endless = drawn(figure, "lines+markers", "one")
    assert list(stopped.y) == [line.stopped["mu"].value for _, line in pairs]
    assert list(endless.y) == [line.converged("mu").value for _, line in pairs]
    assert (stopped.line.dash, endless.line.dash) == ("solid", "dash")
    if against == "noise":
        assert list(stopped.x) == [0.0, 4.0]
    else:
        # Zero has no place on a logarithmic axis: the left edge is its own.
        assert 0 < stopped.x[0] < 1e-3
        assert list(figure.layout.xaxis.ticktext) == ["0", "10<sup>−3</sup>", "0.1"]
        assert list(figure.layout.xaxis.tickvals) == list(stopped.x)


def test_a_small_range_of_values_has_labels(training):
    pairs = tuple((v, training.line(0.0, v)) for v in SPEC.jitters[:2])
    figure = sweep_figure("mu", (Sweep("one", pairs),), "jitter", (0.0, 1e-3), "unit", Style())
    axis = figure.layout.yaxis
    inside = [v for v in axis.tickvals if axis.range[0] <= np.log10(v) <= axis.range[1]]
    assert 2 <= len(inside) <= 9
