"""Digests of the random numbers that results depend on, as every machine must give them.

They were written down with NumPy 2.4.6 and SciPy 1.17.1, and all but those of the showers are what
NumPy's Generator gave when the first results were stored. A digest that does not come out means
that results of two machines are mixed as if they were of one: mend the cause, leave the digest.
"""

import hashlib

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base import streams
from ntk_uq.datasets import calorimeter, showers
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec
from ntk_uq.training import seeds


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()[:16]


def test_words():
    assert digest(streams.Words((1, 2, 3)).words(1000)) == "61708d4fa7a2ca81"
    assert digest(streams.Words(7, 3).words(1000)) == "8baf50b816c1ace4"


@pytest.mark.parametrize(
    ("n", "entropy", "expected"),
    [
        # Splits: seed, stream (1 of training, 0 of tests) and draw.
        (1297, (0, 1, 0), "e8ae40e9954f8a0e"),
        (500, (0, 0, 0), "00f5f71b49e9c802"),
        (1297, (3, 1, 2), "012972a418a52fee"),
        (16_000, (0, 1, 0), "f355c2d1c84f205e"),
        (4_000, (0, 0, 0), "16dd8a3d039483d9"),
        (50_000, (0, 1, 1), "888c3ef6a52dd6c1"),
        (60_000, (0, 1, 0), "0445a5ae5f8ab8aa"),
        (10_000, (0, 0, 0), "596f4167fb6ee833"),
        (121_000, (0, 1, 0), "33a9e83ff847c315"),
        (1_000_000, (0, 1, 0), "b972fe4bde2eb57d"),
        # The digits' shuffle, that of users' own data, the sample that a report shows.
        (1797, 1998, "4cc6508e7c7f3800"),
        (10, 2503, "05bf6d18c2deb5d6"),
        (1000, 2503, "c022879dd73439f4"),
        (60_000, 24, "b95ec2876e41d7df"),
    ],
)
def test_permutations(n, entropy, expected):
    assert digest(streams.permutation(entropy, n)) == expected


def test_splits_are_these_permutations():
    order = datasets.splits.training_order(datasets.get("digits"), DataSpec(seed=3), 1297, 2)
    assert digest(order) == "012972a418a52fee"


def test_the_digits():
    examples = datasets.get("digits").load()
    assert digest(examples.pool_inputs) == "3035a4ae4c595206"
    assert digest(examples.test_targets) == "b443d55d8af226f4"


@pytest.mark.parametrize(
    ("entropy", "shape", "expected"),
    [
        # Label noise: seed, stream and draw. The errors of the width that is needed.
        ((0, 2, 0), (2000, 10), "0da60ee2aab9cc10"),
        ((0, 2, 1), (16_000, 1), "b4f32bb29c0f2191"),
        (1_2503_05938, (2, 4000), "70423ca9e32b96a9"),
    ],
)
def test_normal_numbers(entropy, shape, expected):
    assert digest(streams.normals(entropy, shape)) == expected


def test_label_noise_is_made_of_these_normal_numbers():
    noise = datasets.splits.label_noise(datasets.get("digits"), DataSpec(noise=0.5), 1000, 0)
    expected = streams.normals((0, 2, 0), (2000, 10))[:1000] * 0.3
    np.testing.assert_allclose(noise, expected, rtol=1e-12)


def test_resamples():
    assert digest(streams.integers(2503_05938, 40, (4000, 40))) == "3e54fd4f222c44d8"
    assert digest(streams.integers((2503_05938, 3), 5, (1000, 5))) == "4676c3fd5a310412"


def test_showers():
    sample = showers.simulate(500, 2503)
    assert digest(sample.cells_mev) == "17b52942a28a7226"
    assert digest(sample.energies_gev) == "aa3412b7f03b9451"


@pytest.mark.slow
def test_the_pool_of_showers():
    assert calorimeter.CALORIMETER.fingerprint() == (
        "showers-v2-n20000-seed2503-c018f7638072ca7bde430db4adba0f2f"
    )


def test_a_member_s_seed_and_first_weights():
    """JAX's words are the same everywhere; a float32 normal number of them may differ by a bit."""
    training = pytest.importorskip("ntk_uq.training.program")
    value = seeds.seed(EnsembleSpec().member(64, 100, 3))
    assert value == 12558371454400252441
    key = seeds.key_data(value)
    assert key.tolist() == [2923973708, 4176398873]
    start, orders = training.initialize(ArchitectureSpec(depth=1), 8, 1, 3, key[None])
    assert np.asarray(orders).tolist() == [[2524821123, 4216304124]]
    expected = [0.65139967, 0.01709722, 0.96807796, 0.35955843, -1.05844641, -1.03183508]
    assert np.ravel(start[0][0])[:6] == pytest.approx(expected, rel=1e-6)


def test_the_order_of_batches():
    jax = pytest.importorskip("jax")
    key = jax.random.wrap_key_data(np.array([1, 2], np.uint32), impl="threefry2x32")
    with jax.threefry_partitionable(True):
        order = jax.random.permutation(jax.random.fold_in(key, 3), 12)
    assert np.asarray(order).tolist() == [5, 8, 9, 10, 7, 4, 3, 0, 11, 2, 1, 6]
