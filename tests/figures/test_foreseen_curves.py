"""What is foreseen over curves: what is refused is not drawn, ratios have their errors."""

from types import SimpleNamespace

import numpy as np
import pytest

from ntk_uq.figures import Style
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.foreseen_curves import (
    LOSSES,
    ForeseenCurve,
    add_foreseen,
    foreseen_ratio_figure,
    foreseen_ratios,
)
from ntk_uq.results.foreseen import ForeseenPoint, MeanLoss


def loss(mu, error):
    return MeanLoss(mu, mu / 4, 3 * mu / 4, error)


def planted(n, foreseen, measured=1.0):
    return ForeseenPoint(
        n, loss(foreseen, 0.03 * foreseen), None, loss(measured, 0.01), 8, None, None, None
    )


def measured(n, mu=1.0, error=0.04):
    """A point of a curve."""
    return SimpleNamespace(
        n_train=n, mu=mu, mu_bias=mu / 5, mu_variance=4 * mu / 5, error_or_sem=lambda _: error
    )


def curve(points, found):
    sizes = [p.n_train for p in found]
    whole = SimpleNamespace(points=points, spec=SimpleNamespace(sizes=sizes))
    return ForeseenCurve("depth 2", 1, whole, SimpleNamespace(points=found, sample=400))


SEEN = curve(
    [measured(10), measured(20, mu=2.0), measured(40)],
    [planted(10, 0.95), planted(20, 1.5), planted(40, 1.05), planted(80, 1.0)],
)
"""At 20 the check on the sample fails; at 80 there is no point yet."""


def test_what_failed_its_check_is_a_gap():
    canvas = Canvas()
    assert add_foreseen(canvas, "mu", [SEEN], Style(parts=True)) == 1
    whole, bias, variance, entry = canvas.data
    assert list(whole["y"]) == [0.95, None, 1.05, 1.0]
    assert list(bias["y"]) == [0.95 / 4, None, 1.05 / 4, 0.25]
    assert list(variance["y"]) == [3 * 0.95 / 4, None, 3 * 1.05 / 4, 0.75]
    assert entry["name"] == "foreseen from the kernel"


@pytest.mark.parametrize("quantity", ["sigma", "epsilon"])
def test_mu_alone_is_foreseen(quantity):
    canvas = Canvas()
    assert add_foreseen(canvas, quantity, [SEEN], Style()) == 0
    assert not list(canvas.data)


def test_ratios_have_the_errors_of_both():
    found = list(foreseen_ratios(SEEN, "mu"))
    assert [n for n, _, _ in found] == [10, 40]
    np.testing.assert_allclose([ratio for _, ratio, _ in found], [0.95, 1.05])
    np.testing.assert_allclose([e for _, _, e in found], [0.95 * 0.05, 1.05 * 0.05])
    bias = list(foreseen_ratios(SEEN, "mu_bias"))
    np.testing.assert_allclose([ratio for _, ratio, _ in bias], [0.95 * 1.25, 1.05 * 1.25])


@pytest.mark.parametrize("name", LOSSES)
def test_the_figure_has_a_line_a_curve_and_one_at_1(name):
    figure = foreseen_ratio_figure(name, [SEEN], Style(), "revision")
    (line,) = figure.data
    assert list(line.x) == [10, 40]
    assert line.name == "depth 2"
    assert line.marker.color == Style().color(1)
    empty = foreseen_ratio_figure(name, [curve([], [planted(10, 1.0)])], Style())
    assert list(empty.data[0].x) == [None]
