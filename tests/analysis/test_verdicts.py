"""What is said of planted curves: powers, levels, floors, and curves of which little is known."""

import dataclasses

import numpy as np
import pytest
from helpers.planted_curve import made
from helpers.scaling_planted import planted
from helpers.unchecked import unchecked

from ntk_uq.analysis import verdicts
from ntk_uq.analysis.curve_laws import shown_laws
from ntk_uq.analysis.verdicts import verdict
from ntk_uq.scaling.notation import short_value


@pytest.fixture(autouse=True)
def _without_the_checks():
    with unchecked():
        yield


def said(curve, law="power"):
    fits = curve.fits()
    laws = None if law == "power" else shown_laws(curve, fits, law)
    return verdict(curve, fits, laws)


def test_a_power_law_is_told_with_its_exponent_and_error():
    found = said(made(lambda n: 0.3 * n**-0.2))
    for name, alpha in (("mu", 0.4), ("epsilon", 0.2), ("epsilon_population", 0.2)):
        trend = found.trend(name)
        assert abs(trend.alpha - alpha) < 4 * trend.alpha_error
        assert f"falls as N_D^-{short_value(trend.alpha, trend.alpha_error)}" in trend.does
    assert found.told.startswith("μ falls as N_D^-0.")
    assert "test examples" not in found.told


def test_a_plateau_that_is_the_test_sets_is_told_to_be_it():
    found = said(made(lambda n: 0.02 * (n / 40) ** -0.5, floor=0.03))
    epsilon, own = found.trend("epsilon"), found.trend("epsilon_population")
    assert epsilon.reached
    assert epsilon.level == pytest.approx(0.03, rel=0.03)
    assert not own.reached
    assert abs(own.alpha - 0.5) < 4 * own.alpha_error
    assert ", and at the largest N_D 8" in found.told or ", and at the largest N_D 9" in found.told
    assert "% of ε² is the 50 test examples; the networks' own part still falls as N_D^-0." in (
        found.told
    )


@pytest.mark.parametrize("law", ["power", "auto"])
def test_a_level_of_the_networks_own_is_told_the_same_whatever_is_drawn(law):
    found = said(made(lambda n: np.full(len(n), 0.03)), law)
    assert found.trend("epsilon").reached
    assert found.trend("epsilon_population").reached
    assert "stays at 0.0" in found.told
    assert "test examples" not in found.told


def test_a_level_that_is_not_reached_is_one_to_which_the_curve_still_falls():
    curve = made(planted("offset"), draws=6)
    assert not curve.fits().epsilon.valid
    assert curve.laws("epsilon").chosen == "offset"
    default, auto = said(curve), said(curve, "auto")
    assert default.trend("epsilon") == auto.trend("epsilon")
    assert "still falls, towards 0.0" in auto.told
    assert "not reached within the data" in default.told


@pytest.mark.parametrize(
    ("alpha", "error", "told"),
    [
        (0.31, 0.01, "as N_D^-0.310(10)"),
        (0.001, 0.016, "no longer, within its error (exponent 0.001(16))"),
        (-0.001, 0.016, "no longer, within its error (exponent -0.001(16))"),
        (-0.2, 0.01, "rises as N_D^0.200(10)"),
        (0.2, None, "as N_D^-0.2"),
    ],
)
def test_how_a_curve_goes_on_after_a_break(alpha, error, told):
    assert verdicts._further(alpha, error) == told


def test_little_is_said_of_little():
    few = said(made(lambda n: 0.3 * n**-0.2, grid=(40, 80)))
    assert "μ cannot be told: there are too few points" in few.told
    one = said(made(lambda n: 0.3 * n**-0.2, grid=(40,), draws=1))
    assert "cannot be told" in one.told
    flat = made(lambda n: 0.3 * n**-0.2)
    raw = tuple(
        dataclasses.replace(p, sigma=0.0, epsilon=0.0, epsilon_floor=0.0, epsilon_population=0.0)
        for p in flat.raw
    )
    zero = said(dataclasses.replace(flat, raw=raw))
    assert "ε is zero everywhere" in zero.told
    assert zero.floor_share is None


def test_a_curve_of_reasons_alone_is_told_to_have_no_points():
    whole = made(lambda n: 0.3 * n**-0.2)
    nothing = dict.fromkeys(
        ("mu", "mu_bias", "mu_variance", "sigma", "epsilon", "epsilon_floor", "epsilon_population")
    )
    raw = tuple(dataclasses.replace(p, **nothing, failure="singular") for p in whole.raw)
    found = said(dataclasses.replace(whole, raw=raw))
    assert found.told == "μ has no points. σ has no points. ε has no points."


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (0.3724, 0.004, "0.372(4)"),
        (0.0159, 0.00013, "0.01590(13)"),
        (12.34, 1.2, "12.3(1.2)"),
        (3.1e-5, 2e-6, "3.1(2)e-05"),
        (0.5, None, "0.5"),
        (None, None, "not determined"),
    ],
)
def test_errors_stand_in_units_of_the_last_digit(value, error, told):
    assert short_value(value, error) == told
