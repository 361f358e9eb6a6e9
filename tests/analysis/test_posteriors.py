"""Trained beside Bayesian posteriors."""

import json
import math

import pytest

from ntk_uq.analysis.posteriors import PosteriorPair, bayesian
from ntk_uq.base.errors import SpecError
from ntk_uq.engine.inline import run_curve
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES, Point
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec

SPEC = CurveSpec(DataSpec(n_test=60), ArchitectureSpec(depth=2), n_train=(20, 40, 80, 160), draws=3)


@pytest.fixture(scope="module")
def pair():
    return PosteriorPair(run_curve(SPEC), run_curve(bayesian(SPEC)))


def test_the_counterpart_differs_in_the_posterior_alone():
    spec = CurveSpec(training=TrainingSpec(steps=100, eta=0.5, jitter=1e-3))
    other = bayesian(spec)
    assert other.training == TrainingSpec("bayes", jitter=1e-3)
    assert (other.data, other.n_train, other.draws) == (spec.data, spec.n_train, spec.draws)
    with pytest.raises(SpecError, match="Bayesian already"):
        bayesian(other)


def test_ratios_are_taken_within_a_draw(pair):
    for quantity in QUANTITIES:
        ratios = pair.ratios(quantity)
        assert [r.n_train for r in ratios] == list(SPEC.n_train)
        for ratio in ratios:
            single = [
                getattr(t, quantity) / getattr(b, quantity)
                for t in pair.trained.raw
                for b in pair.bayes.raw
                if t.n_train == b.n_train == ratio.n_train and t.draw == b.draw
            ]
            assert len(single) == 3
            assert ratio.value == pytest.approx(sum(single) / 3)
            spread = math.sqrt(sum((s - ratio.value) ** 2 for s in single) / 2)
            assert ratio.error == pytest.approx(spread / math.sqrt(3))


def test_one_output_layer_tells_the_posteriors_apart_and_a_linear_network_nearly_does_not(pair):
    # Of a network with one linear layer more, NTK and NNGP are proportional: same mean, and the
    # trained ensemble keeps what the prior says where the data say nothing, as the posterior does.
    linear = CurveSpec(
        DataSpec(n_test=60),
        ArchitectureSpec(depth=1, activation="linear", sigma_w=1.0),
        n_train=(10, 20),
    )
    same = PosteriorPair(run_curve(linear), run_curve(bayesian(linear)))
    for quantity in QUANTITIES:
        for ratio in same.ratios(quantity):
            assert ratio.value == pytest.approx(1, rel=1e-6)
    assert any(abs(r.value - 1) > 0.01 for r in pair.ratios("mu"))


def test_points_that_one_side_lacks_have_no_ratio(pair):
    part = Curve(pair.bayes.spec, pair.bayes.raw[:2])
    assert [r.n_train for r in PosteriorPair(pair.trained, part).ratios("mu")] == [20, 40]
    failed = Curve(pair.bayes.spec, (Point(20, 0, failure="singular"),))
    assert PosteriorPair(pair.trained, failed).ratios("mu") == ()


def test_the_exponents_are_compared_or_it_is_said_which_has_none(pair):
    fits = [c.fits().mu for c in (pair.trained, pair.bayes)]
    words = pair.difference("mu")
    if all(fit.valid for fit in fits):
        assert f"{fits[0].alpha - fits[1].alpha:.2f}"[:4] in words
        assert "±" in words
    else:
        assert words.startswith(("trained: ", "Bayesian: "))
    few = PosteriorPair(Curve(SPEC, pair.trained.raw[:3]), pair.bayes)
    assert few.difference("mu").startswith("trained: too few points")


def test_a_pair_is_plain_values(pair):
    data = json.loads(json.dumps(pair.to_json(), allow_nan=False))
    assert len(data["ratios"]["epsilon"]) == 4
    assert data["bayes"]["spec"]["training"]["posterior"] == "bayes"
