"""Figures of a training: what is drawn is the record's, and nothing breaks a logarithmic axis."""

import json
import math
import re

import numpy as np
import pytest
import scipy.integrate

from ntk_uq.figures.descent import descent_figure
from ntk_uq.figures.distribution import distribution_figure, predicted_density
from ntk_uq.figures.style import Style, marker, with_unit
from ntk_uq.results.descent import Descent, DescentStep
from ntk_uq.results.ensembles.records import MeanTrajectory

UNIT = "squared error, one-hot targets"
STEPS = (0, 1, 10, 100, 1000)
ENSEMBLES = {
    256: MeanTrajectory(
        (0, 3, 100), (1.1, 0.5, 0.01), (0.1, 0.05, 0.02), (1.2, 0.6, 0.3), (0.1, 0.06, 0.5)
    ),
    64: MeanTrajectory((0, 3, 100), (1.3, 0.6, 0.02), None, (1.4, 0.7, 0.4), None),
}


def descent(train=(1.0, 0.8, 0.4, 0.05, 1e-6)):
    mu = (1.1, 0.9, 0.6, 0.3, 0.25)
    sigma = (0.2, 0.15, 0.7, 0.1, 0.05)  # larger than mu at the third step
    steps = tuple(
        DescentStep(
            step=k,
            mu=m,
            mu_bias=m / 2,
            mu_variance=m / 2,
            sigma=s,
            epsilon=s / m,
            epsilon_floor=s / m / 2,
            epsilon_population=None,
            skewness=0.5,
            train_mu=t,
            train_mu_bias=t / 2,
            train_mu_variance=t / 2,
            train_sigma=t / 5,
        )
        for k, m, s, t in zip(STEPS, mu, sigma, train, strict=True)
    )
    return Descent(100, 0, steps, 3.0, 0.0, 1.0, (), {})


def named(figure, words):
    found = [t for t in figure.data if t.name and words in t.name]
    assert len(found) == 1, [t.name for t in figure.data]
    return found[0]


def assert_sound(figure):
    """Finite numbers everywhere, positive ones where the axis is logarithmic; and it is JSON."""
    json.loads(figure.to_json())
    for trace in figure.data:
        for axis in "xy":
            values = np.array(trace[axis], dtype=float)
            assert np.isfinite(values).all(), trace.name
            if figure.layout[f"{axis}axis"].type == "log":
                assert (values > 0).all(), trace.name
        if figure.layout.yaxis.type == "log" and trace.type == "scatter":
            down = trace.error_y.arrayminus
            if down is not None:
                assert (np.array(trace.y) - np.array(down) > 0).all(), trace.name


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("linear", [False, True])
def test_theory_and_ensembles_are_where_the_records_say(dark, linear):
    figure = descent_figure(descent(), ENSEMBLES, UNIT, Style(dark, linear))
    assert_sound(figure)
    test, train = (named(figure, f"infinite width, {name}") for name in ("test", "train"))
    assert tuple(test.x) == tuple(train.x) == STEPS[1:]
    assert tuple(test.y) == (0.9, 0.6, 0.3, 0.25)
    assert tuple(train.y) == (0.8, 0.4, 0.05, 1e-6)
    assert (test.line.dash, train.line.dash) == ("solid", "dash")
    wide, narrow = (named(figure, f"width {width}, test") for width in (256, 64))
    assert tuple(wide.y) == (1.2, 0.6, 0.3)
    assert tuple(wide.x[1:]) == (3, 100)
    assert tuple(wide.error_y.array) == (0.1, 0.06, 0.5)
    assert not narrow.error_y.visible
    assert wide.marker.color != narrow.marker.color != test.line.color
    assert tuple(named(figure, "width 256, train").y) == (1.1, 0.5, 0.01)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.title.text == with_unit("loss L", UNIT)
    assert UNIT in figure.layout.yaxis.title.text
    assert re.search("training step k", figure.layout.xaxis.title.text)


def band(figure):
    return next(t for t in figure.data if t.fill == "toself")


def test_a_band_that_would_cross_zero_ends_above_it_on_a_logarithmic_axis():
    drawn = band(descent_figure(descent(), {}, UNIT, Style()))
    assert tuple(drawn.x) == (1, 10, 100, 1000, 1000, 100, 10, 1)
    np.testing.assert_allclose(drawn.y, (1.05, 1.3, 0.4, 0.3, 0.2, 0.2, 0.06, 0.75))
    drawn = band(descent_figure(descent(), {}, UNIT, Style(linear=True)))
    np.testing.assert_allclose(drawn.y, (1.05, 1.3, 0.4, 0.3, 0.2, 0.2, -0.1, 0.75))


def test_step_0_is_at_the_left_edge_and_the_axis_says_so():
    figure = descent_figure(descent(), ENSEMBLES, UNIT, Style())
    axis = figure.layout.xaxis
    assert "k = 0 at the left edge" in axis.title.text
    place = axis.tickvals[0]
    assert (place, axis.ticktext[0]) == (0.5, "0")
    assert tuple(axis.tickvals[1:]) == (1, 10, 100, 1000)
    assert axis.ticktext[-1] == "1,000"
    assert 10 ** axis.range[0] < place < 1
    at = sorted(t.y[0] for t in figure.data if t.x[0] == place)
    assert at == [1.0, 1.1, 1.1, 1.2, 1.3, 1.4]
    (test,) = (t for t in figure.data if t.x[0] == place and t.y[0] == 1.1 and len(t.x) == 1)
    assert tuple(test.error_y.array) == (0.2,)

    without = MeanTrajectory((5, 50), (0.2, 0.1), None, (0.3, 0.2), None)
    axis = descent_figure(None, {64: without}, UNIT, Style()).layout.xaxis
    assert axis.title.text == "training step k"
    assert min(axis.tickvals) >= 5


@pytest.mark.parametrize("steps", [(0,), (7,), (0, 1), (0, 1_000_000)])
def test_few_steps_are_a_figure_too(steps):
    values = (0.5,) * len(steps)
    some = {64: MeanTrajectory(steps, values, None, values, None)}
    figure = descent_figure(None, some, UNIT, Style())
    assert_sound(figure)
    low, high = figure.layout.xaxis.range
    assert all(low < math.log10(x) < high for x in figure.data[0].x)


def test_without_anything_there_is_an_empty_figure():
    figure = descent_figure(None, {}, UNIT, Style())
    assert len(figure.data) == 0
    assert figure.layout.yaxis.showticklabels is False


def test_losses_too_small_for_the_axis_are_left_out_and_that_is_said():
    figure = descent_figure(descent((1.0, 0.8, 0.4, 1e-40, 0.0)), {}, UNIT, Style())
    assert_sound(figure)
    assert tuple(named(figure, "infinite width, train").y) == (0.8, 0.4)
    assert "losses below 1e-15 of the largest are not drawn" in figure.layout.annotations[0].text
    assert figure.layout.yaxis.range[0] > -3
    linear = descent_figure(descent((1.0, 0.8, 0.4, 1e-40, 0.0)), {}, UNIT, Style(linear=True))
    assert tuple(named(linear, "infinite width, train").y) == (0.8, 0.4, 1e-40, 0.0)
    for whole in (linear, descent_figure(descent(), {}, UNIT, Style())):
        assert not whole.layout.annotations


# Distributions


@pytest.mark.parametrize("skewness", [0.0, None, 1e-7, 0.03, 0.8, 1.9])
def test_the_density_has_the_three_moments(skewness):
    mu, sigma = 0.3, 0.04
    low = mu - 12 * sigma if not skewness else max(mu - 2 * sigma / skewness, mu - 12 * sigma)

    def moment(power):
        def integrand(x):
            return (
                predicted_density(np.array([x]), mu, sigma, skewness)[0]
                * ((x - mu) / sigma) ** power
            )

        return scipy.integrate.quad(
            integrand, low, mu + 25 * sigma, limit=500, epsabs=1e-11, points=[mu]
        )[0]

    got = [moment(power) for power in range(4)]
    np.testing.assert_allclose(got, [1, 0, 1, skewness or 0], atol=1e-6)


def test_without_skewness_the_density_is_normal_and_with_it_a_chi_square_is_itself():
    x = np.linspace(0.1, 0.5, 9)
    normal = np.exp(-(((x - 0.3) / 0.04) ** 2) / 2) / (0.04 * math.sqrt(2 * math.pi))
    np.testing.assert_allclose(predicted_density(x, 0.3, 0.04, None), normal, rtol=1e-12)
    # Chi-square with 6 degrees of freedom: x^2 exp(-x / 2) / 16.
    x = np.array([0.5, 3.0, 6.0, 20.0])
    got = predicted_density(x, 6.0, math.sqrt(12), math.sqrt(8 / 6))
    np.testing.assert_allclose(got, x**2 * np.exp(-x / 2) / 16, rtol=1e-10)


@pytest.fixture
def losses():
    rng = np.random.default_rng(2)
    return {
        64: (0.33 + 0.05 * rng.standard_normal(60)).tolist(),
        1024: (0.3 + 0.04 * rng.standard_normal(200)).tolist(),
        4096: [0.28, 0.31, 0.35],
    }


@pytest.mark.parametrize("dark", [False, True])
def test_networks_and_prediction_are_drawn_with_units(losses, dark):
    figure = distribution_figure(losses, 0.3, 0.04, 0.8, UNIT, Style(dark))
    assert_sound(figure)
    assert figure.layout.xaxis.title.text == f"test loss L  [{UNIT}]"
    assert "1 / unit of the loss" in figure.layout.yaxis.title.text
    bars = {t.name: t for t in figure.data if t.type == "bar"}
    assert set(bars) == {"width 64: 60 networks", "width 1024: 200 networks"}
    for bar in bars.values():
        assert np.sum(np.array(bar.y) * np.array(bar.width)) == pytest.approx(1)
    for width, some in losses.items():
        (rug,) = (
            t
            for t in figure.data
            if t.type == "scatter" and t.name == f"width {width}: {len(some)} networks"
        )
        assert list(rug.x) == some
        assert all(y < 0 for y in rug.y)
        assert rug.showlegend == (width == 4096)
    curve = named(figure, "density from μ, σ and skewness")
    np.testing.assert_allclose(curve.y, predicted_density(np.array(curve.x), 0.3, 0.04, 0.8))
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(1, abs=2e-3)
    assert tuple(named(figure, "μ = 0.3").x) == (0.3, 0.3)
    np.testing.assert_allclose(named(figure, "μ ± σ").x, (0.26, 0.26, 0.34, 0.34))


def test_bins_are_fine_enough_for_the_narrowest_and_not_endless():
    rng = np.random.default_rng(4)

    def some(mean, sigma):
        return (mean + sigma * rng.standard_normal(80)).tolist()

    far = {64: some(9, 1), 1024: some(0.3, 0.1)}
    figure = distribution_figure(far, None, None, None, UNIT, Style())
    bars = [t for t in figure.data if t.type == "bar"]
    narrow = next(t for t in bars if "1024" in t.name)
    assert len(narrow.x) > 5
    assert all(y > 0 for bar in bars for y in bar.y)
    apart = {64: some(9, 1e-9), 1024: some(0.3, 1e-9)}
    figure = distribution_figure(apart, None, None, None, UNIT, Style())
    assert_sound(figure)
    assert all(len(t.x) == 1 for t in figure.data if t.type == "bar")


@pytest.mark.parametrize(("sigma", "skewness"), [(0.3, 0.2), (0.3, 2.7), (0.3, None), (1e-12, 0.5)])
def test_no_loss_below_zero_is_predicted_and_nothing_is_infinite(sigma, skewness):
    figure = distribution_figure({}, 0.3, sigma, skewness, UNIT, Style())
    assert_sound(figure)
    curve = named(figure, "density from")
    assert min(curve.x) > 0
    assert max(curve.y) > 0


def test_networks_that_all_agree_have_no_density():
    figure = distribution_figure({64: [0.3] * 20}, 0.3, 0.0, None, UNIT, Style())
    assert_sound(figure)
    assert [t.name for t in figure.data] == [
        "width 64: 20 networks",
        "infinite width: μ = 0.3, σ = 0",
    ]


def test_before_the_theory_is_there_only_networks_are_drawn(losses):
    figure = distribution_figure(losses, None, None, None, UNIT, Style())
    assert_sound(figure)
    assert all(t.name.startswith("width") for t in figure.data)


def test_a_width_has_its_colour_though_others_are_not_drawn(losses):
    style, widths = Style(), (64, 256, 1024)
    along = descent_figure(descent(), {256: ENSEMBLES[256]}, UNIT, style, widths=widths)
    drawn = named(along, "width 256, test").marker
    assert (drawn.color, drawn.symbol) == (style.color(2), marker(2))
    one = distribution_figure({1024: losses[1024]}, 0.3, 0.04, 0.8, UNIT, style, widths=widths)
    (bar,) = (t for t in one.data if t.type == "bar")
    assert bar.marker.line.color == style.color(3)
