"""Exponents that a spectrum foresees, from planted decays."""

import pytest

from ntk_uq.analysis.foreseen_exponents import RESOLUTION, SMOOTHNESS, foreseen_exponents
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.results.spectrum import Decay, KernelSpectrum


def decay(exponent, error=0.1, valid=True):
    reasons = () if valid else (f"{exponent} is none",)
    return Decay(exponent, error, 10, 100, valid, reasons)


def planted(b, a, c, bias=0.5, variance=0.3):
    """Decays, and points whose parts fall with these exponents."""
    kernel = KernelSpectrum((1.0, 0.5), 1.5, 1e-12, 2.0, b)
    points = []
    for n in (25, 50, 100, 200):
        parts = n**-bias, n**-variance
        loss = MeanLoss(sum(parts), *parts, 0.01)
        points.append(ForeseenPoint(n, loss, None, loss, 8, None, 1.0, None))
    return Foreseen(2, kernel, kernel, (1.0, 0.5), (1.0, 0.5), a, c, tuple(points), 0.0, 0.0, 1, {})


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
