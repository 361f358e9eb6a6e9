"""Curves beside each other: whose exponent is larger, which agree, what a change did."""

import dataclasses

import numpy as np
import pytest
from helpers.planted_curve import GRID, made
from helpers.unchecked import unchecked

from ntk_uq.analysis.curve_changes import change, partners, ranking
from ntk_uq.analysis.verdicts import Trend, Verdict, verdict
from ntk_uq.specs import CurveSpec, DataSpec


def falls(alpha, error=0.01, quantity="mu", **more):
    trend = Trend(quantity, alpha, error, None, None, reached=False, does="falls", **more)
    return Verdict((trend,), None, 100)


def test_the_steepest_comes_first_and_neighbours_are_told_apart_or_said_to_agree():
    said = ranking([("a", falls(0.30)), ("b", falls(0.50)), ("c", falls(0.31))])
    assert said == (
        "Steepest μ: b (α = 0.500(10)), c (0.310(10), 13 standard errors less), "
        "a (0.300(10), agrees with c, 0.7 standard errors)."
    )


def test_curves_without_an_exponent_are_named_and_bends_have_none():
    bends = falls(0.9, alpha_first=0.2)
    said = ranking([("a", falls(0.3)), ("b", bends), ("c", falls(0.2))])
    assert said.endswith("; without an exponent: b.")
    assert ranking([("a", falls(0.3)), ("b", bends)]) == ""
    unknown = ranking([("a", falls(0.3, None)), ("b", falls(0.2, None))])
    assert "errors are not known" in unknown


def test_a_curve_of_twice_the_loss_is_told_to_be_that():
    with unchecked():
        base = made(lambda n: np.full(len(n), 0.03))
        raw = tuple(dataclasses.replace(p, mu=2 * p.mu, sigma=2 * p.sigma) for p in base.raw)
        curve = dataclasses.replace(base, raw=raw)
        now, then = (verdict(c, c.fits()) for c in (curve, base))
        told = change(curve, now, base, then).told
    assert told.startswith(f"at N_D = {GRID[0]:,} μ × 2, σ × 2, ε × 1; at N_D = ")
    assert f"at N_D = {GRID[-1]:,} μ × 2, σ × 2, ε × 1." in told
    assert "Exponent of μ" in told
    assert "(agrees, 0.0 standard errors)" in told


def test_what_has_no_n_train_in_common_has_no_ratio():
    with unchecked():
        base, other = (made(lambda n: 0.3 * n**-0.2, grid=g) for g in ((40, 80), (50, 100)))
        told = change(base, None, other, None).told
    assert told == "has no N_D in common with it, and so no ratio."


@pytest.mark.parametrize(
    ("label", "target", "found"),
    [
        ("a", "default", ["a"]),
        ("c", "default", []),  # which of the two is meant, nobody knows
        ("c", "log", ["c"]),
        ("d", "log", ["c"]),
        ("a", "raw", []),
    ],
)
def test_a_curve_is_compared_with_its_own_label_or_the_only_one_of_its_target(label, target, found):
    def of(one):
        return CurveSpec(DataSpec("calorimeter", target=one))

    baseline = [("a", of("default")), ("b", of("default")), ("c", of("log"))]
    assert [name for name, _ in partners(label, of(target), baseline)] == found
    other = CurveSpec(DataSpec("digits"))
    assert partners("a", other, baseline) == []
