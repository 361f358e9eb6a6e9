"""Finite networks approach the infinite-width theory at the same eta and k, and how fast."""

import numpy as np
import pytest
from helpers.reference_ensembles import digits

from ntk_uq.results.ensembles.statistics import summarize
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.theory.curve import TrainedEnsemble, evaluate_draw
from ntk_uq.theory.kernels import Kernels
from ntk_uq.training.members import train_members


def theory(spec, n_train):
    curve = CurveSpec(spec.data, spec.architecture, spec.optimizer.counterpart, (n_train,))
    (point,) = evaluate_draw(curve, 0)
    return point


def test_the_mean_and_variance_of_wide_linear_networks_are_the_theorys():
    n, t, count = 25, 30, 60
    spec = EnsembleSpec(
        DataSpec(n_test=t),
        ArchitectureSpec(1, "linear", sigma_w=1.0, sigma_b=0.2),
        OptimizerSpec(steps=40, eta=0.7),
    )
    split = digits(n, t)
    posterior = TrainedEnsemble(Kernels(spec.architecture), split, 0.0, spec.optimizer.counterpart)
    ((mean, covariance, *_),) = posterior.at((n,))
    outputs = np.stack([m.predictions for m in train_members(spec, 2048, n, range(count))])

    # Whitened: over the well-determined directions of the test set, independent units.
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-3 * values[-1]
    difference = vectors[:, kept].T @ (outputs.mean(axis=0) - mean)
    chi2 = np.sum(difference**2 / (values[kept, None] / count))
    freedom = difference.size
    assert freedom > 100
    assert abs(chi2 - freedom) < 4 * np.sqrt(2 * freedom)

    spreads = np.einsum("ti,mtc->mic", vectors[:, kept], outputs - mean) ** 2
    share = np.mean(spreads / values[kept, None])
    assert abs(share - 1) < 4 * np.sqrt(2 / spreads.size)
    # The untrained network is not the trained one: the test would see a factor of two.
    (before,) = Kernels(spec.architecture, ("nngp",)).symmetric(split.x_test)
    assert np.trace(before) > 2 * np.trace(covariance)


@pytest.mark.slow
def test_the_mean_loss_approaches_the_theorys_as_one_over_width():
    """mu(width) = mu(infinity) (1 + c / width): the leading correction of finite width (Dyer and
    Gur-Ari, arXiv:1909.11304)."""
    widths, n, count = np.array([64, 256, 1024]), 50, 150
    spec = EnsembleSpec(
        DataSpec(n_test=200),
        ArchitectureSpec(1),
        OptimizerSpec(steps=30, eta=0.5),
        widths=tuple(widths.tolist()),
        n_train=(n,),
        members=count,
    )
    split, limit = digits(n, 200), theory(spec, n)
    points = [
        summarize(list(train_members(spec, w, n, range(count))), split.y_test) for w in spec.widths
    ]
    assert all(p.diverged == 0 for p in points)
    deviation = np.array([p.mu.value / limit.mu - 1 for p in points])
    error = np.array([p.mu.error / limit.mu for p in points])

    assert (np.abs(deviation[:2]) > 5 * error[:2]).all()  # finite width is seen
    assert (np.diff(np.abs(deviation)) < 0).all()  # and falls
    # One coefficient c explains all widths within their errors ...
    c = np.sum(deviation / widths / error**2) / np.sum(1 / widths**2 / error**2)
    assert np.sum(((deviation - c / widths) / error) ** 2) < 12  # 2 degrees of freedom
    # ... and the exponent between the two smallest widths, where it is well determined, is -1.
    log_deviation = np.log(np.abs(deviation))
    exponent = (log_deviation[1] - log_deviation[0]) / np.log(4)
    exponent_error = np.hypot(*(error[:2] / np.abs(deviation[:2]))) / np.log(4)
    assert exponent_error < 0.15
    assert abs(exponent + 1) < 3 * exponent_error

    widest = points[-1]
    assert abs(widest.sigma.value - limit.sigma) < 3 * widest.sigma.error
    assert abs(widest.epsilon.value - limit.epsilon) < 3 * widest.epsilon.error
    assert widest.mu_bias == pytest.approx(limit.mu_bias, rel=0.1)
    assert widest.mu_variance == pytest.approx(limit.mu_variance, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["erf", "gelu"])
def test_other_activations_approach_their_own_theory(activation):
    n, count = 40, 60
    spec = EnsembleSpec(
        DataSpec(n_test=100),
        ArchitectureSpec(2, activation, sigma_b=0.1),
        OptimizerSpec(steps=10, eta=0.5),
    )
    split, limit = digits(n, 100), theory(spec, n)
    found = {
        w: summarize(list(train_members(spec, w, n, range(count))), split.y_test).mu
        for w in (64, 1024)
    }
    narrow, wide = found[64], found[1024]
    assert abs(narrow.value - limit.mu) > 5 * narrow.error
    # A sixteenth of the deviation is expected; a quarter and the errors are allowed.
    allowed = abs(narrow.value - limit.mu) / 4 + 3 * wide.error
    assert abs(wide.value - limit.mu) < allowed
