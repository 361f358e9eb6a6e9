"""What ``ntk_uq curve`` sets beside a curve: a baseline with ratios, and finite networks."""

import json
import math
import shlex

import pytest

import ntk_uq
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.views import CurvesView

SMALL = ("curve", "--n-train", "10,20", "--n-test", "20", "--draws", "2", "--quiet")
ONE = ("--networks", "8", "--members", "6", "--net-steps", "10")


def curve(**changes):
    spec = {"data": DataSpec(n_test=20), "architecture": ArchitectureSpec(2)} | changes
    return ntk_uq.curve(CurveSpec(**spec, n_train=(10, 20), draws=2))


def test_a_baseline_is_this_command_but_for_what_it_says_and_ratios_are_within_draws(run):
    code, out, error = run(*SMALL, "--depth", "2", "--baseline", "--depth 1", "--json")
    assert (code, error) == (0, "")
    (base,) = json.loads(out)["baseline"]
    other = curve(architecture=ArchitectureSpec(1))
    assert CurveSpec.from_json(base["spec"]) == other.spec
    own = {(p.n_train, p.draw): p for p in curve().raw}
    for ratio in base["ratios"]["sigma"]:
        pair = [
            own[p.n_train, p.draw].sigma / p.sigma
            for p in other.raw
            if p.n_train == ratio["n_train"]
        ]
        assert ratio["value"] == pytest.approx(sum(pair) / 2)
        assert ratio["error"] == pytest.approx(abs(pair[0] - pair[1]) / 2)
    out = run(*SMALL, "--depth", "2", "--baseline", "--depth 1")[1]
    assert "baseline, depth 1: depth 1 → 2" in out
    assert "sigma/baseline" in out


def test_a_link_is_a_baseline_and_other_subsets_are_compared_by_their_means(run):
    data = DataSpec(n_test=20, seed=3)
    view = CurvesView(data, depths=(1, 2), n_low=10, n_high=20, n_points=2, draws=2)
    link = f"https://somewhere.org/?{view.as_baseline()}"
    code, out, _ = run(*SMALL, "--depth", "2", "--baseline", link, "--json")
    assert code == 0
    # Of several, the one of the curve's own label.
    (base,) = json.loads(out)["baseline"]
    assert base["label"] == "depth 2"
    mine, theirs = (c.points[0] for c in (curve(), curve(data=data)))
    ratio = base["ratios"]["mu"][0]
    assert ratio["value"] == pytest.approx(mine.mu / theirs.mu)
    relative = math.hypot(mine.mu_sem / mine.mu, theirs.mu_sem / theirs.mu)
    assert ratio["error"] == pytest.approx(relative * ratio["value"])


def test_networks_that_are_there_stand_over_their_own_limit_and_the_rest_is_offered(run, store):
    trained = ("--n-test", "20", "--depth", "2", "--width", "8", "--n-train", "10", "--quiet")
    code, out, _ = run("ensemble", *trained, "--members", "6", "--steps", "10", "--json")
    assert code == 0
    (there,) = json.loads(out)["points"]
    code, out, error = run(*SMALL, "--depth", "2", *ONE, "--json")
    assert (code, error) == (0, "")
    found = json.loads(out)["networks"]
    (point,) = found["points"]
    assert (point["mu"], point["theory"]) == (there["mu"], there["theory"])
    ratio = point["ratios"]["mu"]
    assert ratio["value"] == pytest.approx(there["mu"] / there["theory"]["mu"])
    assert ratio["low"] == pytest.approx(there["mu_ci"][0] / there["theory"]["mu"])
    assert ratio["error"] > 0
    assert found["missing"] == 6
    out = run(*SMALL, "--depth", "2", *ONE)[1]
    assert "epsilon/infinite" in out
    assert "6 of 12 networks are not in the store" in out
    # What is said to train them does.
    assert run(*shlex.split(found["launch"])[3:], "--quiet")[0] == 0
    assert json.loads(run(*SMALL, "--depth", "2", *ONE, "--json")[1])["networks"]["missing"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--baseline", "--depht 1"), "--baseline: unrecognized arguments: --depht 1; give a link"),
        (("--baseline", "https://x.org/?v=99"), "baseline cannot be opened: The link has version"),
        (("--networks", "8,x"), "widths is 'x'; it must be a whole number"),
        (("--networks", "8", "--no-store"), "leave out --no-store"),
        (("--networks", "8", "--posterior", "bayes"), "No network is trained to a Bayesian"),
    ],
)
def test_a_mistake_is_told_before_the_work(run, store, monkeypatch, arguments, words):
    monkeypatch.setattr("ntk_uq.cli.curve._compute", lambda *_: pytest.fail("computed"))
    code, out, error = run(*SMALL, *arguments)
    assert (code, out) == (2, "")
    assert words in error


def test_the_command_of_a_page_has_its_baseline_and_its_networks():
    from ntk_uq.export import shell_of

    base = CurvesView(n_low=10).as_baseline()
    view = CurvesView(baseline=base, widths=(256,), members=3)
    words = shlex.split(shell_of("curve", view.base, view))
    assert words[words.index("--baseline") + 1] == base
    assert "--networks" not in words
    shown = CurvesView(finite=True, members=3)
    words = shlex.split(shell_of("curve", shown.base, shown))
    assert words[words.index("--networks") + 1] == "256"  # also where it is the default
