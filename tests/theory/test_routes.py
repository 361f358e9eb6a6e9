"""Routes to a covariance: which one is taken, and that all end at the same Gaussian."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from helpers.reference_precise import fresh, kernel
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.datasets import Split
from ntk_uq.specs import ArchitectureSpec, TrainingSpec
from ntk_uq.theory import kernels, posterior
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.posterior import BayesPosterior, TrainedEnsemble
from ntk_uq.theory.route import Route, stages

CONVERGED = (Route.ELIMINATION, Route.SOLUTION, Route.RECOMPUTATION)
D, OUTPUTS = 7, 3  # features as in test_kernels.py, whose compiled programs serve here
SIZES = st.lists(st.integers(1, 10**5), min_size=1, max_size=40, unique=True).map(sorted)


@given(sizes=SIZES, order=st.randoms())
def test_stages_are_all_sizes_in_order_each_no_less_than_a_quarter_of_its_largest(sizes, order):
    shuffled = list(sizes)
    order.shuffle(shuffled)
    found = stages(shuffled)
    assert list(itertools.chain.from_iterable(found)) == sizes
    for part in found:
        assert all(4 * n > part[-1] for n in part)
    # And no more stages than there must be: the next smaller size did not belong to this one.
    for before, after in itertools.pairwise(found):
        assert 4 * before[-1] <= after[-1]


def test_stages_of_nothing_and_of_a_quarter():
    assert stages([]) == []
    assert stages([25, 100]) == [[25], [100]]
    assert stages([26, 100]) == [[26, 100]]


@given(sizes=SIZES, n_test=st.integers(1, 10**5))
def test_the_route_is_the_one_of_fewer_operations(sizes, n_test):
    n, t = sizes[-1], n_test
    # Three times the counts, in whole numbers: K's steps once, or at each size W and its products.
    eliminating = 2 * (n**3 + 3 * n * n * t + 3 * n * t * t)
    solving = 3 * sum(2 * size * t * (size + t) for size in sizes)
    got = Route.of(sizes, n_test, TrainingSpec())
    assert got in (Route.ELIMINATION, Route.SOLUTION)
    if abs(eliminating - solving) > 1e-9 * solving:
        assert (got is Route.ELIMINATION) == (eliminating < solving)
    for training in (TrainingSpec(time=1.0), TrainingSpec(steps=3)):
        assert Route.of(sizes, n_test, training) is Route.MODES


def test_one_size_is_solved_for_and_many_are_eliminated():
    assert Route.of([1000], 1000, TrainingSpec()) is Route.SOLUTION
    assert Route.of(range(260, 1001, 20), 1000, TrainingSpec()) is Route.ELIMINATION
    # Few test examples: a product costs little, and K has to be eliminated whole.
    assert Route.of(range(900, 1001, 50), 10, TrainingSpec()) is Route.SOLUTION


@pytest.mark.parametrize(
    ("sizes", "training", "taken"),
    [
        ((30,), TrainingSpec(), ["_by_solution"]),
        ((20, 24, 28, 30), TrainingSpec(), ["_by_elimination"]),
        ((5, 20, 24, 28, 30), TrainingSpec(), ["_by_solution", "_by_elimination"]),
        ((20, 30), TrainingSpec(time=1.0), ["_by_modes"]),
    ],
)
def test_every_stage_takes_the_route_that_is_cheapest_for_it(monkeypatch, sizes, training, taken):
    went = []
    for name in ("_by_solution", "_by_elimination", "_by_modes"):
        real = getattr(TrainedEnsemble, name)

        def spy(self, *args, name=name, real=real):
            went.append(name)
            yield from real(self, *args)

        monkeypatch.setattr(TrainedEnsemble, name, spy)
    split, ensemble_kernels, _ = problem(fresh()[0], "erf", n_train=30, n_test=30)
    list(TrainedEnsemble(ensemble_kernels, split, 0.0, training).at(sizes))
    assert went == taken


def problem(rng, activation, n_train, n_test, twice=False, sigma_b=0.3):
    """Random inputs of different norms, all kernels of their network, and none that is singular."""
    x = rng.standard_normal((n_train + n_test, D)) * rng.uniform(0.5, 1.5, (n_train + n_test, 1))
    if twice:
        for first, second in rng.choice(n_train, (n_train // 4, 2)):
            x[second] = x[first]
        # One of them in the test set as well.
        x[-1] = x[0]
    y = rng.standard_normal((n_train + n_test, OUTPUTS))
    split = Split(x[:n_train], y[:n_train], x[n_train:], y[n_train:])
    spec = ArchitectureSpec(3, activation, sigma_w=1.4, sigma_b=sigma_b)
    both = Kernels(spec)
    return split, both, both.symmetric(x)


def by_solving(matrices, split, n, ridge):
    """The formulas as they are written down, by NumPy's general solver."""
    k, t = matrices
    d, e = np.arange(n), np.arange(len(split.x_train), len(k))
    within = t[np.ix_(d, d)] + ridge * np.eye(n)
    w = np.linalg.solve(within, t[np.ix_(d, e)])
    k_dt = k[np.ix_(d, e)]
    covariance = k[np.ix_(e, e)] + w.T @ k[np.ix_(d, d)] @ w - w.T @ k_dt - k_dt.T @ w
    return w.T @ split.y_train[:n], covariance, np.linalg.cond(within)


def random_sizes(rng, n):
    """Some sizes, the smallest and the largest one among them, with neighbours and gaps."""
    some = rng.choice(np.arange(2, n), 4, replace=False)
    return sorted({1, int(some[0]) + 1, *(int(s) for s in some), n})


@pytest.fixture(params=[(16, 7), pytest.param((16, 12), marks=pytest.mark.slow)], ids=str)
def _small_parts(request, monkeypatch):
    """Tiles and panels so small that a few dozen examples cross many, where neither aligns."""
    tile, width = request.param
    monkeypatch.setattr(kernels, "TILE", tile)
    monkeypatch.setattr(posterior, "WIDTH", width)


def assert_gaussian(got, want, prior, condition, where):
    """To the digits that the condition number leaves, and never less than eight."""
    assert condition < 1e7, where
    tolerance = max(1e-12, 1e-15 * condition)
    mean, covariance = want
    for a, b, scale in ((got.mean, mean, mean), (got.covariance, covariance, prior)):
        atol = tolerance * np.abs(scale).max()
        np.testing.assert_allclose(a, b, rtol=0, atol=atol, err_msg=where)
    # An estimate from inside; most are good to a percent, some of small subsets miss a tenth.
    assert 0.7 * condition < got.condition < 1.001 * condition, where


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("twice", [False, True], ids=["all different", "some twice"])
@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "linear"])
def test_all_routes_lead_to_the_dense_formulas(activation, twice):
    rng, seed = fresh()
    n_train, n_test = int(rng.integers(40, 75)), int(rng.integers(1, 40))
    split, both, matrices = problem(rng, activation, n_train, n_test, twice)
    # What is there twice is singular without a ridge, and so is a linear network.
    ridge = 1e-3 * both.mean_diagonal(split.x_train)[1] if twice or activation == "linear" else 0.0
    sizes, prior = random_sizes(rng, n_train), matrices[0][n_train:, n_train:]
    where = f"seed {seed}, sizes {sizes}, {n_test} test examples"
    found = {
        route: list(TrainedEnsemble(both, split, ridge, TrainingSpec(), route=route).at(sizes))
        for route in CONVERGED
    }
    for i, n in enumerate(sizes):
        *want, condition = by_solving(matrices, split, n, ridge)
        for route, gaussians in found.items():
            assert len(gaussians) == len(sizes)
            assert_gaussian(gaussians[i], want, prior, condition, f"{route}, {n} of {where}")
            covariance = gaussians[i].covariance
            np.testing.assert_allclose(covariance, covariance.T, rtol=0, atol=1e-13)
    # Guards the above: what is compared differs from size to size and from the prior.
    means = [g.mean for g in found[Route.ELIMINATION]]
    assert all(np.abs(a - b).max() > 1e-6 for a, b in itertools.pairwise(means))
    last = found[Route.SOLUTION][-1].covariance
    assert np.trace(last) < 0.999 * np.trace(prior)


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_the_bayesian_posterior_is_the_dense_formula(activation):
    rng, seed = fresh()
    n_train, n_test = int(rng.integers(40, 75)), int(rng.integers(1, 40))
    split, both, (k, _) = problem(rng, activation, n_train, n_test, twice=True)
    ridge = 1e-3 * both.mean_diagonal(split.x_train)[0]
    sizes = random_sizes(rng, n_train)
    bayes = BayesPosterior(Kernels(both.spec, ("nngp",)), split, ridge)
    for n, got in zip(sizes, bayes.at(sizes), strict=True):
        within = k[:n, :n] + ridge * np.eye(n)
        solved = np.linalg.solve(within, np.c_[k[:n, n_train:], split.y_train[:n]])
        k_td = k[n_train:, :n]
        prior = k[n_train:, n_train:]
        want = k_td @ solved[:, n_test:], prior - k_td @ solved[:, :n_test]
        assert_gaussian(got, want, prior, np.linalg.cond(within), f"seed {seed}, {n} of {sizes}")


def exact_solve(a, b):
    """``a^-1 b`` of mpmath's numbers, for a positive definite a, by elimination."""
    a, b = a.copy(), b.copy()
    n = len(a)
    for i in range(n):
        for row in range(i + 1, n):
            factor = a[row, i] / a[i, i]
            a[row, i:] -= factor * a[i, i:]
            b[row] -= factor * b[i]
    for i in reversed(range(n)):
        b[i] = (b[i] - a[i, i + 1 :] @ b[i + 1 :]) / a[i, i]
    return b


def test_no_route_loses_more_digits_than_the_others_where_the_kernel_is_ill_conditioned(
    monkeypatch,
):
    """Against fifty digits of everything, from the inputs on, at a condition number of 1e10."""
    monkeypatch.setattr(kernels, "TILE", 16)
    monkeypatch.setattr(posterior, "WIDTH", 16)
    rng, seed = fresh()
    n, n_test = 36, 5
    # In a small part of a plane, where a smooth kernel has hardly any rank.
    x = 0.2 * rng.standard_normal((n + n_test, 2))
    y = rng.standard_normal((n, 1))
    split = Split(x[:n], y, x[n:], np.zeros((n_test, 1)))
    both = Kernels(ArchitectureSpec(1, "erf", sigma_w=1.4, sigma_b=0.3))
    _, ntk = both.symmetric(x)
    ridge = 1e-10 * float(np.linalg.eigvalsh(ntk[:n, :n])[-1])
    within = ntk[:n, :n] + ridge * np.eye(n)
    assert 1e9 < np.linalg.cond(within) < 1.1e10, f"seed {seed}"

    with mp.workdps(50):
        k, t = np.empty((2, n + n_test, n + n_test), dtype=object)
        for i, j in itertools.combinations_with_replacement(range(n + n_test), 2):
            k[i, j], t[i, j] = k[j, i], t[j, i] = kernel(both.spec, x[i], x[j])
        for i in range(n):
            t[i, i] += mp.mpf(ridge)
        w = exact_solve(t[:n, :n], t[:n, n:])
        half = w.T @ k[:n, n:]
        mean = (w.T @ y).astype(float)
        covariance = (k[n:, n:] + w.T @ k[:n, :n] @ w - half - half.T).astype(float)

    errors = []
    for route in CONVERGED:
        (got,) = TrainedEnsemble(both, split, ridge, TrainingSpec(), route=route).at([n])
        errors.append(
            [
                np.linalg.norm(got.mean - mean) / np.linalg.norm(mean),
                np.linalg.norm(got.covariance - covariance) / np.linalg.norm(covariance),
            ]
        )
    largest, least = np.max(errors, axis=0), np.maximum(np.min(errors, axis=0), 1e-14)
    assert (largest < 100 * least).all(), f"seed {seed}: {errors}"
    # As many digits as there are, less those of the condition number, and some for the products.
    assert largest.max() < 1e-4, f"seed {seed}: {errors}"


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("route", [*CONVERGED, None])
def test_a_singular_kernel_names_its_size_after_the_smaller_ones_are_there(activation, route):
    rng, seed = fresh()
    # Without biases an input that is nothing has a kernel of nothing, exactly.
    split, both, _ = problem(rng, activation, 60, 8, sigma_b=0.0)
    split.x_train[33] = 0
    points = TrainedEnsemble(both, split, 0.0, TrainingSpec(), route=route).at((2, 4, 8, 36, 60))
    for n in (2, 4, 8):
        gaussian = next(points)
        want, _, _ = by_solving(both.symmetric(np.r_[split.x_train, split.x_test]), split, n, 0.0)
        np.testing.assert_allclose(gaussian.mean, want, rtol=1e-6, atol=1e-8, err_msg=f"{seed}")
    with pytest.raises(
        SingularKernelError, match=r"of 36 examples is not positive definite in float64"
    ):
        next(points)


@pytest.mark.usefixtures("_small_parts")
def test_a_singular_kernel_stops_the_bayesian_posterior_where_it_is():
    split, both, _ = problem(fresh()[0], "relu", 60, 8, sigma_b=0.0)
    split.x_train[59] = 0
    points = BayesPosterior(Kernels(both.spec, ("nngp",)), split, 0.0).at((5, 40, 59, 60))
    assert [len(next(points).mean) for _ in range(3)] == [8, 8, 8]
    with pytest.raises(SingularKernelError, match="of 60 examples"):
        next(points)
