"""Nested evaluation against neural-tangents' own predictions, one N_D at a time."""

import functools

import jax
import numpy as np
import pytest
from helpers.reference_theory import digits, neural_tangents

from ntk_uq import datasets
from ntk_uq.networks.architecture import build
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import posterior as posteriors
from ntk_uq.theory.curve import BayesPosterior, TrainedEnsemble, evaluate_draw
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import loss_moments

GRID, N_TEST, SEED, DRAW = (60, 150), 60, 5, 1  # two of one size: fewer shapes to compile
DEEP, SHALLOW = ArchitectureSpec(3, "relu", sigma_b=0.3), ArchitectureSpec(1, "erf")
ARCHITECTURES = [
    *(DEEP, SHALLOW),
    # neural-tangents' kernels are compiled for each architecture.
    pytest.param(ArchitectureSpec(1, "relu"), marks=pytest.mark.slow),
    pytest.param(ArchitectureSpec(3, "erf", sigma_b=0.3), marks=pytest.mark.slow),
]
TRAININGS = {
    "converged": TrainingSpec(),
    "short": TrainingSpec(time=0.3),
    "long": TrainingSpec(time=40.0),
    "bayes": TrainingSpec(posterior="bayes"),
    "jitter": TrainingSpec(jitter=1e-2),
    "short with jitter": TrainingSpec(time=0.3, jitter=1e-2),
    "bayes with jitter": TrainingSpec(posterior="bayes", jitter=1e-2),
}


@functools.lru_cache(maxsize=8)
def compiled(spec):
    """neural-tangents' kernel function, compiled once for all trainings."""
    return jax.jit(build(spec).kernel, static_argnums=2)


def predicted(spec, training, split):
    """neural-tangents' mean and covariance; its time is per number of targets."""
    nt = neural_tangents()
    with jax.enable_x64(True):
        predict = nt.predict.gradient_descent_mse_ensemble(
            compiled(spec), split.x_train, split.y_train, diag_reg=training.jitter
        )
        out = predict(
            t=None if training.time is None else training.time * split.y_train.size,
            x_test=split.x_test,
            get="nngp" if training.posterior == "bayes" else "ntk",
            compute_cov=True,
        )
        # Out of JAX at once: outside this block its arithmetic rounds to single precision.
        mean, covariance = np.asarray(out.mean), np.asarray(out.covariance)
    assert mean.dtype == covariance.dtype == np.float64
    return mean.reshape(split.y_test.shape), covariance.reshape(2 * (len(split.x_test),))


def assert_close(got, want):
    """To 1e-6 of the largest entry: neural-tangents' own ReLU diagonal is off by 3e-8."""
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * np.abs(want).max())


@pytest.mark.parametrize("spec", ARCHITECTURES, ids=lambda s: f"{s.activation}{s.depth}")
@pytest.mark.parametrize("name", TRAININGS)
def test_a_grown_posterior_is_the_one_of_neural_tangents(monkeypatch, spec, name):
    monkeypatch.setattr(posteriors, "WIDTH", 32)  # so that a small problem has many panels
    training = TRAININGS[name]
    bayes = training.posterior == "bayes"
    whole = digits(GRID[-1], N_TEST, SEED, DRAW)
    kernels = Kernels(spec, ("nngp",) if bayes else ("nngp", "ntk"))
    # All inputs have one norm, so any of them tells the mean diagonal.
    ridge = training.jitter * kernels.mean_diagonal(whole.x_train[:5])[-1]
    if bayes:
        posterior = BayesPosterior(kernels, whole, ridge)
    else:
        posterior = TrainedEnsemble(kernels, whole, ridge, training)
    curve = CurveSpec(DataSpec(n_test=N_TEST, seed=SEED), spec, training, GRID)
    points = list(evaluate_draw(curve, DRAW))
    for n, point, gaussian in zip(GRID, points, posterior.at(GRID), strict=True):
        split = digits(n, N_TEST, SEED, DRAW)
        np.testing.assert_array_equal(split.x_train, whole.x_train[:n])
        mean, covariance = predicted(spec, training, split)
        got_mean, got_covariance, *_ = gaussian
        assert_close(got_mean, mean)
        assert_close(got_covariance, covariance)
        np.testing.assert_allclose(got_covariance, got_covariance.T, rtol=0, atol=1e-14)

        moments = loss_moments(mean, covariance, split.y_test)
        assert point.n_train == n
        assert point.failure is None
        assert point.ridge == pytest.approx(ridge, rel=1e-12)
        for quantity, want in vars(moments).items():
            assert getattr(point, quantity) == pytest.approx(want, rel=1e-6), quantity


def test_the_trained_network_and_the_bayesian_one_differ():
    # Guards the tests above: both posteriors from one kernel would pass neither.
    spec, split = SHALLOW, digits(60, N_TEST)
    trained, bayes = (predicted(spec, TRAININGS[name], split) for name in ("converged", "bayes"))
    assert np.abs(trained[0] - bayes[0]).max() > 1e-3
    assert np.trace(trained[1]) > 1.001 * np.trace(bayes[1])


def test_a_regression_with_unequal_norms_agrees_too():
    rng = np.random.default_rng(4)
    count, n = GRID[0] + N_TEST, GRID[0]
    z = rng.standard_normal((count, 5)) * rng.uniform(0.3, 2, (count, 1))
    # Among zeros, with the norms that five features alone would have: in the shapes of the digits,
    # for which the kernels are compiled.
    x = np.pad(z, ((0, 0), (0, 59))) * (64 / 5) ** 0.5
    split = datasets.Split(x[:n], np.sin(z[:n, :1]), x[n:], np.sin(z[n:, :1]))
    spec = DEEP
    posterior = TrainedEnsemble(Kernels(spec), split, 0.0, TrainingSpec())
    _, (got_mean, got_covariance, *_) = posterior.at((10, n))
    mean, covariance = predicted(spec, TrainingSpec(), split)
    # Worse conditioned than the digits, which magnifies neural-tangents' error.
    np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-5 * np.abs(mean).max())
    np.testing.assert_allclose(got_covariance, covariance, rtol=0, atol=1e-5)
