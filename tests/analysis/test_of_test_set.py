"""The sentence on the choice of the test examples."""

import dataclasses

from ntk_uq.analysis.of_test_set import exceeds_draws, sentence
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import SYMBOLS, Point
from ntk_uq.specs import CurveSpec, DataSpec

SPEC = CurveSpec(DataSpec(n_test=1200), n_train=(10, 20), draws=2)


def curve(draws=2, **errors):
    """mu is 1.0 and 1.2 in the two draws: 0.1 is its standard error; sigma and epsilon do not
    differ."""
    fields = {"sigma": 0.1, "epsilon": 0.1, "mu_bias": 0.5, "mu_variance": 0.5}
    raw = [
        Point(n, draw, mu=1.0 + 0.2 * draw, epsilon_floor=0.05, **fields, **errors)
        for draw in range(draws)
        for n in (10, 20)
    ]
    return Curve(dataclasses.replace(SPEC, draws=draws), tuple(raw))


def known(mu):
    return {"mu_test_error": mu, "sigma_test_error": 0.02, "epsilon_test_error": 0.005}


def test_it_says_how_far_other_test_examples_would_move_the_curve_and_what_moves_it_more():
    assert sentence(curve(**known(0.022)), SYMBOLS) == (
        "1,200 other test examples would move all points of a curve together: μ by up to 2 %, "
        "σ by up to 20 %, ε by up to 5 % (one standard error). For σ and ε that is, at some N_D, "
        "more than the draws do."
    )
    assert "For μ, σ and ε that is" in sentence(curve(**known(0.2)), SYMBOLS)


def test_one_draw_is_compared_with_nothing():
    said = sentence(curve(1, **known(0.02)), {"mu": "mu", "sigma": "sigma", "epsilon": "epsilon"})
    assert said.endswith(
        "mu by up to 2 %, sigma by up to 20 %, epsilon by up to 5 % (one standard error)."
    )


def test_nothing_is_said_of_points_that_do_not_know_it():
    assert sentence(curve(), SYMBOLS) == ""
    assert not exceeds_draws(curve().points[0], "mu")
    assert exceeds_draws(curve(1, **known(0.02)).points[0], "mu")
    assert not exceeds_draws(curve(**known(0.02)).points[0], "mu")
