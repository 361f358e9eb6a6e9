"""What is said of planted ensembles: how near to infinite width, and how they fall with N_D."""

import pytest
from helpers.ensembles_planted import planted

from ntk_uq.analysis.ensemble_laws import Exponent
from ntk_uq.analysis.ensemble_verdicts import ensemble_verdicts, slope_of

SIZES = (50, 100, 200, 400)


def exponent(width, quantity, alpha=0.4, error=0.01, chosen="power"):
    return Exponent(width, quantity, alpha, error, None, None, None, chosen, "")


def told(comparison, exponents=()):
    return [verdict.told for verdict in ensemble_verdicts(comparison, exponents)]


@pytest.fixture(scope="module")
def falling():
    """Width w has 1 - 8/w of infinite width, whose exponent is a half."""
    return planted(
        (32, 64), SIZES, lambda w, n: (1 - 8 / w) * n**-0.5, lambda n: n**-0.5, error=0.02
    )


def test_each_width_is_told_beside_infinite_width_at_the_largest_n_d(falling):
    first, second = told(falling)
    assert "At N_D = 400 μ is 0.750(15), σ 0.750(15) and ε 0.750(15) times" in first
    assert "μ is 0.875(18)" in second


def test_without_a_law_the_slope_is_the_average_between_the_ends_and_said_to_be(falling):
    slope = slope_of(falling, (), 32, "mu")
    # ln 8 lies between the ends, and both have 2 %.
    assert (slope.alpha, slope.error) == pytest.approx((0.5, 0.02 * 2**0.5 / 2.0794), rel=1e-3)
    assert "μ falls on average as N_D^-0.500(14) (infinite width: N_D^-0.50)" in told(falling)[0]


def test_a_law_that_holds_is_quoted_and_one_that_fails_is_not(falling):
    laws = [exponent(32, "mu"), exponent(32, "sigma", chosen="broken")]
    sentence = told(falling, laws)[0]
    assert "μ falls as N_D^-0.400(10)" in sentence
    assert "σ falls on average as N_D^-0.500(14)" in sentence


def test_what_does_not_change_beyond_its_errors_is_said_not_to():
    flat = planted((32,), SIZES, lambda w, n: 1 + 0.02 * (n > 100), lambda n: n**0.1)
    assert "μ does not change within its errors (infinite width: N_D^0.10)" in told(flat)[0]


def test_one_size_and_no_theory_leave_little_to_say():
    (alone,) = told(planted((32,), (100,), lambda w, n: 0.5, None))
    assert alone == "10 networks at N_D = 100; there is nothing to compare with."
    (near,) = told(planted((32,), (100,), lambda w, n: 0.5, lambda n: 0.4))
    assert near.endswith("times that of infinite width.")
    assert told(planted((32, 64), SIZES, lambda w, n: None, lambda n: 1.0)) == []
