"""Preparation against its definition, computed here once more and differently."""

import dataclasses

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.datasets import Examples, calorimeter
from ntk_uq.datasets.digits import DIGITS
from ntk_uq.datasets.mnist import MNIST
from ntk_uq.datasets.preparation import WORDS, Preparation, describe, fit_preparation
from ntk_uq.errors import DataError
from ntk_uq.specs import DataSpec


@pytest.fixture
def showers(monkeypatch, tmp_path):
    """The calorimeter with 200 and 40 showers instead of thousands, as its files hold them."""
    monkeypatch.setenv("NTK_UQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(calorimeter, "N_POOL", 200)
    monkeypatch.setattr(calorimeter, "N_TEST", 40)
    calorimeter.CALORIMETER.load.cache_clear()
    yield calorimeter.CALORIMETER.load()
    calorimeter.CALORIMETER.load.cache_clear()


def whole(dataset):
    """All of a data set, prepared, in the order of draw 0."""
    n_pool, n_test = dataset.sizes()
    return datasets.load_split(dataset, DataSpec(dataset.name, n_test), n_pool, 0)


def test_images_lie_on_the_sphere_of_radius_sqrt_d():
    split = whole(DIGITS)
    for x in (split.x_train, split.x_test):
        np.testing.assert_allclose(np.sum(x**2, axis=1), 64, rtol=1e-12)


def test_images_are_centred_by_the_pool_alone_and_then_normalized():
    raw = DIGITS.load()
    prepare = fit_preparation(DIGITS, raw)
    centre = np.array([column.mean() for column in raw.pool_inputs.T])
    expected = raw.test_inputs - centre
    expected = np.array([8 * row / np.linalg.norm(row) for row in expected])
    np.testing.assert_allclose(prepare.inputs(raw.test_inputs), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(prepare.centre, centre)
    both = np.vstack([raw.pool_inputs, raw.test_inputs]).mean(axis=0)
    assert np.abs(prepare.centre - both).max() > 1e-3


def test_the_preparation_of_an_example_does_not_depend_on_the_subset():
    alone = datasets.load_split(DIGITS, DataSpec("digits", 5), 1, 0).x_train[0]
    among = datasets.load_split(DIGITS, DataSpec("digits", 5), 1297, 0).x_train[0]
    np.testing.assert_array_equal(alone, among)


def test_statistics_do_not_depend_on_the_block_size(monkeypatch, showers):
    for dataset in (DIGITS, calorimeter.CALORIMETER):
        reference = fit_preparation(dataset, dataset.load())
        for rows in (1, 7, 10**6):
            monkeypatch.setattr("ntk_uq.datasets.preparation._ROWS", rows)
            other = fit_preparation(dataset, dataset.load())
            np.testing.assert_allclose(other.centre, reference.centre, rtol=1e-12, atol=1e-12)
            assert other.scale == pytest.approx(reference.scale, rel=1e-12)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_targets_of_classes_are_one_hot_minus_one_over_c(name, request):
    dataset = datasets.get(name)
    if name == "mnist":
        request.getfixturevalue("real_data")
    prepare = fit_preparation(dataset, dataset.load())
    targets = prepare.targets(np.array([0, 9, 3]))
    assert targets.shape == (3, 10)
    for row, label in zip(targets, (0, 9, 3), strict=True):
        expected = np.full(10, -0.1)
        expected[label] = 0.9
        np.testing.assert_allclose(row, expected, rtol=1e-15)
    np.testing.assert_allclose(targets.sum(axis=1), 0, atol=1e-15)


def test_targets_stay_with_their_inputs():
    raw = DIGITS.load()
    prepare = fit_preparation(DIGITS, raw)
    labels = dict(zip(map(bytes, prepare.inputs(raw.pool_inputs)), raw.pool_targets, strict=True))
    split = datasets.load_split(DIGITS, DataSpec("digits", 5), 100, 2)
    assert [labels[bytes(x)] for x in split.x_train] == split.y_train.argmax(axis=1).tolist()


def test_showers_are_centred_and_divided_by_one_common_scale(showers):
    prepare = fit_preparation(calorimeter.CALORIMETER, showers)
    raw = showers.pool_inputs.astype(float)
    centred = raw - raw.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2))
    prepared = prepare.inputs(showers.pool_inputs)
    np.testing.assert_allclose(prepared, centred / scale, rtol=1e-9, atol=1e-9)
    assert np.mean(prepared**2) == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(prepared.mean(axis=0), 0, atol=1e-10)


def test_ratios_between_showers_are_kept(showers):
    """Nothing is normalized shower by shower: the energy is in the size of the input."""
    prepare = fit_preparation(calorimeter.CALORIMETER, showers)
    raw = np.vstack([showers.pool_inputs, showers.test_inputs]).astype(float)
    prepared = prepare.inputs(np.vstack([showers.pool_inputs, showers.test_inputs]))
    sums = raw.sum(axis=1) - showers.pool_inputs.astype(float).sum(axis=1).mean()
    np.testing.assert_allclose(prepared.sum(axis=1) / prepared.sum(axis=1)[0], sums / sums[0])
    norms = np.linalg.norm(prepared, axis=1)
    assert norms.max() / norms.min() > 3


def test_the_energy_is_standardized_by_the_pool(showers):
    prepare = fit_preparation(calorimeter.CALORIMETER, showers)
    pool = prepare.targets(showers.pool_targets)
    assert pool.shape == (200, 1)
    assert pool.mean() == pytest.approx(0, abs=1e-12)
    assert pool.std() == pytest.approx(1, rel=1e-12)
    test = prepare.targets(showers.test_targets)[:, 0]
    expected = (showers.test_targets - showers.pool_targets.mean()) / showers.pool_targets.std()
    np.testing.assert_allclose(test, expected, rtol=1e-12)
    assert abs(test.mean()) > 1e-6


def test_the_test_set_does_not_move_the_statistics(showers):
    reference = fit_preparation(calorimeter.CALORIMETER, showers)
    moved = dataclasses.replace(
        showers, test_inputs=showers.test_inputs * 100, test_targets=showers.test_targets + 50
    )
    other = fit_preparation(calorimeter.CALORIMETER, moved)
    np.testing.assert_array_equal(other.centre, reference.centre)
    assert (other.scale, other.target_mean, other.target_scale) == (
        reference.scale,
        reference.target_mean,
        reference.target_scale,
    )


def test_bytes_are_not_summed_in_bytes():
    bright = Examples(
        np.full((300, 4), 255, np.uint8) - np.eye(300, 4, dtype=np.uint8) * 200,
        np.zeros(300, int),
        np.array([[1, 2, 3, 4]], np.uint8),
        np.zeros(1, int),
    )
    prepare = fit_preparation(MNIST, bright)
    np.testing.assert_allclose(prepare.centre, 255 - 200 / 300)
    x = np.array([1.0, 2, 3, 4]) - prepare.centre
    np.testing.assert_allclose(
        prepare.inputs(bright.test_inputs)[0], 2 * x / np.linalg.norm(x), rtol=1e-12
    )


def test_an_example_without_a_direction_is_told():
    prepare = Preparation("sphere", np.array([1.0, 2.0]), 1.0, 10, 0.0, 1.0)
    with pytest.raises(DataError, match="Example 1 equals the mean of the pool"):
        prepare.inputs(np.array([[3.0, 2.0], [1.0, 2.0]]))


def test_the_preparation_is_told_in_words():
    for dataset in datasets.REGISTRY.values():
        target = "log" if dataset.target == "log" else dataset.task
        assert describe(dataset) == f"{WORDS[dataset.preparation]}; {WORDS[target]}"
    assert "sqrt(d)" in describe(DIGITS)
    assert "one-hot minus 1/C" in describe(DIGITS)
    assert "one common scale" in describe(calorimeter.CALORIMETER)
    assert "standardized" in describe(calorimeter.CALORIMETER)


@pytest.mark.slow
def test_the_real_pool_of_showers_has_mean_square_one():
    split = whole(calorimeter.CALORIMETER)
    assert split.x_train.shape == (16_000, 490)
    assert np.mean(split.x_train**2) == pytest.approx(1, rel=1e-12)
    assert split.y_train.std() == pytest.approx(1, rel=1e-12)
    # A test set from the same simulation has the same statistics within their errors.
    assert np.mean(split.x_test**2) == pytest.approx(1, rel=0.1)
    assert split.y_test.std() == pytest.approx(1, rel=0.05)


def test_real_images_lie_on_the_sphere(real_data):
    split = datasets.load_split(MNIST, DataSpec("mnist", 50), 50, 0)
    for x in (split.x_train, split.x_test):
        np.testing.assert_allclose(np.sum(x**2, axis=1), 784, rtol=1e-12)
    pool = MNIST.load().pool_inputs
    prepare = fit_preparation(MNIST, MNIST.load())
    np.testing.assert_allclose(prepare.centre, pool.mean(axis=0), rtol=1e-12, atol=1e-12)
