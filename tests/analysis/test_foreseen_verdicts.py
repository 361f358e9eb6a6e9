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
    assert "have the same μ within 0.0 %" in said
    assert "At N_D = 200, 74 % of it is the variance over initializations" in said
    assert "which falls as N_D^-0.3;" in said
    assert "the mean network's part falls as N_D^-0.5." in said
    assert "The decays foresee N_D^-0.30(10) for the variance over initializations" in said
    assert "beyond rank N_D" in said


def test_one_that_fails_its_check_is_said_not_to_be_drawn():
    said = foreseen_verdict(found(measured=MeanLoss(9.0, 4.0, 5.0, 0.01)))
    assert said == (
        "At N_D = 25, 50, 100, 200 what is foreseen is too far from what is trained on parts of "
        "the sample, and is not drawn."
    )


def test_each_reason_has_a_sentence_of_its_own():
    whole = found()
    changes = (
        {"foreseen": None, "failure": "Too few directions."},
        {"measured": None},
        {"measured": MeanLoss(0.5, 0.2, 0.3, 0.2)},
        {},
    )
    points = tuple(replace(p, **c) for p, c in zip(whole.points, changes, strict=True))
    said = foreseen_verdict(replace(whole, points=points))
    assert said.startswith("From 2 examples μ is foreseen to be 0.275 at N_D = 200.")
    assert "Nothing is foreseen at N_D = 25. Too few directions." in said
    assert "At N_D = 50 parts of the sample cannot be trained on" in said
    assert "At N_D = 100 what is trained on parts of the sample scatters too much" in said
    assert "does not fall" not in said


def test_what_rises_is_said_to_rise():
    whole = planted(decay(1.2), decay(1.5), decay(1.3), -0.2, -0.2)
    said = foreseen_verdict(whole)
    assert "is foreseen to rise from" in said
    assert "the variance over initializations, which rises on average as N_D^0.2" in said


def test_bayesian_networks_have_no_initializations():
    said = foreseen_verdict(replace(found(), ntk=None))
    assert "is the posterior variance" in said
    assert "initializations" not in said


def test_where_the_spectrum_alone_is_wrong_it_says_by_how_much():
    whole = found()
    points = tuple(
        replace(p, of_spectrum=MeanLoss(p.foreseen.mu / 3, 0.1, 0.1, None), potential_ratio=250.0)
        for p in whole.points
    )
    said = foreseen_verdict(replace(whole, points=points))
    assert (
        "alone would be wrong by a factor 3: examples differ, by a factor 250, in the scale" in said
    )
    assert "wrong by a factor" not in foreseen_verdict(whole)


def test_a_curve_with_a_test_set_is_held_against_it():
    points = [
        SimpleNamespace(n_train=n, mu=1.1 * mu, error_or_sem=lambda _: 0.03)
        for n, mu in ((p.n_train, p.foreseen.mu) for p in found().points)
    ]
    curve = SimpleNamespace(points=points, spec=SimpleNamespace(draws=3))
    said = foreseen_verdict(found(), curve)
    assert "The curve with a test set of its own, in 3 draws, is within 9.1 %, at most" in said
