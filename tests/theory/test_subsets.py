"""Kernels of nested subsets: the same whether evaluated, remembered, or taken from the pool's."""

import dataclasses

import numpy as np
import pytest
from helpers.reference_theory import digits

from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import kernels, tile_cache
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.subsets import SubsetKernels
from ntk_uq.theory.tile_cache import CACHE, TileCache

SPEC = CurveSpec(DataSpec(n_test=70), ArchitectureSpec(2), n_train=(30, 150, 300))
QUANTITIES = ("mu", "sigma", "epsilon", "epsilon_floor")


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """Many tiles, none of them known."""
    monkeypatch.setattr(kernels, "TILE", 64)
    CACHE.clear()
    yield
    CACHE.clear()


@pytest.fixture
def evaluated(monkeypatch):
    """Counts tiles that are evaluated."""
    calls = []
    tile = Kernels.tile
    monkeypatch.setattr(Kernels, "tile", lambda *a: calls.append(a[0].names) or tile(*a))
    return calls


def compute(spec, draw=0):
    return [[getattr(p, name) for name in QUANTITIES] for p in evaluate_draw(spec, draw)]


def alone(spec, draw=0):
    """The numbers of a process that knows nothing."""
    CACHE.clear()
    numbers = compute(spec, draw)
    CACHE.clear()
    return numbers


@pytest.mark.parametrize(
    "change",
    [
        {"n_train": (20, 100, 250)},
        {"training": TrainingSpec(posterior="bayes")},
        {"training": TrainingSpec(time=0.3)},
        {"training": TrainingSpec(jitter=1e-4)},
        {"data": DataSpec(n_test=70, noise=0.2)},
    ],
    ids=["grid", "posterior", "time", "jitter", "noise"],
)
def test_a_curve_that_differs_elsewhere_evaluates_no_kernel_again(evaluated, change):
    other = dataclasses.replace(SPEC, **change)
    expected = alone(other)
    compute(SPEC)
    evaluated.clear()
    np.testing.assert_allclose(compute(other), expected, rtol=1e-12)
    # The jitter is relative to a sample of the pool, whose diagonal takes no tile.
    assert evaluated == []


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": ArchitectureSpec(3)},
        {"architecture": ArchitectureSpec(2, sigma_b=0.1)},
        {"architecture": ArchitectureSpec(2, "erf")},
        {"data": DataSpec(n_test=70, seed=1)},
        {"data": DataSpec(n_test=70, preparation="standardize")},
    ],
    ids=["depth", "sigma", "activation", "seed", "preparation"],
)
def test_a_curve_of_other_kernels_takes_none_of_them(change):
    other = dataclasses.replace(SPEC, **change)
    expected = alone(other)
    compute(SPEC)
    np.testing.assert_array_equal(compute(other), expected)


def test_larger_sets_evaluate_what_is_new_and_where_blocks_were_not_full(evaluated):
    larger = dataclasses.replace(SPEC, n_train=(30, 400), data=DataSpec(n_test=90))
    expected = alone(larger)
    evaluated.clear()
    compute(larger)
    everything = len(evaluated)
    CACHE.clear()
    compute(SPEC)
    evaluated.clear()
    np.testing.assert_allclose(compute(larger), expected, rtol=1e-12)
    # Four full blocks of 300 examples with each other, with the one full block of 70 test
    # examples, and that with itself.
    assert everything - len(evaluated) == 10 + 4 + 1


def test_bayesian_networks_first_leave_only_one_kernel_to_know(evaluated):
    compute(dataclasses.replace(SPEC, training=TrainingSpec(posterior="bayes")))
    assert set(evaluated) == {("nngp",)}
    expected = alone(SPEC)
    compute(dataclasses.replace(SPEC, training=TrainingSpec(posterior="bayes")))
    np.testing.assert_allclose(compute(SPEC), expected, rtol=1e-12)


def test_draws_from_a_small_pool_share_its_kernels(evaluated, monkeypatch):
    spec = dataclasses.replace(SPEC, n_train=(200, 1000), draws=3)
    one = [alone(dataclasses.replace(spec, draws=1), draw) for draw in range(3)]
    CACHE.clear()
    evaluated.clear()
    shared = [compute(spec, draw) for draw in range(3)]
    np.testing.assert_allclose(shared, one, rtol=1e-9)
    assert np.ptp([d[0][0] for d in shared]) > 0, "draws differ"
    first = len(evaluated)
    compute(dataclasses.replace(spec, training=TrainingSpec(jitter=1e-3)), 2)
    assert len(evaluated) == first
    # Each draw on its own would have evaluated more.
    monkeypatch.setenv("NTK_UQ_KERNEL_CACHE", "0")
    evaluated.clear()
    for draw in range(3):
        compute(spec, draw)
    assert len(evaluated) > first


def test_nothing_is_kept_without_a_budget(monkeypatch):
    monkeypatch.setenv("NTK_UQ_KERNEL_CACHE", "0")
    compute(SPEC)
    assert CACHE.bytes == 0


def test_what_is_kept_takes_no_more_memory_than_it_counts():
    """A view of a padded tile would hold all of it."""
    compute(dataclasses.replace(SPEC, n_train=(25,), data=DataSpec(n_test=50)))
    tiles = [
        tile
        for group in CACHE._groups.values()
        for kernels in group.values()
        for tile in kernels.values()
    ]
    assert sum(tile.nbytes for tile in tiles) == CACHE.bytes
    assert len(tiles) == 5  # two kernels of the training set, two with the test set, its own one
    for tile in tiles:
        whole = tile.base if isinstance(tile.base, np.ndarray) else tile
        assert whole.nbytes == tile.nbytes


def test_what_was_not_asked_for_longest_goes_first(monkeypatch):
    monkeypatch.setenv("NTK_UQ_KERNEL_CACHE", "2000")
    cache, tile = TileCache(), np.zeros((10, 10))  # 800 bytes
    cache.put("a", 0, {"ntk": tile})
    cache.put("b", 0, {"ntk": tile})
    assert cache.get("a", 0, ("ntk",), (10, 10)) is not None
    cache.put("c", 0, {"ntk": tile})
    assert [cache.get(g, 0, ("ntk",), (1, 1)) is None for g in "abc"] == [False, True, False]
    assert cache.bytes == 1600
    assert cache.get("a", 0, ("ntk",), (11, 10)) is None, "it is not so large"
    assert cache.get("a", 0, ("nngp", "ntk"), (1, 1)) is None, "one of them is missing"
    cache.put("c", 1, {"ntk": np.zeros((100, 100))})  # more than the budget
    assert cache.bytes <= 2000
    assert cache.get("c", 1, ("ntk",), (1, 1)) is None


def test_a_tile_that_is_put_again_counts_once(monkeypatch):
    monkeypatch.setenv("NTK_UQ_KERNEL_CACHE", "1MiB")
    cache = TileCache()
    for n in (10, 20, 5):
        cache.put("a", 0, {"ntk": np.zeros((n, n))})
        assert cache.bytes == 8 * n * n


def test_the_prior_is_the_test_sets_kernel():
    split = digits(100, 150)
    subsets = SubsetKernels(Kernels(ArchitectureSpec(2)), split)
    (want,) = Kernels(ArchitectureSpec(2), ("nngp",)).symmetric(split.x_test)
    np.testing.assert_allclose(subsets.prior(), want, rtol=1e-14)
    assert np.array_equal(subsets.prior(), subsets.prior().T)
    assert tile_cache.CACHE.bytes == 0, "without a name nothing is remembered"
