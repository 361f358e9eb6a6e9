"""Exponents that a spectrum foresees, from planted decays."""

import pytest
from helpers.planted_foreseen import decay, planted

from ntk_uq.analysis.foreseen_exponents import RESOLUTION, SMOOTHNESS, foreseen_exponents


def test_the_smaller_of_both_limits_and_says_which_it_is():
    bias, variance = foreseen_exponents(planted(decay(1.2), decay(1.7), decay(5.0)))
    assert (bias.value, bias.limited_by) == (pytest.approx(0.7), RESOLUTION)
    assert (variance.value, variance.limited_by) == (pytest.approx(2.4), SMOOTHNESS)
    assert (bias.error, variance.error) == (0.1, pytest.approx(0.2))
    assert bias.curve.alpha == bias.measured.alpha == pytest.approx(0.5)
    assert bias.pull == pytest.approx(2, rel=1e-3)


def test_decays_that_are_no_power_laws_are_told():
    bias, variance = foreseen_exponents(
        planted(decay(1.2, valid=False), decay(1.7), decay(1.4, valid=False))
    )
    assert not bias.valid
    assert bias.reasons == ("1.2 is none",)
    assert variance.reasons == ("1.2 is none", "1.4 is none")


def test_nothing_is_foreseen_from_no_fit():
    bias, _ = foreseen_exponents(planted(decay(None, None, False), decay(1.7), decay(1.4)))
    assert bias.value is bias.error is bias.limited_by is bias.pull is None


def test_a_power_that_lies_beyond_any_rank_foresees_none():
    bias, variance = foreseen_exponents(planted(decay(1.2), decay(0.9), decay(1.4)))
    assert bias.value is bias.limited_by is bias.pull is None
    assert not bias.valid
    assert "rank^-0.90 there, too slowly" in bias.reasons[-1]
    assert variance.valid
