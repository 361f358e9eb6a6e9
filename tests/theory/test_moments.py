"""Moments of the test loss against sampled losses and against sums written out by brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntk_uq.base.errors import KernelOverflowError
from ntk_uq.results.losses import test_loss as loss_of
from ntk_uq.theory import moments
from ntk_uq.theory.moments import loss_moments, loss_skewness

SAMPLES = 40_000


def gaussian(n_test, n_outputs, seed, rank=None, scale=1.0):
    rng = np.random.default_rng(seed)
    root = scale * rng.standard_normal((n_test, rank or n_test)) / math.sqrt(n_test)
    covariance = root @ root.T
    mean, targets = rng.standard_normal((2, n_test, n_outputs))
    return mean, (covariance + covariance.T) / 2, targets, root


def sampled_outputs(mean, root, rng, count=SAMPLES):
    noise = rng.standard_normal((count, root.shape[1], mean.shape[1]))
    return mean + np.einsum("tk,nkc->ntc", root, noise)


@pytest.mark.parametrize(
    ("n_test", "n_outputs", "rank", "scale"),
    [(12, 3, None, 1.0), (12, 1, None, 3.0), (20, 4, 2, 2.0), (1, 5, None, 1.0)],
)
def test_moments_are_those_of_sampled_losses_within_their_standard_errors(
    n_test, n_outputs, rank, scale
):
    mean, covariance, targets, root = gaussian(n_test, n_outputs, 7, rank, scale)
    outputs = sampled_outputs(mean, root, np.random.default_rng(11))
    losses = loss_of(outputs, targets)
    # The definition, once more and slowly: over examples and outputs, no factor 1/2.
    by_hand = sum(
        (outputs[0, i] - targets[i]) @ (outputs[0, i] - targets[i]) for i in range(n_test)
    )
    assert losses[0] == pytest.approx(by_hand / (n_test * n_outputs), rel=1e-12)
    assert losses.shape == (SAMPLES,)

    got = loss_moments(mean, covariance, targets)
    mu, sigma = losses.mean(), losses.std(ddof=1)
    centred = (losses - mu) / sigma
    mu_error = sigma / math.sqrt(SAMPLES)
    # Var[s] = sigma^2 (kurtosis - 1) / 4N: losses are not normal.
    sigma_error = sigma * math.sqrt((np.mean(centred**4) - 1) / (4 * SAMPLES))
    # To first order epsilon = s / m varies with sigma and mu, which the skewness correlates.
    influence = (centred**2 - 1) / 2 - centred * sigma / mu
    epsilon_error = sigma / mu * influence.std() / math.sqrt(SAMPLES)
    assert abs(got.mu - mu) < 4 * mu_error
    assert abs(got.sigma - sigma) < 4 * sigma_error
    assert abs(got.epsilon - sigma / mu) < 4 * epsilon_error
    # The errors are small enough for the test to see a wrong factor.
    assert epsilon_error < 0.02 * got.epsilon


def test_the_mean_is_a_bias_and_a_variance():
    mean, covariance, targets, _ = gaussian(9, 4, 1)
    got = loss_moments(mean, covariance, targets)
    assert got.mu_bias == pytest.approx(loss_of(mean[None], targets)[0], rel=1e-13)
    assert got.mu_variance == pytest.approx(np.trace(covariance) / 9, rel=1e-13)
    assert got.mu == pytest.approx(got.mu_bias + got.mu_variance, rel=1e-14)
    assert got.epsilon == pytest.approx(got.sigma / got.mu, rel=1e-14)


def covariance_of_losses(mean, covariance, targets):
    """cov_ij of two examples' losses, each a mean over outputs, in a double loop."""
    n, c = targets.shape
    r = mean - targets
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = (2 * c * covariance[i, j] ** 2 + 4 * covariance[i, j] * r[i] @ r[j]) / c**2
    return out


def test_floor_and_population_are_brute_force_sums_over_pairs():
    n, c = 15, 3
    mean, covariance, targets, _ = gaussian(n, c, 3, rank=3, scale=2)
    got = loss_moments(mean, covariance, targets)
    pairs = covariance_of_losses(mean, covariance, targets)
    floor2 = sum(pairs[i, i] for i in range(n)) / (n * got.mu) ** 2
    population2 = sum(pairs[i, j] for i in range(n) for j in range(n) if i != j)
    population2 /= n * (n - 1) * got.mu**2
    assert got.epsilon_floor**2 == pytest.approx(floor2, rel=1e-12)
    assert got.epsilon_population**2 == pytest.approx(population2, rel=1e-12)
    assert got.sigma**2 == pytest.approx(pairs.sum() / n**2, rel=1e-12)


def test_pair_covariances_are_those_of_sampled_per_example_losses():
    n, c = 6, 2
    mean, covariance, targets, root = gaussian(n, c, 5, rank=2, scale=2)
    outputs = sampled_outputs(mean, root, np.random.default_rng(2))
    losses = np.mean((outputs - targets) ** 2, axis=2)
    centred = losses - losses.mean(0)
    products = centred[:, :, None] * centred[:, None, :]
    z = products.mean(0) - covariance_of_losses(mean, covariance, targets)
    z /= products.std(0) / math.sqrt(SAMPLES)
    assert np.abs(z).max() < 4.5  # 21 different pairs

    # The parts, from sampled losses alone.
    got = loss_moments(mean, covariance, targets)
    empirical = products.mean(0)
    mu = losses.mean()
    floor = math.sqrt(np.trace(empirical)) / (n * mu)
    between = empirical.sum() - np.trace(empirical)
    assert got.epsilon_floor == pytest.approx(floor, rel=0.03)
    assert got.epsilon_population == pytest.approx(
        math.sqrt(between / (n * (n - 1))) / mu, rel=0.03
    )


@settings(max_examples=50, deadline=None)
@given(
    n_test=st.integers(1, 30),
    n_outputs=st.integers(1, 5),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1e-6, 1e-2, 1.0, 1e3]),
)
def test_the_square_of_epsilon_is_floor_and_population(n_test, n_outputs, seed, scale):
    mean, covariance, targets, _ = gaussian(n_test, n_outputs, seed, scale=scale)
    got = loss_moments(mean, covariance, targets)
    if got.epsilon_population is None:
        # The off-diagonal sum is what is missing, and it is negative or there is no pair.
        assert n_test == 1 or got.epsilon < got.epsilon_floor
        return
    total = got.epsilon_floor**2 + (1 - 1 / n_test) * got.epsilon_population**2
    assert total == pytest.approx(got.epsilon**2, rel=1e-12)


def test_one_test_example_has_a_floor_and_no_population():
    mean, covariance, targets, _ = gaussian(1, 3, 0)
    got = loss_moments(mean, covariance, targets)
    assert got.epsilon_population is None
    assert got.epsilon_floor == pytest.approx(got.epsilon, rel=1e-14)


def test_a_negative_estimate_of_the_population_is_none_and_epsilon_stays():
    # Two examples whose losses are anticorrelated: S_12 < 0 with residuals of one sign.
    covariance = np.array([[1.0, -0.2], [-0.2, 1.0]])
    got = loss_moments(np.full((2, 1), 2.0), covariance, np.zeros((2, 1)))
    assert got.epsilon_population is None
    assert got.sigma**2 == pytest.approx(
        covariance_of_losses(np.full((2, 1), 2.0), covariance, np.zeros((2, 1))).sum() / 4
    )
    assert got.epsilon < got.epsilon_floor


def test_a_network_without_spread_has_no_epsilon_and_keeps_its_bias():
    got = loss_moments(np.ones((4, 2)), np.zeros((4, 4)), np.zeros((4, 2)))
    assert (got.mu, got.sigma, got.epsilon, got.epsilon_floor) == (1.0, 0.0, 0.0, 0.0)


def test_a_variance_that_rounding_put_below_zero_counts_as_zero():
    # K_tt + W' K W - W' K_dt - K_dt' W cancels to rounding where all networks agree.
    for n_test in (1, 3):
        got = loss_moments(np.ones((n_test, 2)), -1e-16 * np.eye(n_test), np.zeros((n_test, 2)))
        assert got.mu == pytest.approx(1.0)
        assert 0 <= got.sigma < 1e-7
        assert 0 <= got.epsilon < 1e-7
        assert 0 <= got.epsilon_floor < 1e-7


def test_population_does_not_depend_on_the_test_set_size_and_the_floor_falls_as_its_root():
    # Test examples drawn from a population: f(x) = theta . x + independent noise per example.
    rng = np.random.default_rng(9)
    sizes, repeats, c = (50, 200, 800), 40, 2

    def estimates(n):
        x = rng.standard_normal((n, 4))
        covariance = 0.3 * x @ x.T + 0.5 * np.eye(n)
        got = loss_moments(np.zeros((n, c)), covariance, 0.6 * rng.standard_normal((n, c)))
        # Squares, without mu: their estimates have no bias at any N_T.
        population = got.epsilon_population or 0.0
        return (population * got.mu) ** 2, (got.epsilon_floor * got.mu) ** 2 * n

    values = np.array([[estimates(n) for _ in range(repeats)] for n in sizes])
    average = values.mean(1)
    error = values.std(1, ddof=1) / math.sqrt(repeats)
    for which in (0, 1):
        for i in range(len(sizes) - 1):
            difference = average[i, which] - average[-1, which]
            assert abs(difference) < 4 * math.hypot(error[i, which], error[-1, which])
    # The population: E over pairs of (2 C S^2 + 4 S r.r') / C^2 with S = 0.3 x.x', r = -y.
    expected = 2 * c * 0.3**2 * 4 / c**2
    assert abs(average[-1, 0] - expected) < 4 * error[-1, 0]
    assert error[-1, 0] < 0.1 * expected


@pytest.mark.parametrize(
    ("n_test", "n_outputs", "rank", "scale"),
    [(12, 3, None, 1.0), (12, 1, None, 3.0), (20, 4, 2, 2.0), (1, 5, None, 1.0)],
)
def test_the_skewness_is_that_of_sampled_losses_within_its_standard_error(
    n_test, n_outputs, rank, scale
):
    mean, covariance, targets, root = gaussian(n_test, n_outputs, 5, rank, scale)
    losses = loss_of(sampled_outputs(mean, root, np.random.default_rng(13)), targets)
    known = loss_moments(mean, covariance, targets)
    got = loss_skewness(mean, covariance, targets, known.sigma)
    cubes = ((losses - known.mu) / known.sigma) ** 3
    error = cubes.std() / math.sqrt(SAMPLES)
    assert abs(got - cubes.mean()) < 4 * error
    assert error < 0.1 * got


@pytest.mark.parametrize("freedom", [(1, 1), (7, 1), (7, 3), (300, 2)])
def test_the_skewness_of_pure_noise_is_that_of_chi_square(freedom):
    n, c = freedom
    zero, covariance = np.zeros(freedom), 2.5 * np.eye(n)
    sigma = loss_moments(zero, covariance, zero).sigma
    expected = math.sqrt(8 / (n * c))
    assert loss_skewness(zero, covariance, zero, sigma) == pytest.approx(expected, rel=1e-12)


def test_the_skewness_is_that_of_the_cumulant_written_out(monkeypatch):
    monkeypatch.setattr(moments, "_ROWS", 4)  # several blocks, the last one smaller
    mean, s, y, _ = gaussian(10, 3, 2)
    sigma = loss_moments(mean, s, y).sigma
    values, vectors = np.linalg.eigh(s)
    squares = np.sum((vectors.T @ (mean - y)) ** 2, axis=1)
    third = np.sum(8 * 3 * values**3 + 24 * values**2 * squares) / 30**3
    assert loss_skewness(mean, s, y, sigma) == pytest.approx(third / sigma**3, rel=1e-12)


def test_losses_without_spread_have_no_skewness():
    one, zero = np.ones((4, 2)), np.zeros((4, 2))
    assert loss_skewness(one, np.zeros((4, 4)), zero, 0.0) is None


def test_a_loss_that_is_zero_for_every_network_is_told_in_words():
    with pytest.raises(KernelOverflowError, match=r"zero on this test set.*Choose a larger one"):
        loss_moments(np.ones((1, 2)), np.zeros((1, 1)), np.ones((1, 2)))
