"""Learning curves foreseen from a sample: against curves of the theory, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.reference_theory import dataset, kernels_by_recursion, relu_expectations

import ntk_uq
from ntk_uq.base.errors import MemoryLimitError, SpecError
from ntk_uq.costs.kernels import subsets_measured
from ntk_uq.costs.memory import check_foreseen_memory
from ntk_uq.engine.inline import run
from ntk_uq.results.foreseen import Foreseen, MeanLoss, agrees, stored_foreseen
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    ForeseenSpec,
    SpectrumSpec,
    TrainingSpec,
)
from ntk_uq.store import Store, json_bytes
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.effective_medium import EffectiveMedium
from ntk_uq.theory.foreseen import KernelSample, _of_halves, evaluate_foreseen, measured_on
from ntk_uq.theory.spectrum import evaluate_spectrum, fit_power

SPEC = ForeseenSpec(sample=300, n_train=(20, 60, 150))


@pytest.mark.parametrize(
    ("name", "training", "noise"),
    [
        ("digits", TrainingSpec(), 0.0),
        ("digits", TrainingSpec(posterior="bayes", jitter=0.01), 0.0),
        ("digits", TrainingSpec(jitter=0.05), 0.3),
        ("calorimeter", TrainingSpec(), 0.0),
    ],
    ids=str,
)
def test_a_curve_of_other_examples_falls_as_foreseen(name, training, noise):
    """Foreseen from 600 examples; the curve has 20 training subsets and a test set of its own."""
    data = DataSpec(name, n_test=300, noise=noise)
    sizes, draws = (40, 120), 20
    found = evaluate_foreseen(ForeseenSpec(data, training=training, sample=600, n_train=sizes))
    curve = CurveSpec(data, training=training, n_train=sizes, draws=draws)
    drawn = [list(evaluate_draw(curve, draw)) for draw in range(draws)]
    for k, point in enumerate(found.points):
        assert point.holds
        # Test set and sample are one each, so their own errors count beside that of the draws.
        of_test = drawn[0][k].mu_test_error / drawn[0][k].mu
        of_sample = point.foreseen.error / point.foreseen.mu
        for part in ("mu", "mu_bias", "mu_variance"):
            values = np.array([getattr(points[k], part) for points in drawn])
            mean, of_draws = values.mean(), np.std(values, ddof=1) / np.sqrt(draws) / values.mean()
            error = np.linalg.norm([of_draws, of_test, of_sample])
            assert abs(getattr(point.foreseen, part) / mean - 1) < 4 * error + 0.05
            assert error < 0.25, "an error that excludes nothing shows nothing"


def test_powers_add_up_and_belong_to_the_eigenvectors():
    found = evaluate_foreseen(SPEC)
    by_spectrum = evaluate_spectrum(SpectrumSpec(n=SPEC.sample))
    np.testing.assert_allclose(found.ntk.eigenvalues, by_spectrum.ntk.eigenvalues, rtol=1e-9)
    np.testing.assert_allclose(found.nngp.eigenvalues, by_spectrum.nngp.eigenvalues, rtol=1e-9)
    assert sum(found.initial_power) == pytest.approx(found.nngp.trace, rel=1e-9)
    total = sum(found.target_power)
    shares = np.cumsum(found.target_power) / total
    np.testing.assert_allclose(shares, by_spectrum.power, atol=1e-9)
    # One-hot rows minus 1/10: mean square (C - 1) / C^2.
    assert total == pytest.approx(0.09, rel=1e-9)


def test_label_noise_is_on_what_is_trained_on_and_not_in_the_power():
    clean = evaluate_foreseen(SPEC)
    noisy = evaluate_foreseen(replace(SPEC, data=DataSpec(noise=0.5)))
    assert noisy.target_power == clean.target_power
    assert noisy.noise == pytest.approx(0.25 * 0.09, rel=0.1)
    for one, other in zip(noisy.points, clean.points, strict=True):
        assert one.foreseen.mu_bias > other.foreseen.mu_bias
        assert one.foreseen.mu_variance == pytest.approx(other.foreseen.mu_variance, rel=1e-6)
        assert one.holds
        assert one.spectrum_holds


def test_what_is_measured_is_training_on_parts_of_the_sample():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 5))
    x *= np.sqrt(5) / np.linalg.norm(x, axis=1, keepdims=True)
    spec = ArchitectureSpec(1)
    nngp, ntk = (k.astype(float) for k in kernels_by_recursion(spec, x, x, relu_expectations))
    targets = np.sign(x[:, :1])
    sample = KernelSample(ntk, nngp, targets, ridge=1e-3, noise=0.2)
    found = measured_on(sample, 10, 400, seed=0)
    losses = []
    for k in range(400):
        order = np.random.default_rng(k).permutation(40)
        of, rest = order[:10], order[10:]
        inverse = np.linalg.inv(ntk[np.ix_(of, of)] + 1e-3 * np.eye(10))
        # Networks one by one: their initial functions, and noise on their targets.
        initial = rng.multivariate_normal(np.zeros(40), nngp, size=4).T
        noisy = targets[of] + np.sqrt(0.2) * rng.standard_normal((10, 4))
        trained = initial[rest] + ntk[np.ix_(rest, of)] @ inverse @ (noisy - initial[of])
        losses.append(np.mean((trained - targets[rest]) ** 2))
    error = np.hypot(np.std(losses) / np.sqrt(400), found.error)
    assert abs(found.mu - np.mean(losses)) < 4 * error
    assert found.mu == pytest.approx(found.mu_bias + found.mu_variance)


def test_a_kernel_that_cannot_be_trained_on_foresees_nothing_and_says_why():
    rng = np.random.default_rng(1)
    inputs = np.repeat(rng.standard_normal((10, 4)), 12, axis=0)
    data = dataset(inputs, inputs[:, 0], 100, preparation="none")
    spec = ForeseenSpec(DataSpec("memory", n_test=1), sample=60, n_train=(5, 30))
    found = evaluate_foreseen(spec, data)
    assert not found.points[1].holds
    assert "or a jitter" in found.points[1].failure
    assert found.points[1].measured is None
    with_jitter = evaluate_foreseen(replace(spec, training=TrainingSpec(jitter=0.1)), data)
    assert [point.failure for point in with_jitter.points] == [None, None]


def test_halves_of_a_sample_foresee_the_same():
    found = evaluate_foreseen(ForeseenSpec(sample=600, n_train=(25, 75, 150, 300)))
    assert [point.of_half is None for point in found.points] == [False, False, False, True]
    for point in found.points[:3]:
        assert point.of_half == pytest.approx(point.foreseen.mu, rel=0.04)


def test_a_check_that_says_nothing_is_none_and_one_that_fails_fails():
    def loss(mu, error):
        return MeanLoss(mu, mu, 0.0, error)

    assert agrees(loss(1.05, None), loss(1.0, 0.01))
    assert not agrees(loss(1.2, None), loss(1.0, 0.01))
    assert agrees(loss(1.2, None), loss(1.0, 0.1))
    assert not agrees(loss(1.28, None), loss(1.0, 0.14))  # a quarter is too much in any case
    assert not agrees(loss(1.0, None), loss(1.0, 0.2))  # excludes too little
    assert not agrees(loss(1.0, None), loss(1.0, None))
    assert not agrees(loss(1.0, None), None)
    assert not agrees(None, loss(1.0, 0.1))
    assert not agrees(loss(0.0, None), loss(0.0, 0.0))


def test_a_half_that_foresees_nothing_takes_nothing_away():
    rng = np.random.default_rng(3)
    half = rng.standard_normal((40, 6))
    # The first half of every sample has directions enough, the second has each row four times.
    inputs = np.concatenate([half, np.repeat(rng.standard_normal((10, 6)), 4, axis=0)])
    sample = KernelSample(
        inputs @ inputs.T + np.diag(np.r_[np.ones(40), np.zeros(40)]), np.eye(80), inputs[:, :1]
    )
    media = [EffectiveMedium(*sample.part(of)) for of in (slice(40), slice(40, 80))]
    assert _of_halves(media, 10) is None
    assert EffectiveMedium(*sample).at(10).mu > 0


def test_power_laws_of_scattered_powers_are_found():
    ranks = np.arange(1, 2001)
    rng = np.random.default_rng(2)
    found = fit_power(ranks**-1.6 * rng.standard_normal(2000) ** 2)
    assert found.valid
    assert abs(found.exponent - 1.6) < 4 * found.error < 0.5
    few = fit_power(np.ones(90))
    assert few.exponent is None
    assert "take more than 100 examples" in few.reasons[0]


def test_it_is_kept_and_found_whatever_the_test_set(tmp_path):
    with Store(tmp_path) as store:
        found = run(SPEC, store.results)
        assert Foreseen.from_json(json.loads(json_bytes(found.to_json()))) == found
        assert stored_foreseen(store.results, SPEC) == found
        other = replace(SPEC, data=DataSpec(n_test=7))
        assert stored_foreseen(store.results, other) == found
        assert stored_foreseen(store.results, replace(SPEC, n_train=(20, 60))) is None


def test_from_python():
    found = ntk_uq.spectrum(replace(SPEC, n_train=(20,)))
    assert found.points[0].holds
    assert found.points[0].subsets == subsets_measured(300, 20) == 120


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_train": (200,)}, "A sample of 300 examples tells of N_D up to 150"),
        ({"training": TrainingSpec(steps=10)}, "trained to convergence"),
        ({"training": TrainingSpec(time=1.0)}, "trained to convergence"),
        ({"sample": 5}, "sample"),
    ],
)
def test_what_cannot_be_foreseen_is_refused_in_words(change, words):
    with pytest.raises(SpecError, match=words):
        replace(SPEC, **change)


def test_a_sample_larger_than_the_pool_and_one_beyond_memory_are_refused():
    with pytest.raises(SpecError, match=r"The sample is 2,000, .* at most 1,297"):
        evaluate_foreseen(replace(SPEC, sample=2000))
    with pytest.raises(MemoryLimitError, match="Choose a smaller sample"):
        check_foreseen_memory(replace(SPEC, sample=4000), 64, limit=2**30)
