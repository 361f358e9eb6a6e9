"""Figures of spectra and foreseen curves, from planted records."""

import numpy as np
import pytest

from ntk_uq.figures import Style
from ntk_uq.figures.foreseen import CURVE, TITLES_FORESEEN, ForeseenTrace, foreseen_figure
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.results.spectrum import Decay, KernelSpectrum
from ntk_uq.specs import ForeseenSpec

SPEC = ForeseenSpec(sample=400, n_train=(25, 50, 100))
RANKS = np.arange(1, 401)
DECAY = Decay(1.3, 0.02, 10, 80, True, ())


def loss(mu, error=None):
    return MeanLoss(mu, mu / 4, 3 * mu / 4, error)


def point(n, foreseen=1.0, alone=1.0):
    """A point whose loss is ``n^-1/2`` where it is measured, and this times it where foreseen."""
    mu = n**-0.5
    return ForeseenPoint(
        n, loss(foreseen * mu, 0.01), loss(alone * mu), loss(mu, 0.005 * mu), 8, None, 2.0, None
    )


def planted(*points):
    values = tuple(map(float, RANKS**-1.3))
    kernel = KernelSpectrum(values, sum(values), 1e-13, 1e3, DECAY)
    power = tuple(map(float, RANKS**-1.5))
    return Foreseen(400, kernel, kernel, power, values, DECAY, DECAY, points, 0.0, 0.0, 1.0, {})


def drawn(name, found):
    return foreseen_figure(name, [ForeseenTrace("depth 2", SPEC, found)], "1", Style())


def lines(figure, dash, axis="y"):
    return [
        list(trace.y)
        for trace in figure.data
        if trace.legendgroup and trace.line.dash == dash and (trace.yaxis or "y") == axis
    ]


def test_eigenvalues_and_their_law():
    figure = drawn("eigenvalues", planted(point(25), point(50), point(100)))
    curve, law, *_ = figure.data
    assert curve.y[0] == 1
    np.testing.assert_allclose(curve.y, np.array(curve.x) ** -1.3, rtol=1e-12)
    np.testing.assert_allclose(law.y, np.array(law.x) ** -1.3, rtol=0.02)
    assert "−1.30" in curve.name


def test_power_beyond_a_rank_is_what_is_left():
    figure = drawn("power", planted(point(25)))
    target, initial, *_ = figure.data
    tail = np.cumsum((RANKS**-1.5)[::-1])[::-1]
    at = np.array(target.x).astype(int)
    np.testing.assert_allclose(target.y, tail[at] / tail[0], rtol=1e-12)
    assert target.line.dash == "solid"
    assert initial.line.dash == "dot"


def drawn_of(line):
    return [value for value in line if value is not None]


@pytest.mark.parametrize(
    ("foreseen", "alone", "solid", "dashed"), [(1.02, 0.98, 3, 3), (1.02, 0.4, 3, 0), (2, 2, 0, 0)]
)
def test_only_what_passed_its_check_is_drawn(foreseen, alone, solid, dashed):
    found = planted(*(point(n, foreseen, alone) for n in SPEC.n_train))
    figure = drawn(CURVE, found)
    (upper,) = lines(figure, "solid")
    (lower,) = lines(figure, "solid", "y2")
    assert len(drawn_of(upper)) == solid
    assert drawn_of(lower) == pytest.approx([foreseen] * solid)
    assert len(drawn_of(lines(figure, "dash")[0])) == dashed
    (trained,) = (t for t in figure.data if t.mode == "markers" and t.legendgroup)
    assert list(trained.y) == pytest.approx([n**-0.5 for n in SPEC.n_train])


def test_a_line_has_a_gap_where_its_check_failed():
    figure = drawn(CURVE, planted(point(25), point(50, foreseen=3.0), point(100)))
    for axis in ("y", "y2"):
        (line,) = lines(figure, "solid", axis)
        assert [value is None for value in line] == [False, True, False]


@pytest.mark.parametrize("name", TITLES_FORESEEN)
def test_what_is_not_there_yet_has_its_place_and_its_colour(name):
    found, empty = planted(point(25), point(50), point(100)), drawn(name, None)
    there = drawn(name, found)
    assert empty.layout.height == there.layout.height
    assert empty.layout.xaxis.range == there.layout.xaxis.range
    assert "depth 2" in [trace.name for trace in empty.data]
