"""Splits: nested subsets, independent draws, and a test set that never meets the pool."""

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import Dataset, Examples, calorimeter
from ntk_uq.specs import DataSpec


@pytest.fixture
def few_showers(monkeypatch, tmp_path):
    """The calorimeter with 60 and 25 showers instead of thousands."""
    monkeypatch.setenv("NTK_UQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(calorimeter, "N_POOL", 60)
    monkeypatch.setattr(calorimeter, "N_TEST", 25)
    calorimeter.CALORIMETER.load.cache_clear()
    yield
    calorimeter.CALORIMETER.load.cache_clear()


@pytest.fixture(params=["digits", "calorimeter"])
def dataset(request, few_showers):
    return datasets.get(request.param)


def arrays(split):
    return split.x_train, split.y_train, split.x_test, split.y_test


def rows(values):
    return {row.tobytes() for row in values}


@pytest.mark.parametrize("draw", [0, 3])
def test_a_smaller_subset_is_the_beginning_of_a_larger_one(dataset, draw):
    spec = DataSpec(dataset.name, 10, 5)
    large = datasets.load_split(dataset, spec, 60, draw)
    for n in (1, 2, 31, 59):
        small = datasets.load_split(dataset, spec, n, draw)
        assert len(small.x_train) == n
        np.testing.assert_array_equal(small.x_train, large.x_train[:n])
        np.testing.assert_array_equal(small.y_train, large.y_train[:n])
        np.testing.assert_array_equal(small.x_test, large.x_test)
        np.testing.assert_array_equal(small.y_test, large.y_test)


def test_a_smaller_test_set_is_the_beginning_of_a_larger_one(dataset):
    large = datasets.load_split(dataset, DataSpec(dataset.name, 25), 5, 0)
    small = datasets.load_split(dataset, DataSpec(dataset.name, 7), 5, 0)
    np.testing.assert_array_equal(small.x_test, large.x_test[:7])
    np.testing.assert_array_equal(small.x_train, large.x_train)


def test_draws_and_seeds_differ_and_each_comes_back(dataset):
    subsets = [
        datasets.load_split(dataset, DataSpec(dataset.name, 5, seed), 20, draw).x_train
        for seed in (0, 1, 2**32 - 1)
        for draw in (0, 1, 99)
    ]
    assert len({s.tobytes() for s in subsets}) == 9
    again = datasets.load_split(dataset, DataSpec(dataset.name, 5, 1), 20, 99).x_train
    np.testing.assert_array_equal(again, subsets[5])


def test_seed_and_draw_are_not_interchangeable(dataset):
    one = datasets.load_split(dataset, DataSpec(dataset.name, 5, 2), 20, 7)
    other = datasets.load_split(dataset, DataSpec(dataset.name, 5, 7), 20, 2)
    assert not np.array_equal(one.x_train, other.x_train)


def test_draws_share_the_test_set_and_seeds_do_not(dataset):
    spec = DataSpec(dataset.name, 20, 1)
    first = datasets.load_split(dataset, spec, 5, 0)
    for draw in (1, 2, 50):
        split = datasets.load_split(dataset, spec, 5, draw)
        np.testing.assert_array_equal(split.x_test, first.x_test)
        np.testing.assert_array_equal(split.y_test, first.y_test)
    other = datasets.load_split(dataset, DataSpec(dataset.name, 20, 2), 5, 0)
    assert not np.array_equal(other.x_test, first.x_test)


def test_every_draw_is_a_permutation_of_the_whole_pool(dataset):
    n_pool, n_test = dataset.sizes()
    spec = DataSpec(dataset.name, n_test)
    subsets = [datasets.load_split(dataset, spec, n_pool, draw) for draw in (0, 1)]
    pools = [rows(np.hstack([s.x_train, s.y_train])) for s in subsets]
    assert len(pools[0]) == n_pool
    assert pools[0] == pools[1]


@pytest.mark.parametrize("seed", [0, 11])
def test_the_test_set_is_disjoint_from_the_pool_by_content(dataset, seed):
    n_pool, n_test = dataset.sizes()
    split = datasets.load_split(dataset, DataSpec(dataset.name, n_test, seed), n_pool, 0)
    assert len(rows(split.x_test)) == n_test
    assert not rows(split.x_test) & rows(split.x_train)


def test_the_test_set_is_disjoint_from_the_pool_by_construction():
    """Every example of a made-up set carries its own number, so where it came from shows."""
    numbers = np.arange(1.0, 31)
    examples = Examples(
        np.outer(numbers[:20], [1, 0]), numbers[:20], np.outer(numbers[20:], [1, 0]), numbers[20:]
    )
    made_up = Dataset(
        **{
            **vars(calorimeter.CALORIMETER),
            "name": "numbers",
            "shape": (2,),
            "sizes": lambda: (20, 10),
            "fingerprint": lambda: "numbers",
            "load": lambda: examples,
        }
    )
    mean, scale = numbers[:20].mean(), numbers[:20].std()
    for draw in range(5):
        split = datasets.load_split(made_up, DataSpec("numbers", 10, 3), 20, draw)
        train = np.round(split.y_train[:, 0] * scale + mean)
        test = np.round(split.y_test[:, 0] * scale + mean)
        assert sorted(train) == numbers[:20].tolist()
        assert sorted(test) == numbers[20:].tolist()
        # An input and its target stay together.
        np.testing.assert_allclose(split.x_train[:, 0] / split.y_train[:, 0], 2**0.5)


def test_arrays_are_double_precision_and_shaped_as_said(dataset):
    split = datasets.load_split(dataset, DataSpec(dataset.name, 9), 12, 0)
    assert all(a.dtype == np.float64 for a in arrays(split))
    assert split.x_train.shape == (12, dataset.n_features)
    assert split.y_train.shape == (12, dataset.n_outputs)
    assert split.x_test.shape == (9, dataset.n_features)
    assert split.y_test.shape == (9, dataset.n_outputs)
    assert split.notices == ()


def test_a_split_may_be_changed_without_changing_the_next_one(dataset):
    spec = DataSpec(dataset.name, 5)
    first = datasets.load_split(dataset, spec, 6, 0)
    before = first.x_train.copy()
    for array in arrays(first):
        array += 1
    np.testing.assert_array_equal(datasets.load_split(dataset, spec, 6, 0).x_train, before)


def test_a_training_subset_beyond_the_pool_is_refused_in_words(dataset):
    n_pool, n_test = dataset.sizes()
    datasets.check_sizes(dataset, DataSpec(dataset.name, n_test), n_pool)
    for ask in (
        lambda: datasets.check_sizes(dataset, DataSpec(dataset.name, 5), n_pool + 1),
        lambda: datasets.load_split(dataset, DataSpec(dataset.name, 5), n_pool + 1, 0),
    ):
        with pytest.raises(SpecError) as caught:
            ask()
        words = str(caught.value)
        assert words.startswith(f"N_D is {n_pool + 1:,}")
        assert dataset.name in words
        assert f"choose at most {n_pool:,}" in words


def test_a_test_set_beyond_the_test_part_is_refused_in_words(dataset):
    n_test = dataset.sizes()[1]
    with pytest.raises(SpecError) as caught:
        datasets.load_split(dataset, DataSpec(dataset.name, n_test + 1), 5, 0)
    assert str(caught.value).startswith(f"N_T is {n_test + 1:,}")
    assert f"choose at most {n_test:,}" in str(caught.value)


def test_an_unknown_data_set_is_refused_with_the_known_ones():
    with pytest.raises(SpecError) as caught:
        datasets.get("cifar")
    assert "'cifar'" in str(caught.value)
    assert all(name in str(caught.value) for name in datasets.REGISTRY)


def test_the_registry_keeps_its_promises(dataset):
    examples = dataset.load()
    assert dataset.sizes() == (len(examples.pool_inputs), len(examples.test_inputs))
    assert examples.pool_inputs.shape[1] == examples.test_inputs.shape[1] == dataset.n_features
    assert len(examples.pool_targets) == len(examples.pool_inputs)
    assert len(examples.test_targets) == len(examples.test_inputs)
    assert datasets.REGISTRY[dataset.name] is dataset
    assert dataset.fingerprint() == dataset.fingerprint()
    DataSpec(dataset.name)


def test_a_sample_of_the_pool_does_not_depend_on_seed_or_draw(dataset):
    sample = datasets.pool_sample(dataset, DataSpec(dataset.name), 10)
    assert sample.shape == (10, dataset.n_features)
    np.testing.assert_array_equal(
        sample[:4], datasets.pool_sample(dataset, DataSpec(dataset.name), 4)
    )
    n_pool = dataset.sizes()[0]
    pool = datasets.load_split(dataset, DataSpec(dataset.name, 1), n_pool, 0).x_train
    assert rows(sample) <= rows(pool)
    assert len(datasets.pool_sample(dataset, DataSpec(dataset.name), 10 * n_pool)) == n_pool


# Label noise


def noise_of(dataset, noise, n_train, draw=0, seed=5):
    """What the noise adds to the training targets."""
    clean = datasets.load_split(dataset, DataSpec(dataset.name, 9, seed), n_train, draw)
    noisy = datasets.load_split(
        dataset, DataSpec(dataset.name, 9, seed, noise=noise), n_train, draw
    )
    for name in ("x_train", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(noisy, name), getattr(clean, name))
    return noisy.y_train - clean.y_train


@pytest.mark.parametrize("draw", [0, 3])
def test_a_larger_subset_keeps_the_noise_of_its_first_examples(dataset, draw):
    spec = DataSpec(dataset.name, 9, 5, noise=0.7)
    large = datasets.load_split(dataset, spec, 60, draw)
    for n in (1, 2, 31, 59):
        small = datasets.load_split(dataset, spec, n, draw)
        np.testing.assert_array_equal(small.y_train, large.y_train[:n])
    assert np.ptp(noise_of(dataset, 0.7, 60, draw)) > 0


def test_levels_of_noise_are_multiples_and_draws_and_seeds_differ(dataset):
    one = noise_of(dataset, 1.0, 40)
    np.testing.assert_allclose(noise_of(dataset, 0.25, 40), 0.25 * one, rtol=0, atol=1e-14)
    unit = datasets.label_noise(dataset, DataSpec(dataset.name, 9, 5, noise=3.0), 40, 0)
    np.testing.assert_allclose(one, unit, rtol=0, atol=1e-14)
    others = [noise_of(dataset, 1.0, 40, draw=1), noise_of(dataset, 1.0, 40, seed=6)]
    for other in others:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / one.size**0.5
    assert np.all(noise_of(dataset, 0.0, 40) == 0)


def test_the_noise_is_in_units_of_the_targets_rms():
    digits = datasets.get("digits")
    found = noise_of(digits, 1.0, 1297)
    # One-hot rows minus 1/10: nine entries of 0.1 and one of 0.9.
    assert np.std(found) == pytest.approx((0.9 * 0.1) ** 0.5, rel=5 / (2 * found.size) ** 0.5)
    kurtosis = np.mean(found**4) / np.mean(found**2) ** 2
    assert kurtosis == pytest.approx(3, abs=5 * (24 / found.size) ** 0.5)


@pytest.mark.parametrize(("target", "rms"), [("standardize", (1, 1)), ("raw", (5**0.5, 1000.0))])
def test_each_target_of_a_regression_has_noise_in_its_own_units(target, rms):
    # About zero: the first target is 1 and 3 in turn, the second 1000 and -1000.
    rng = np.random.default_rng(0)
    n = 4000
    y = np.stack([np.tile([1.0, 3.0], n // 2), np.repeat([1000.0, -1000.0], n // 2)], axis=1)
    x = rng.standard_normal((n, 3))
    made = Dataset(
        **{
            **vars(calorimeter.CALORIMETER),
            "name": "two",
            "shape": (3,),
            "n_outputs": 2,
            "sizes": lambda: (n, n),
            "fingerprint": lambda: "two",
            "load": lambda: Examples(x, y, x, y),
        }
    )
    clean = datasets.load_split(made, DataSpec("two", 9, target=target), n, 0)
    noisy = datasets.load_split(made, DataSpec("two", 9, target=target, noise=0.5), n, 0)
    scale = np.std(noisy.y_train - clean.y_train, axis=0)
    np.testing.assert_allclose(scale, 0.5 * np.array(rms), rtol=5 / (2 * n) ** 0.5)


def test_noise_is_told_wherever_a_preparation_is(dataset):
    plain, noisy = (DataSpec(dataset.name, noise=noise) for noise in (0.0, 0.3))
    assert "noise" not in datasets.describe(dataset, plain)
    words = datasets.describe(dataset, noisy)
    assert "noise on the training targets, 0.3 of their root mean square" in words
    assert "test targets clean" in words
    assert datasets.canonical(dataset, noisy).noise == 0.3
