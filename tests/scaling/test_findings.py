"""What was found is a value, and the sentence for it is made at the end."""

from dataclasses import replace

import numpy as np
import pytest

from ntk_uq.analysis.ensemble_laws import Exponent
from ntk_uq.analysis.posteriors import ExponentPair
from ntk_uq.scaling import Finding, Flag, HeldOut, Parameter, Wording, fit_plateau, fit_power_law

SIZES = np.geomspace(16, 1024, 7)
FALLING = fit_power_law(SIZES, SIZES**-0.5)
BENT = replace(FALLING, valid=False, alpha_first=0.25, alpha_last=0.75)
LEVEL = replace(fit_plateau(SIZES, SIZES**0.0), valid=False, slope=-0.5, slope_error=0.1)


def found(fit, *findings):
    return replace(fit, flags=tuple(Flag(finding, "") for finding in findings)).describe()


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding.TOO_FEW_POINTS, "too few points: 7, and an exponent needs 4"),
        (
            Finding.NON_POSITIVE,
            "no power law: the curve has values that are zero or negative",
        ),
        (
            Finding.NARROW_RANGE,
            "too narrow: N_D from 16 to 1024, and an exponent needs a factor 4",
        ),
        (Finding.CONSTANT, "constant: all values are equal"),
        (Finding.FLAT, "flat: α = "),
        (Finding.RISING, "not falling: exponent of N_D is -0.5"),
        (Finding.BENDING, "still bending: local exponent 0.25 → 0.75"),
        (
            Finding.NOT_A_POWER_LAW,
            "not a power law: the points scatter too far from a straight line",
        ),
        (Finding.MISSING_POINTS, "no power law: "),
    ],
)
def test_why_there_is_no_exponent(finding, words):
    assert found(BENT, finding).startswith(words)


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding.TOO_FEW_POINTS, "no plateau: too few points, 7 of at least 3"),
        (Finding.NON_POSITIVE, "no plateau: the curve has values that are zero or negative"),
        (Finding.NARROW_RANGE, "no plateau: N_D spans less than a factor 4"),
        (Finding.STILL_FALLING, "no plateau: falls by 88 % from N_D = 16 to 1024"),
        (Finding.STILL_RISING, "no plateau: rises by 88 % from N_D = 16 to 1024"),
        (
            Finding.UNDETERMINED,
            "no plateau can be told: the slope from N_D = 16 to 1024 is -0.50 ± 0.10",
        ),
        (Finding.SCATTER, "no plateau: the points scatter too much from N_D = 16 to 1024"),
    ],
)
def test_why_there_is_no_plateau(finding, words):
    assert found(LEVEL, finding) == words


def test_of_several_findings_the_most_telling_is_said_whatever_their_order():
    for pair in ((Finding.BENDING, Finding.FLAT), (Finding.FLAT, Finding.BENDING)):
        assert found(BENT, *pair).startswith("flat: ")


def test_a_finding_is_exported_as_its_name():
    kept = Flag(Finding.NOT_A_POWER_LAW, "why").to_json()
    assert kept == {"name": "not_a_power_law", "reason": "why"}
    assert type(kept["name"]) is str


def test_a_law_over_something_else_says_so():
    ranks = Wording(axis="k", alpha="The exponent", does="They do")
    (flag,) = fit_power_law(SIZES, SIZES**0.5, words=ranks).flags
    assert flag.reason == "They do not fall: it goes as k^+0.5 on average."
    (flag,) = fit_power_law(SIZES, SIZES**-0.001, words=ranks).flags
    assert flag.reason.startswith("The exponent is 0.001")


@pytest.mark.parametrize(
    ("name", "symbol", "called"),
    [
        ("q_inf", "q_∞", "σ_∞"),
        ("q_0", "q_0", "σ_0"),
        ("alpha", "α", "α"),
        ("n_break", "n_b", "n_b"),
    ],
)
def test_a_parameter_that_is_a_value_of_the_quantity_is_called_after_it(name, symbol, called):
    assert Parameter(name, symbol, 0.1, None, None).symbol_of("σ") == called


def test_exponents_are_compared_where_both_may_be_quoted():
    other = fit_power_law(SIZES, SIZES**-0.75)
    pair = ExponentPair(FALLING, other)
    assert pair.valid
    assert pair.describe().startswith("Δα = -0.25")
    for trained, bayes, who in ((BENT, other, "trained"), (FALLING, BENT, "Bayesian")):
        refused = ExponentPair(trained, bayes)
        assert not refused.valid
        assert refused.describe() == f"{who}: {BENT.describe()}"


def test_the_outcome_of_a_check_is_what_is_said_after_held_out():
    many = HeldOut(1200.0, (400.0, 1200.0), None, None, None, None, 0.3, None, None, None, "no law")
    one = replace(many, held_out=(1200.0,))
    said = "nothing could be expected without it: no law"
    assert many.outcome() == f"N_D ≥ 400, asked for 1,200: {said}"
    assert one.outcome() == f"N_D = 1,200: {said}"
    assert many.describe() == f"held out {many.outcome()}"


def test_an_exponent_s_sentence_has_one_full_stop():
    nothing = (None,) * 5
    told = Exponent(64, "mu", *nothing, None, "α = 0.5")
    assert told.sentence == "α = 0.5."
    flags = (Flag(Finding.TOO_FEW_POINTS, "2 points."),)
    why = Exponent(64, "mu", *nothing, None, "2 points.", flags)
    assert why.sentence == "2 points."
    assert "obstacles" not in why.to_json()
