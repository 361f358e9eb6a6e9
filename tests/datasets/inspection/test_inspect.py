"""Looking through data sets: against whole-array NumPy, planted faults, and files of rows."""

import itertools
import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
from helpers.unchecked import unchecked

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets import statistics
from ntk_uq.datasets.base import Dataset, Examples, Rows
from ntk_uq.datasets.calochallenge import PHOTONS
from ntk_uq.datasets.inspection.inspect import SAMPLE_BYTES, inspect
from ntk_uq.datasets.inspection.record import Inspection
from ntk_uq.store import json_bytes


def made(pool, targets, test=None, test_targets=None, **more):
    """A data set of arrays."""
    test = pool[:0] if test is None else test
    test_targets = targets[: len(test)] if test_targets is None else test_targets
    examples = Examples(pool, targets, test, test_targets, more.pop("notices", ()))
    about = {
        "name": "made",
        "title": "Made",
        "about": "",
        "task": "regression",
        "n_outputs": 1 if targets.ndim == 1 else targets.shape[1],
        "shape": (pool.shape[1],),
        "input_unit": "V",
        "target_unit": "current in A",
        "preparation": "scale",
        "citation": "",
        "sizes": lambda: (len(pool), len(test)),
        "fingerprint": lambda: "made-1",
        "load": lambda: examples,
    }
    return Dataset(**{**about, **more})


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_inputs_are_described_as_numpy_describes_the_whole_array(random):
    x = random.normal(3, 2, (5000, 12))
    x[:, 4] = 1.5
    x[:, 9] = 0
    x[random.random(x.shape) < 0.1] = 0
    x[:, 4] = 1.5
    found = inspect(made(x, random.normal(size=5000))).inputs
    assert (found.minimum, found.maximum) == (x.min(), x.max())
    assert found.mean == pytest.approx(x.mean(), rel=1e-12)
    assert found.std == pytest.approx(x.std(), rel=1e-12)
    assert found.zeros == np.mean(x == 0)
    assert (found.constant, found.constant_indices) == (2, (4, 9))


def test_many_constant_values_are_counted_and_the_first_named():
    x = np.ones((10, 100), dtype=np.uint8)
    x[:, 50] = np.arange(10)
    found = inspect(made(x, np.arange(10.0))).inputs
    assert found.constant == 99
    assert found.constant_indices == tuple(range(20))


def test_a_target_is_described_in_its_unit(random):
    y = random.gamma(2, 3, 4001)
    (found,) = inspect(made(random.normal(size=(4001, 2)), y)).targets
    assert found.name == "current in A"
    assert (found.minimum, found.maximum, found.median) == (y.min(), y.max(), np.median(y))
    assert found.mean == pytest.approx(y.mean())
    assert found.std == pytest.approx(y.std())
    assert (found.values, found.counts) == ((), ())
    assert len(found.histogram.counts) == 64
    assert sum(found.histogram.counts) == 4001


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"), [(1, 99, False), (1, 101, True), (-1, 1e6, False)]
)
def test_bins_are_logarithmic_where_a_positive_target_spans_two_decades(
    random, low, high, logarithmic
):
    y = np.concatenate([[low, high], random.uniform(max(low, 1), high, 500)])
    histogram = inspect(made(random.normal(size=(502, 2)), y)).targets[0].histogram
    edges = np.array(histogram.edges)
    assert histogram.logarithmic is logarithmic
    steps = np.diff(np.log(edges) if logarithmic else edges)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert (edges[0], edges[-1]) == (low, high)
    brute = [np.sum((y >= a) & (y < b)) for a, b in itertools.pairwise(edges)]
    brute[-1] += np.sum(y == edges[-1])
    assert list(histogram.counts) == brute


def test_few_distinct_values_are_counted_one_by_one(random):
    y = 2.0 ** random.integers(8, 23, 900)
    (found,) = inspect(made(random.normal(size=(900, 2)), y)).targets
    assert found.values == tuple(sorted(set(y)))
    assert found.counts == tuple(int(np.sum(y == value)) for value in found.values)
    many = inspect(made(random.normal(size=(65, 2)), np.arange(65.0))).targets[0]
    assert many.values == ()


@pytest.mark.parametrize("y", [[3.0, 3.0, 3.0], [1e17, 1e17 + 16, 1e17 + 32]])
def test_targets_without_room_for_bins_are_counted_all_the_same(y):
    (found,) = inspect(made(np.eye(3), np.array(y))).targets
    assert sum(found.histogram.counts) == 3
    assert len(found.histogram.edges) == len(found.histogram.counts) + 1


def test_several_targets_have_a_description_each(random):
    y = random.normal(size=(300, 2)) * [1, 100]
    inspection = inspect(
        made(random.normal(size=(300, 4)), y, target_unit="E in GeV, angle in rad")
    )
    assert [t.name for t in inspection.targets] == ["E in GeV", "angle in rad"]
    assert [t.std for t in inspection.targets] == pytest.approx(y.std(axis=0))
    assert inspection.samples[0].targets == pytest.approx(y[inspection.samples[0].index])
    unnamed = inspect(made(random.normal(size=(300, 4)), y, target_unit="position"))
    assert [t.name for t in unnamed.targets] == ["position [0]", "position [1]"]


# Equal examples


def test_planted_duplicates_and_conflicts_are_found(random):
    x = random.normal(size=(200, 5)).astype(np.float32)
    y = random.normal(size=200)
    x[[10, 20, 30]] = x[5]  # four equal inputs with four targets
    x[50], y[50] = x[40], y[40]  # a plain copy
    test = random.normal(size=(30, 5)).astype(np.float32)
    test[[3, 17]] = x[[40, 199]]
    found = inspect(made(x, y, test)).duplicates
    assert (found.pool, found.conflicting, found.test) == (6, 4, 2)
    assert found.pool_pairs == ((5, 10), (40, 50))
    assert found.test_pairs == ((3, 40), (17, 199))


def test_a_conflict_shows_two_examples_that_differ_in_the_target():
    x = np.zeros((4, 2))
    found = inspect(made(x, np.array([1.0, 1.0, 2.0, 1.0]))).duplicates
    assert (found.pool, found.conflicting, found.pool_pairs) == (4, 4, ((0, 2),))


def test_a_conflict_in_one_of_several_targets_is_one():
    x = np.array([[1.0], [1.0], [2.0], [2.0]])
    y = np.array([[1.0, 5.0], [1.0, 6.0], [3.0, 7.0], [3.0, 7.0]])
    found = inspect(made(x, y)).duplicates
    assert (found.pool, found.conflicting) == (4, 2)
    assert found.pool_pairs == ((0, 1), (2, 3))


def test_equal_means_equal_as_numbers_whatever_their_type():
    pool = np.array([[0.0, 1.0], [2.0, 3.0]])
    test = np.array([[-0.0, 1.0], [2.0, 4.0]], dtype=np.float32)
    assert inspect(made(pool, np.arange(2.0), test)).duplicates.test_pairs == ((0, 0),)


def test_at_most_ten_pairs_are_named(random):
    x = np.repeat(random.normal(size=(40, 3)), 2, axis=0)
    found = inspect(made(x, random.normal(size=80), x[:30])).duplicates
    assert (found.pool, found.conflicting, found.test) == (80, 80, 30)
    assert len(found.pool_pairs) == len(found.test_pairs) == 10


# Samples


def test_samples_are_spread_over_the_classes_and_hold_raw_inputs():
    inspection = inspect(datasets.get("digits"))
    examples = datasets.get("digits").load()
    labels = [int(sample.targets[0]) for sample in inspection.samples]
    assert len(labels) == 24
    assert {labels.count(label) for label in range(10)} == {2, 3}
    assert len({sample.index for sample in inspection.samples}) == 24
    for sample in inspection.samples:
        assert sample.inputs == tuple(examples.pool_inputs[sample.index])
        assert sample.targets == (examples.pool_targets[sample.index],)
    assert inspect(datasets.get("digits")) == inspection


def test_a_class_with_few_examples_gives_what_it_has(random):
    labels = np.array([0] * 100 + [1])
    x = random.normal(size=(101, 2))
    inspection = inspect(
        made(x, labels, task="classification", n_outputs=3, classes=("cat", "dog", "elk"))
    )
    assert [(c.name, c.n_pool, c.n_test) for c in inspection.classes] == [
        ("cat", 100, 0),
        ("dog", 1, 0),
        ("elk", 0, 0),
    ]
    assert sum(sample.targets == (1.0,) for sample in inspection.samples) == 1
    assert len(inspection.samples) == 24


@unchecked()  # a function a value
def test_long_inputs_give_fewer_samples_and_a_report_stays_below_two_megabytes(random):
    for n, d, fewest, most in [(30, 20_000, 3, 23), (3, 400_000, 0, 0)]:
        x = random.normal(size=(n, d))
        inspection = inspect(made(x, random.normal(size=n)))
        assert fewest <= len(inspection.samples) <= most
        assert len(json_bytes(inspection.to_json())) < 2_000_000
        for sample in inspection.samples:
            np.testing.assert_array_equal(
                np.float32(sample.inputs), x[sample.index].astype(np.float32)
            )
    assert SAMPLE_BYTES < 2_000_000


# Showers, and rows in files


def test_the_calorimeter_s_cells_and_energies_have_units_that_agree():
    dataset = datasets.get("calorimeter")
    inspection, examples = inspect(dataset), dataset.load()
    sums = examples.pool_inputs.sum(axis=1, dtype=np.float64) / (1000 * examples.pool_targets)
    assert inspection.response.mean == pytest.approx(sums.mean())
    assert inspection.response.std == pytest.approx(sums.std())
    assert inspection.response.median == pytest.approx(np.median(sums))
    assert 0.9 < inspection.response.mean < 1.1
    wrong = inspect(replace(dataset, unit="MeV"))
    assert wrong.response.mean == pytest.approx(1000 * inspection.response.mean)


def test_only_showers_have_a_response(random):
    assert inspect(datasets.get("digits")).response is None
    assert inspect(made(random.normal(size=(9, 2)), random.normal(size=9))).response is None


class Kept(Rows):
    """Rows of an array, as if they were in a file; notes how many were asked for at once."""

    def __init__(self, array):
        self.array, self.shape, self.most = array, array.shape, 0

    def __getitem__(self, index):
        rows = self.array[index]
        self.most = max(self.most, rows.size)
        return rows.copy()


def test_rows_in_a_file_give_the_same_report_in_bounded_memory(random, monkeypatch):
    x = random.normal(size=(3000, 40)).astype(np.float32)
    x[2999] = x[0]
    y, test = random.normal(size=3000), x[100:200]
    monkeypatch.setattr(statistics, "_BLOCK_BYTES", 8 * 40 * 128)
    whole = inspect(made(x, y, test))
    pool, part = Kept(x), Kept(test)
    inspection = inspect(
        made(
            x,
            y,
            test,
            load=lambda: Examples(pool, y, part, y[:100]),
        )
    )
    assert inspection == whole
    assert inspection.duplicates.pool_pairs == ((0, 2999),)
    assert inspection.duplicates.test == 100
    assert pool.most <= 128 * 40
    assert part.most <= 128 * 40


def test_files_of_the_calochallenge_are_looked_through(tmp_path, monkeypatch, random):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    (tmp_path / "calochallenge").mkdir()
    energies = 2.0 ** random.integers(8, 23, 300)
    showers = random.dirichlet(np.full(368, 0.05), 300) * 0.8 * energies[:, None]
    showers[showers < 1] = 0
    for name, part in (("1", slice(200)), ("2", slice(199, 300))):
        path = tmp_path / "calochallenge" / f"dataset_1_photons_{name}.hdf5"
        with h5py.File(path, "w") as file:
            file["incident_energies"] = energies[part, None]
            file["showers"] = showers[part]
    inspection = inspect(PHOTONS)
    assert (inspection.n_pool, inspection.n_test, inspection.d) == (200, 101, 368)
    assert inspection.targets[0].name == "incident energy in MeV"
    assert inspection.targets[0].histogram.logarithmic
    assert inspection.targets[0].values == tuple(sorted(set(energies[:200])))
    assert inspection.response.mean == pytest.approx(np.mean(showers[:200].sum(1) / energies[:200]))
    assert inspection.duplicates.test_pairs == ((0, 199),)
    assert inspection.inputs.zeros == np.mean(showers[:200] == 0)


@pytest.mark.slow
def test_mnist_and_cifar_are_as_their_publishers_say(real_data):
    inspection = inspect(datasets.get("mnist"))
    # Mean and deviation as everybody normalizes MNIST: 0.1307 and 0.3081 of 255.
    assert inspection.inputs.mean / 255 == pytest.approx(0.1307, abs=5e-5)
    assert inspection.inputs.std / 255 == pytest.approx(0.3081, abs=5e-5)
    assert inspection.inputs.constant == 784 - 717
    assert [c.n_pool for c in inspection.classes][:3] == [5923, 6742, 5958]
    assert sum(c.n_test for c in inspection.classes) == inspection.n_test == 10_000
    assert inspection.notices == ()
    # The folder holds a part of CIFAR-10 only; its notices say so.
    cifar = inspect(datasets.get("cifar10"))
    assert [c.name for c in cifar.classes][::9] == ["airplane", "truck"]
    assert len(cifar.notices) == 2
    assert cifar.d == 3072


# What cannot be reported


@pytest.mark.parametrize("part", ["pool", "test part"])
def test_what_is_no_number_is_named(random, part):
    x, test = random.normal(size=(50, 3)), random.normal(size=(20, 3))
    (x if part == "pool" else test)[7, 1] = np.nan
    with pytest.raises(DataError, match=f"Example 7 of the {part} of made holds a value that is"):
        inspect(made(x, random.normal(size=50), test))


def test_a_target_that_is_no_number_is_named(random):
    y = random.normal(size=50)
    y[3] = np.inf
    with pytest.raises(DataError, match="current in A of example 3 in the pool of made"):
        inspect(made(random.normal(size=(50, 3)), y))


def test_values_too_large_for_a_variance_are_told(random):
    with pytest.raises(DataError, match="so large that their variance is not finite"):
        inspect(made(1e200 * random.normal(size=(50, 3)), random.normal(size=50)))


def test_files_that_change_meanwhile_are_told(random):
    marks = iter("ab")
    dataset = made(random.normal(size=(9, 2)), random.normal(size=9), fingerprint=marks.__next__)
    with pytest.raises(DataError, match="have changed while they were read"):
        inspect(dataset)


def test_missing_files_are_told():
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        inspect(datasets.get("mnist"))


def test_progress_counts_all_examples(random):
    told = []
    inspect(
        made(random.normal(size=(5000, 3)), random.normal(size=5000), random.normal(size=(10, 3))),
        lambda done, total: told.append((done, total)),
    )
    assert told == [(4096, 5010), (5000, 5010), (5010, 5010)]


def test_a_report_survives_json(random):
    inspection = inspect(datasets.get("calorimeter"))
    assert Inspection.from_json(json.loads(json_bytes(inspection.to_json()))) == inspection
