"""Laws of width from real ensembles, from Python and from the shell."""

import json
from dataclasses import replace

import pytest

import ntk_uq
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.cli import main
from ntk_uq.engine.inline import run_comparison
from ntk_uq.results.points import QUANTITIES
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec

SPEC = EnsembleSpec(
    DataSpec(n_test=50),
    ArchitectureSpec(depth=1),
    OptimizerSpec(steps=30),
    widths=(16, 32, 64, 128),
    n_train=(20,),
    members=40,
)


@pytest.fixture(scope="module")
def comparison():
    return run_comparison(SPEC)


def test_real_networks_approach_the_theory_as_one_over_width(comparison):
    study = width_laws(comparison)
    law = study.law("mu", 20)
    assert law.trusted
    assert law.best.anchored
    assert abs(law.pull) < 4
    # mu comes from below: a narrow network has more to move.
    assert law.best.c < -3 * law.best.c_error
    # Two routes to the same error: propagated through the fit, and members resampled.
    assert law.bootstrap_error == pytest.approx(law.best.c_error, rel=0.6)
    answer = law.needed(0.05)
    assert answer.low < answer.width < answer.high
    assert abs(law.best.predict([answer.width])[0] / law.theory - 1) == pytest.approx(0.05)


def test_laws_are_plain_values_for_every_quantity_and_size(comparison):
    study = width_laws(comparison)
    assert [law.quantity for law in study.laws] == list(QUANTITIES)
    text = json.dumps(study.to_json(), allow_nan=False)
    assert json.loads(text)["laws"][0]["anchored"]["q_inf"] == study.laws[0].theory


def test_without_theory_the_limit_is_fitted_and_said_to_be_compared_with_nothing(comparison):
    law = width_laws(Comparison(comparison.ensembles, None)).law("mu", 20)
    assert law.anchored is None
    assert law.best is law.free
    assert law.verdict == "no theory to compare with"
    assert law.needed(0.1).words == "not known: 4 widths carry no law beyond 128"


def test_a_missing_ensemble_is_told_and_gives_no_law(comparison):
    none = replace(comparison.ensembles, members={}, points=())
    law = width_laws(Comparison(none, comparison.theory)).law("epsilon", 20)
    assert not law.best.valid
    assert "0 widths with a value" in law.needed(0.1).words
    assert law.bootstrap_error is None


def test_python_gives_the_laws_that_the_page_draws(comparison, monkeypatch):
    monkeypatch.setattr("ntk_uq.engine.inline.run_comparison", lambda spec: comparison)
    study = ntk_uq.width_law(SPEC)
    assert study.law("epsilon", 20) == width_laws(comparison).law("epsilon", 20)


ARGUMENTS = [
    *("width", "--dataset", "digits", "--depth", "1", "--width", "8,16,32", "--n-train", "10"),
    # As in other tests of ensembles: compiled once for all.
    *("--n-test", "30", "--members", "6", "--steps", "20", "--quiet"),
]


def test_the_command_prints_laws_and_answers(capsys):
    assert main(ARGUMENTS) == 0
    out = capsys.readouterr().out
    assert "width needed" in out
    assert out.count("\n") > 5
    assert main([*ARGUMENTS, "--json", "--tolerance", "20"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["tolerance"] == 20
    assert {law["quantity"] for law in data["laws"]} == set(QUANTITIES)
    assert data["laws"][0]["needed"]["tolerance"] == 0.2


def test_two_widths_are_refused_before_anything_is_trained(capsys):
    two = [a if a != "8,16,32" else "8,16" for a in ARGUMENTS]
    assert main(two) == 2
    assert "A law of width needs at least 3 widths and has 2" in capsys.readouterr().err
