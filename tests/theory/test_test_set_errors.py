"""Errors from the choice of the test examples, against leaving each out and against other ones."""

import math

import numpy as np
import pytest

from ntk_uq.theory.moments import LossSums, loss_moments

N_ALL = 3000
"""Examples that there are; test sets are drawn from them."""


def population(rank, n_outputs, seed, noise=0.3):
    """Outputs' mean, roots of their covariance and targets for all examples: a few directions in
    which networks differ, as many in which they are wrong, and what is each example's own."""
    rng = np.random.default_rng(seed)
    where = rng.standard_normal((N_ALL, rank))
    root = np.hstack([where * 0.6 ** np.arange(rank), np.zeros((N_ALL, 1))])
    own = noise * rng.gamma(1.0, 1.0, N_ALL)
    residual = where @ rng.standard_normal((rank, n_outputs)) / 3
    residual += 0.2 * rng.standard_normal((N_ALL, n_outputs))
    return residual, root, own


def of_test_set(parts, rows):
    residual, root, own = (part[rows] for part in parts)
    covariance = root @ root.T + np.diag(own)
    return residual, covariance, np.zeros_like(residual)


def found(parts, rows):
    arrays = of_test_set(parts, rows)
    sums, shape = LossSums.of(*arrays), arrays[2].shape
    return sums.moments(*shape), sums.errors(*shape)


def squares_of(moments, n):
    """What a moment is made of: the mean loss, the floor's part of sigma^2 and the pairs'."""
    floor = (moments.epsilon_floor * moments.mu) ** 2 * n
    pairs = moments.epsilon_population**2 * moments.mu**2
    return moments.mu, floor, pairs


def quantities(mu, floor, pairs, n):
    sigma = math.sqrt(floor / n + (1 - 1 / n) * pairs)
    return {
        "mu": mu,
        "sigma": sigma,
        "epsilon": sigma / mu,
        "epsilon_population": math.sqrt(pairs) / mu,
    }


@pytest.mark.parametrize(("rank", "n_outputs"), [(3, 1), (10, 4)])
def test_they_are_those_of_leaving_out_each_example_in_turn(rank, n_outputs):
    parts, n = population(rank, n_outputs, 5), 300
    _, errors = found(parts, slice(n))
    left = []
    for i in range(n):
        rows = np.delete(np.arange(n), i)
        moments = loss_moments(*of_test_set(parts, rows))
        # sigma and epsilon of a test set as large as it was.
        left.append(quantities(*squares_of(moments, n - 1), n))
    for name, error in vars(errors).items():
        values = np.array([each[name] for each in left])
        jackknife = math.sqrt((n - 1) / n * np.sum((values - values.mean()) ** 2))
        exact = name == "mu"
        assert error == pytest.approx(jackknife, rel=1e-9 if exact else 0.05), name


@pytest.mark.parametrize(
    ("rank", "n_outputs", "n"),
    [(2, 1, 100), (6, 3, 100), (6, 1, 400)],
)
def test_they_hold_what_all_examples_give_as_often_as_they_say(rank, n_outputs, n):
    parts, replicas = population(rank, n_outputs, 1), 400
    everything, _ = found(parts, slice(None))
    truth = quantities(*squares_of(everything, N_ALL), n)
    rng, inside, scatter = np.random.default_rng(2), {}, {}
    for _ in range(replicas):
        moments, errors = found(parts, rng.choice(N_ALL, n, replace=False))
        for name, error in vars(errors).items():
            if error is None:
                continue
            value = getattr(moments, name)
            inside.setdefault(name, []).append(abs(value - truth[name]) < 1.96 * error)
            scatter.setdefault(name, []).append((value, error))
    assert set(inside) == set(truth)
    for name, hits in inside.items():
        assert len(hits) > 0.9 * replicas, name
        # 3 standard errors of 400 replicas are 3 %; of skew estimates some more lie outside.
        assert 0.89 < np.mean(hits) < 0.985, (name, np.mean(hits))
        values, stated = np.array(scatter[name]).T
        # Drawn without putting back, a test set is closer to all by a little.
        shrunk = math.sqrt(1 - n / N_ALL)
        ratio = np.sqrt(np.mean(stated**2)) * shrunk / values.std()
        assert 0.85 < ratio < 1.2, (name, ratio)


def test_examples_that_fill_up_change_nothing():
    mean, covariance, targets = of_test_set(population(3, 2, 0), slice(50))
    more = np.pad(mean, [(0, 14), (0, 0)]), np.pad(covariance, (0, 14)), np.zeros((64, 2))
    whole, filled = LossSums.of(mean, covariance, targets), LossSums.of(*more)
    assert vars(filled.errors(50, 2)) == pytest.approx(vars(whole.errors(50, 2)), rel=1e-12)


def test_one_example_says_nothing_of_others_and_neither_do_networks_that_agree():
    mean, covariance, targets = of_test_set(population(3, 2, 0), slice(1))
    assert LossSums.of(mean, covariance, targets).errors(1, 2) is None
    alike = LossSums.of(np.ones((20, 2)), np.zeros((20, 20)), np.zeros((20, 2)))
    assert alike.errors(20, 2) is None


def test_where_the_pairs_come_out_below_zero_only_their_error_is_missing():
    covariance = np.array([[1.0, -0.2], [-0.2, 1.0]])
    sums = LossSums.of(np.full((2, 1), 2.0), covariance, np.zeros((2, 1)))
    assert sums.moments(2, 1).epsilon_population is None
    errors = sums.errors(2, 1)
    assert errors.epsilon_population is None
    assert errors.mu == 0.0  # both examples lose the same


@pytest.mark.parametrize("scale", [1e-90, 1e-45, 1e60, 1e80, 1e100, 1e150])
def test_where_numbers_end_there_is_no_error_and_nothing_fails(scale):
    mean, covariance, targets = of_test_set(population(3, 2, 0), slice(50))
    with np.errstate(over="ignore", invalid="ignore"):  # as whoever asks for them
        errors = LossSums.of(mean * scale, covariance * scale**2, targets).errors(50, 2)
    plain = LossSums.of(mean, covariance, targets).errors(50, 2)
    assert errors is None or errors.epsilon == pytest.approx(plain.epsilon, rel=1e-6)
