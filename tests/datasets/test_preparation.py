"""Preparation against its definition, computed here once more and differently."""

import dataclasses

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.datasets import Examples, calorimeter, canonical, describe, loss_unit, recipe
from ntk_uq.datasets.digits import DIGITS
from ntk_uq.datasets.mnist import MNIST
from ntk_uq.datasets.preparation import Preparation, fit_preparation
from ntk_uq.datasets.recipes import INPUTS, TARGETS
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


def fitted(dataset, examples, **chosen):
    """The preparation of a data set by its own choice, or another."""
    return fit_preparation(
        dataset, examples, recipe(dataset, DataSpec(dataset.name, **chosen)), None
    )


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
    prepare = fitted(DIGITS, raw)
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
        reference = fitted(dataset, dataset.load())
        for rows in (1, 7, 10**6):
            monkeypatch.setattr("ntk_uq.datasets.statistics._ROWS", rows)
            other = fitted(dataset, dataset.load())
            np.testing.assert_allclose(other.centre, reference.centre, rtol=1e-12, atol=1e-12)
            assert other.scale == pytest.approx(reference.scale, rel=1e-12)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_targets_of_classes_are_one_hot_minus_one_over_c(name, request):
    dataset = datasets.get(name)
    if name == "mnist":
        request.getfixturevalue("real_data")
    prepare = fitted(dataset, dataset.load())
    targets = prepare.targets(np.array([0, 9, 3]))
    assert targets.shape == (3, 10)
    for row, label in zip(targets, (0, 9, 3), strict=True):
        expected = np.full(10, -0.1)
        expected[label] = 0.9
        np.testing.assert_allclose(row, expected, rtol=1e-15)
    np.testing.assert_allclose(targets.sum(axis=1), 0, atol=1e-15)


def test_targets_stay_with_their_inputs():
    raw = DIGITS.load()
    prepare = fitted(DIGITS, raw)
    labels = dict(zip(map(bytes, prepare.inputs(raw.pool_inputs)), raw.pool_targets, strict=True))
    split = datasets.load_split(DIGITS, DataSpec("digits", 5), 100, 2)
    assert [labels[bytes(x)] for x in split.x_train] == split.y_train.argmax(axis=1).tolist()


def test_showers_are_centred_and_divided_by_one_common_scale(showers):
    prepare = fitted(calorimeter.CALORIMETER, showers)
    raw = showers.pool_inputs.astype(float)
    centred = raw - raw.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2))
    prepared = prepare.inputs(showers.pool_inputs)
    np.testing.assert_allclose(prepared, centred / scale, rtol=1e-9, atol=1e-9)
    assert np.mean(prepared**2) == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(prepared.mean(axis=0), 0, atol=1e-10)


def test_ratios_between_showers_are_kept(showers):
    """Nothing is normalized shower by shower: the energy is in the size of the input."""
    prepare = fitted(calorimeter.CALORIMETER, showers)
    raw = np.vstack([showers.pool_inputs, showers.test_inputs]).astype(float)
    prepared = prepare.inputs(np.vstack([showers.pool_inputs, showers.test_inputs]))
    sums = raw.sum(axis=1) - showers.pool_inputs.astype(float).sum(axis=1).mean()
    np.testing.assert_allclose(prepared.sum(axis=1) / prepared.sum(axis=1)[0], sums / sums[0])
    norms = np.linalg.norm(prepared, axis=1)
    assert norms.max() / norms.min() > 3


def test_the_energy_is_standardized_by_the_pool(showers):
    prepare = fitted(calorimeter.CALORIMETER, showers)
    pool = prepare.targets(showers.pool_targets)
    assert pool.shape == (200, 1)
    assert pool.mean() == pytest.approx(0, abs=1e-12)
    assert pool.std() == pytest.approx(1, rel=1e-12)
    test = prepare.targets(showers.test_targets)[:, 0]
    expected = (showers.test_targets - showers.pool_targets.mean()) / showers.pool_targets.std()
    np.testing.assert_allclose(test, expected, rtol=1e-12)
    assert abs(test.mean()) > 1e-6


def test_the_test_set_does_not_move_the_statistics(showers):
    reference = fitted(calorimeter.CALORIMETER, showers)
    moved = dataclasses.replace(
        showers, test_inputs=showers.test_inputs * 100, test_targets=showers.test_targets + 50
    )
    other = fitted(calorimeter.CALORIMETER, moved)
    np.testing.assert_array_equal(other.centre, reference.centre)
    assert (other.scale, other.target_centre, other.target_scale) == (
        reference.scale,
        reference.target_centre,
        reference.target_scale,
    )


def test_bytes_are_not_summed_in_bytes():
    bright = Examples(
        np.full((300, 4), 255, np.uint8) - np.eye(300, 4, dtype=np.uint8) * 200,
        np.zeros(300, int),
        np.array([[1, 2, 3, 4]], np.uint8),
        np.zeros(1, int),
    )
    prepare = fitted(MNIST, bright)
    np.testing.assert_allclose(prepare.centre, 255 - 200 / 300)
    x = np.array([1.0, 2, 3, 4]) - prepare.centre
    np.testing.assert_allclose(
        prepare.inputs(bright.test_inputs)[0], 2 * x / np.linalg.norm(x), rtol=1e-12
    )


def test_an_example_without_a_direction_is_told():
    none = np.zeros(0)
    prepare = Preparation(True, np.array([1.0, 2.0]), np.array(1.0), None, 10, none, none)
    with pytest.raises(DataError, match="Example 1 equals the mean of the pool"):
        prepare.inputs(np.array([[3.0, 2.0], [1.0, 2.0]]))


def test_the_preparation_is_told_in_words():
    for dataset in datasets.REGISTRY.values():
        target = "classes" if dataset.task == "classification" else dataset.target
        words = f"{INPUTS[dataset.preparation]}; {TARGETS[target]}"
        assert describe(dataset, DataSpec(dataset.name)) == words
    assert "sqrt(d)" in describe(DIGITS, DataSpec())
    assert "one-hot minus 1/C" in describe(DIGITS, DataSpec())
    showers = calorimeter.CALORIMETER
    assert "one common scale" in describe(showers, DataSpec("calorimeter"))
    assert "standardized" in describe(showers, DataSpec("calorimeter"))
    assert describe(DIGITS, DataSpec(preparation="none")).startswith("inputs as they are;")
    whitened = describe(DIGITS, DataSpec(zca=0.1))
    assert "ZCA-whitened with the pool's covariance, regularization 0.1 of its mean" in whitened
    assert "then each put on the sphere" in whitened
    assert "then" not in describe(DIGITS, DataSpec(zca=0.1, preparation="none"))


def test_the_loss_has_the_unit_of_the_prepared_target():
    showers = calorimeter.CALORIMETER
    units = {
        target: loss_unit(showers, DataSpec("calorimeter", target=target))
        for target in ("default", "raw", "standardize", "log")
    }
    assert units["raw"] == "squared error in (GeV)²"
    assert units["default"] == units["standardize"] == "squared error / variance of target"
    assert units["log"] == "squared error / variance of ln(target)"
    assert loss_unit(DIGITS, DataSpec()) == "squared error, one-hot targets"


def test_what_a_data_set_chooses_itself_and_the_same_said_are_one(showers):
    said = DataSpec("calorimeter", preparation="scale", target="standardize")
    left = DataSpec("calorimeter")
    assert said != left
    assert canonical(calorimeter.CALORIMETER, said) == left
    assert canonical(calorimeter.CALORIMETER, left) == left
    other = DataSpec("calorimeter", target="log", zca=0.1)
    assert canonical(calorimeter.CALORIMETER, other) == other
    assert canonical(DIGITS, DataSpec(preparation="sphere")) == DataSpec()


@pytest.mark.parametrize("target", ["raw", "standardize", "log"])
def test_labels_have_no_target_to_prepare(target):
    with pytest.raises(SpecError, match=f"target is '{target}', but digits is a classification"):
        recipe(DIGITS, DataSpec(target=target))


def test_inputs_too_long_to_be_whitened_are_refused():
    electrons = datasets.get("calochallenge2-electrons")
    with pytest.raises(SpecError, match="6,480 values; whitening takes at most 4,096"):
        recipe(electrons, DataSpec(electrons.name, zca=0.1))


def test_each_value_can_be_standardized_on_its_own():
    raw = DIGITS.load()
    prepared = fitted(DIGITS, raw, preparation="standardize").inputs(raw.pool_inputs)
    varies = raw.pool_inputs.std(axis=0) > 0
    assert 0 < (~varies).sum() < 10  # digits have corners that are always empty
    np.testing.assert_allclose(prepared[:, varies].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(prepared[:, varies].std(axis=0), 1, rtol=1e-12)
    np.testing.assert_array_equal(prepared[:, ~varies], 0)


def test_inputs_and_targets_can_stay_as_they_are(showers):
    prepare = fitted(calorimeter.CALORIMETER, showers, preparation="none", target="raw")
    np.testing.assert_array_equal(
        prepare.inputs(showers.test_inputs), showers.test_inputs.astype(float)
    )
    np.testing.assert_array_equal(prepare.targets(showers.test_targets)[:, 0], showers.test_targets)


def test_the_logarithm_of_a_target_is_standardized(showers):
    prepare = fitted(calorimeter.CALORIMETER, showers, target="log")
    logarithm = np.log(showers.pool_targets)
    expected = (logarithm - logarithm.mean()) / logarithm.std()
    np.testing.assert_allclose(prepare.targets(showers.pool_targets)[:, 0], expected, rtol=1e-12)
    negative = dataclasses.replace(showers, pool_targets=showers.pool_targets - 50)
    with pytest.raises(DataError, match="its logarithm is asked for, so it must be above zero"):
        fitted(calorimeter.CALORIMETER, negative, target="log")


def test_several_targets_are_prepared_each_for_itself(showers):
    both = np.column_stack([showers.pool_targets, 3 - 2 * showers.pool_targets**2])
    two = dataclasses.replace(showers, pool_targets=both)
    prepared = fitted(calorimeter.CALORIMETER, two).targets(both)
    assert prepared.shape == (200, 2)
    np.testing.assert_allclose(prepared.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(prepared.std(axis=0), 1, rtol=1e-12)
    constant = dataclasses.replace(showers, pool_targets=both * [1, 0] + [0, 7])
    with pytest.raises(DataError, match="have the same target, 7"):
        fitted(calorimeter.CALORIMETER, constant)


def covariance_of(x):
    x = x - x.mean(axis=0)
    return x.T @ x / len(x)


@pytest.mark.parametrize("strength", [1e-3, 0.1, 10.0])
def test_whitening_by_its_definition(strength):
    """By a matrix square root of SciPy, not by eigenvectors."""
    import scipy.linalg

    raw = DIGITS.load()
    prepare = fitted(DIGITS, raw, zca=strength, preparation="none")
    spread = covariance_of(raw.pool_inputs)
    ridge = strength * np.trace(spread) / 64
    root = np.linalg.inv(scipy.linalg.sqrtm(spread + ridge * np.eye(64)).real)
    expected = (raw.test_inputs - raw.pool_inputs.mean(axis=0)) @ root
    np.testing.assert_allclose(prepare.inputs(raw.test_inputs), expected, atol=1e-9)


def test_weak_regularization_makes_white_and_strong_one_only_scales():
    raw = DIGITS.load()
    varies = raw.pool_inputs.std(axis=0) > 0.5
    white = fitted(DIGITS, raw, zca=1e-9, preparation="none").inputs(raw.pool_inputs)
    part = covariance_of(white)[np.ix_(varies, varies)]
    np.testing.assert_allclose(part, np.eye(varies.sum()), atol=1e-3)
    scaled = fitted(DIGITS, raw, zca=1e6, preparation="none").inputs(raw.pool_inputs)
    centred = raw.pool_inputs - raw.pool_inputs.mean(axis=0)
    ratio = np.vdot(scaled, centred) / np.vdot(centred, centred)
    np.testing.assert_allclose(scaled, ratio * centred, atol=1e-5 * np.abs(scaled).max())


@pytest.mark.parametrize("preparation", ["scale", "standardize", "sphere"])
def test_whitened_inputs_are_prepared_with_their_own_statistics(preparation):
    raw = DIGITS.load()
    plain = fitted(DIGITS, raw, zca=0.1, preparation="none").inputs(raw.pool_inputs)
    prepared = fitted(DIGITS, raw, zca=0.1, preparation=preparation).inputs(raw.pool_inputs)
    scale = {
        "scale": np.sqrt(np.mean(plain**2)),
        "standardize": plain.std(axis=0),
        "sphere": np.sqrt(np.mean(plain**2, axis=1, keepdims=True)),
    }[preparation]
    varies = raw.pool_inputs.std(axis=0) > 1e-2  # of the others, nothing but rounding is left
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (plain / scale)[:, varies]
    np.testing.assert_allclose(prepared[:, varies], expected, rtol=1e-9, atol=1e-9)


def table_of(pool, test):
    """A data set of plain columns, and its examples."""
    examples = Examples(pool, np.arange(float(len(pool))), test, np.zeros(len(test)))
    dataset = dataclasses.replace(
        calorimeter.CALORIMETER, name="table", shape=pool.shape[1:], preparation="standardize"
    )
    return dataset, examples


@pytest.mark.parametrize("n", [100, 9000])
@pytest.mark.parametrize("zca", [None, 0.1, 1e-6])
def test_a_constant_value_is_centred_to_zero_and_not_divided_by_its_rounding(n, zca):
    """The mean of many 0.1 is not 0.1, and their deviation from it is not 0."""
    rng = np.random.default_rng(4)
    pool = np.column_stack([rng.normal(size=(n, 3)), np.full((n, 2), [0.1, 7.3])])
    prepare = fitted(*table_of(pool, pool[:2]), zca=zca)
    x = prepare.inputs(pool)
    np.testing.assert_allclose(x[:, :3].std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(x[:, 3:], 0, atol=1e-9)


def test_whitening_does_not_blow_up_what_varies_in_the_test_part_only():
    """As some border pixels of MNIST do: constant in the pool, and not in the test part."""
    rng = np.random.default_rng(5)
    pool = rng.normal(size=(500, 30)) @ rng.normal(size=(30, 60))
    pool[:, 7::10] = 0
    test = pool[:4].copy()
    test[:, 17] = 1.0
    x = fitted(*table_of(pool, test), zca=0.1).inputs(test)
    # W of a constant value is 1 / sqrt(strength * mean eigenvalue); nothing divides it further.
    mean = np.trace(np.cov(pool.T, bias=True)) / 60
    np.testing.assert_allclose(x[:, 17], 1 / np.sqrt(0.1 * mean), rtol=1e-9)


def test_inputs_that_are_all_the_same_are_refused_whatever_their_mean_rounds_to():
    pool = np.full((1000, 3), 0.1)
    with pytest.raises(DataError, match="All inputs in the pool of table are the same"):
        fitted(*table_of(pool, pool[:2]))


@pytest.mark.filterwarnings("error")
def test_values_too_large_for_a_variance_are_told():
    pool = np.random.default_rng(6).normal(size=(50, 3))
    dataset, examples = table_of(pool * 1e200, pool[:2])
    with pytest.raises(DataError, match="inputs of table are so large"):
        fitted(dataset, examples)
    dataset, examples = table_of(pool, pool[:2])
    examples = dataclasses.replace(examples, pool_targets=pool[:, 0] * 1e200)
    with pytest.raises(DataError, match="targets of table are so large"):
        fitted(dataset, examples)


def test_equal_examples_come_out_equal_wherever_they_stand():
    raw = DIGITS.load()
    rng = np.random.default_rng(5)
    places = rng.integers(0, 50, 700)
    prepare = fitted(DIGITS, raw, zca=0.01)
    among = prepare.inputs(raw.pool_inputs[places])
    alone = np.concatenate([prepare.inputs(raw.pool_inputs[i : i + 1]) for i in range(50)])
    np.testing.assert_array_equal(among, alone[places])


def test_the_covariance_is_taken_once_and_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("NTK_UQ_CACHE", str(tmp_path))
    spec = DataSpec(zca=0.1)

    def prepared():
        datasets.splits._preparation.cache_clear()
        return datasets.load_split(DIGITS, spec, 30, 0).x_train

    first = prepared()
    assert [p.suffix for p in tmp_path.iterdir()] == [".statistics"]
    monkeypatch.setattr("ntk_uq.datasets.statistics.covariance", None)
    np.testing.assert_array_equal(prepared(), first)
    datasets.splits._preparation.cache_clear()


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
    prepare = fitted(MNIST, MNIST.load())
    np.testing.assert_allclose(prepare.centre, pool.mean(axis=0), rtol=1e-12, atol=1e-12)
