"""What is said of foreseen curves, from planted records."""

from dataclasses import replace
from types import SimpleNamespace

from helpers.planted_foreseen import decay, planted

from ntk_uq.analysis.foreseen_verdicts import foreseen_verdict
from ntk_uq.results.foreseen import MeanLoss


def found(**changes):
    made = planted(decay(1.2), decay(1.5), decay(1.3), 0.5, 0.3)
    return replace(made, points=tuple(replace(point, **changes) for point in made.points))


def test_a_good_one_says_how_it_falls_that_it_was_checked_and_what_it_consists_of():
    said = foreseen_verdict(found())
    assert said.startswith("From 2 examples μ is foreseen to fall")
    assert "have the same within 0.0 %" in said
    assert "At N_D = 200, 74 % of it is the spread over initializations" in said
    assert "which falls as N_D^-0.3;" in said
    assert "the mean network's part falls as N_D^-0.5." in said
    assert "Ranks alone foresee N_D^-0.30(10) of the spread" in said
    assert "beyond rank N_D" in said


def test_one_that_fails_its_check_is_said_not_to_be_drawn():
    said = foreseen_verdict(found(measured=MeanLoss(9.0, 4.0, 5.0, 0.01)))
    assert said.startswith("At N_D = 25, 50, 100, 200 it is further from what is trained")
    assert "foreseen to fall" not in said


def test_one_that_could_not_be_checked_says_so():
    assert "could not be checked on the sample" in foreseen_verdict(found(measured=None))


def test_why_there_is_none():
    said = foreseen_verdict(found(foreseen=None, failure="Too few directions."))
    assert said == "Nothing is foreseen at N_D = 25, 50, 100, 200. Too few directions."


def test_where_the_spectrum_alone_is_wrong_it_says_by_how_much():
    whole = found()
    points = tuple(
        replace(p, of_spectrum=MeanLoss(p.foreseen.mu / 3, 0.1, 0.1, None), spread=250.0)
        for p in whole.points
    )
    said = foreseen_verdict(replace(whole, points=points))
    assert (
        "The spectrum alone would be wrong by a factor 3: examples differ, by a factor 250," in said
    )
    assert "wrong by a factor" not in foreseen_verdict(whole)


def test_a_curve_of_other_examples_is_held_against_it():
    points = [
        SimpleNamespace(n_train=n, mu=1.1 * mu, mu_sem=0.02, error=lambda _: 0.03)
        for n, mu in ((p.n_train, p.foreseen.mu) for p in found().points)
    ]
    curve = SimpleNamespace(points=points, spec=SimpleNamespace(draws=3))
    said = foreseen_verdict(found(), curve)
    assert "On other examples, in 3 draws, the curve is within 9.1 %, at most" in said
