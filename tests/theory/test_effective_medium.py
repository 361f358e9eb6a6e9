"""Losses averaged over training subsets: against drawing the subsets, and against the spectrum."""

import numpy as np
import pytest
import scipy.optimize

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.theory.effective_medium import EffectiveMedium, of_modes

M = 240


def features(rng, spread=0.0, directions=600, decay=1.2):
    """T, K and targets of random features whose power falls with the rank.

    Args:
        spread: standard deviation of the logarithm of the examples' lengths.
    """
    ranks = np.arange(1, directions + 1)
    phi = rng.standard_normal((M, directions)) * ranks ** (-decay / 2)
    phi *= np.exp(spread * rng.standard_normal((M, 1)))
    other = phi @ np.diag(ranks**-0.3)
    targets = phi @ (rng.standard_normal((directions, 2)) * ranks[:, None] ** -0.2)
    return phi @ phi.T + 1e-3 * np.eye(M), other @ other.T + 0.1 * np.eye(M), targets


def drawn(ntk, nngp, targets, n, ridge=0.0, noise=0.0, draws=100):
    """Bias and variance on examples that are not trained on, by training on drawn subsets: the
    means and their standard errors."""
    rng, losses = np.random.default_rng(n), []
    for _ in range(draws):
        order = rng.permutation(M)
        of, rest = order[:n], order[n:]
        cross = ntk[np.ix_(of, rest)]
        w = np.linalg.solve(ntk[np.ix_(of, of)] + ridge * np.eye(n), cross)
        noisy = targets[of] + np.sqrt(noise) * rng.standard_normal(targets[of].shape)
        bias = np.mean((w.T @ noisy - targets[rest]) ** 2)
        if nngp is None:
            covariance = ntk[np.ix_(rest, rest)] - w.T @ cross
        else:
            half = w.T @ nngp[np.ix_(of, rest)]
            covariance = nngp[np.ix_(rest, rest)] + w.T @ nngp[np.ix_(of, of)] @ w - half - half.T
        losses.append((bias, np.trace(covariance) / len(rest)))
    return np.mean(losses, axis=0), np.std(losses, axis=0) / np.sqrt(draws)


def found(medium, n):
    loss = medium.at(n)
    return np.array([loss.bias.mean(), loss.variance.mean()])


def modes(kernel):
    values, vectors = np.linalg.eigh(kernel)
    return values[::-1] / len(kernel), vectors[:, ::-1]


def power(vectors, targets):
    return np.mean((vectors.T @ targets) ** 2, axis=1) / len(vectors)


def circle(kernel_decay, target_decay):
    """T and targets on M points of a circle, exactly: power laws of Fourier modes."""
    k = np.fft.fftfreq(M, 1 / M)
    rank = np.maximum(2 * np.abs(k), 1)
    row = np.fft.fft(rank**-kernel_decay).real
    at = np.arange(M)
    ntk = row[(at[:, None] - at) % M]
    phases = np.random.default_rng(3).uniform(0, 2 * np.pi, M)
    waves = np.cos(2 * np.pi * np.outer(at, np.arange(M // 2)) / M + phases[: M // 2])
    targets = waves @ np.maximum(2 * np.arange(M // 2), 1) ** (-target_decay / 2)
    return ntk, targets[:, None]


@pytest.mark.parametrize("n", [12, 60, 120])
@pytest.mark.parametrize(
    ("ridge", "noise"), [(0.0, 0.0), (2.0, 0.0), (0.0, 0.5), (2.0, 0.5)], ids=str
)
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_it_is_the_mean_over_drawn_subsets(spread, ridge, noise, n):
    ntk, nngp, targets = features(np.random.default_rng(1), spread)
    ours = found(EffectiveMedium(ntk, nngp, targets, ridge, noise), n)
    mean, error = drawn(ntk, nngp, targets, n, ridge, noise)
    # Within 4 standard errors, and what a medium leaves out of so small a sample.
    assert np.all(np.abs(ours - mean) < 4 * error + 0.04 * mean), (ours, mean, error)


@pytest.mark.parametrize("n", [12, 60, 120])
@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_of_bayesian_networks_too(ridge, n):
    _, nngp, targets = features(np.random.default_rng(2), 1.0)
    ours = found(EffectiveMedium(nngp, None, targets, ridge), n)
    mean, error = drawn(nngp, None, targets, n, ridge)
    assert np.all(np.abs(ours - mean) < 4 * error + 0.04 * mean), (ours, mean, error)


def test_lengths_that_differ_are_what_the_spectrum_alone_gets_wrong():
    ntk, nngp, targets = features(np.random.default_rng(1), 1.5)
    values, vectors = modes(ntk)
    initial = np.einsum("ij,ij->j", vectors, nngp @ vectors) / M
    alone = of_modes(values, power(vectors, targets), initial, 60).mu
    mean, _ = drawn(ntk, nngp, targets, 60)
    ours = EffectiveMedium(ntk, nngp, targets).at(60).mu
    assert abs(ours / mean.sum() - 1) < 0.08
    assert alone / mean.sum() < 0.7


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("n", [10, 60, 120])
def test_where_all_examples_are_alike_it_is_the_formula_of_the_spectrum(n, ridge):
    ntk, targets = circle(1.5, 2.0)
    values, vectors = modes(ntk)
    medium = EffectiveMedium(ntk, ntk @ ntk / M, targets, ridge)
    initial = np.einsum("ij,ij->j", vectors, (ntk @ ntk / M) @ vectors) / M
    by_modes = of_modes(values, power(vectors, targets), initial, n, ridge)
    loss = medium.at(n)
    assert loss.bias.mean() == pytest.approx(by_modes.bias.mean(), rel=1e-3)
    assert loss.variance.mean() == pytest.approx(by_modes.variance.mean(), rel=1e-3)
    assert np.ptp(medium.potential) < 1e-3 * medium.potential.mean()


def test_for_a_large_pool_it_is_the_published_formula():
    n, m = 40, 200_000
    values = np.arange(1, m + 1) ** -1.4
    target, initial = np.arange(1, m + 1) ** -1.8, np.arange(1, m + 1) ** -1.2
    # sum_i L_i + d / kappa = n; E_0 sum (1 - L)^2 v^2 with E_0 = n / (n - sum L^2)
    for ridge in (0.0, 0.5):
        kappa = scipy.optimize.brentq(
            lambda k, d=ridge: np.sum(values / (values + k)) + d / k - n, 1e-9, 1e3, xtol=1e-15
        )
        learnt = values / (values + kappa)
        factor = n / (n - np.sum(learnt**2)) * (1 - learnt) ** 2
        loss = of_modes(values, target, initial, n, ridge)
        assert loss.bias.mean() == pytest.approx(np.sum(factor * target), rel=2e-3)
        assert loss.variance.mean() == pytest.approx(np.sum(factor * initial), rel=2e-3)


def test_planted_exponents_come_out():
    """``lambda ~ k^-b``, ``v^2 ~ k^-a``: the loss falls with ``min(a - 1, 2 b)``."""
    m = 20_000
    ranks = np.arange(1, m + 1)
    for b, a in ((1.5, 1.7), (1.2, 2.5), (1.0, 4.0)):
        losses = [
            of_modes(ranks**-b, ranks**-a, ranks**-a, n).bias.mean() for n in (50, 100, 200, 400)
        ]
        slope = -np.polyfit(np.log([50, 100, 200, 400]), np.log(losses), 1)[0]
        assert slope == pytest.approx(min(a - 1, 2 * b), rel=0.06)


def test_a_large_ridge_learns_nothing():
    ntk, nngp, targets = features(np.random.default_rng(4))
    loss = EffectiveMedium(ntk, nngp, targets, 1e9).at(60)
    assert loss.bias.mean() == pytest.approx(np.mean(targets**2), rel=1e-4)
    assert loss.variance.mean() == pytest.approx(np.trace(nngp) / M, rel=1e-4)


def test_examples_that_are_alike_are_refused_in_words_without_a_ridge_and_not_with_one():
    rng = np.random.default_rng(5)
    few = rng.standard_normal((20, 30))
    rows = np.repeat(few, M // 20, axis=0)
    targets = rows[:, :1]
    with pytest.raises(SingularKernelError, match=r"too few directions .* or a jitter"):
        EffectiveMedium(rows @ rows.T, rows @ rows.T, targets).at(100)
    with pytest.raises(SingularKernelError, match="20 directions"):
        of_modes(modes(rows @ rows.T)[0], np.ones(M), np.ones(M), 20)
    ours = found(EffectiveMedium(rows @ rows.T, rows @ rows.T, targets, 5.0), 100)
    mean, error = drawn(rows @ rows.T, rows @ rows.T, targets, 100, 5.0)
    assert np.all(np.abs(ours - mean) < 4 * error + 0.05 * mean)
