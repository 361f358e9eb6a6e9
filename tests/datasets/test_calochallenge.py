"""CaloChallenge files, written here in the documented layout from our own showers."""

import contextlib
import dataclasses
import hashlib
import os
import shutil

import h5py
import numpy as np
import pytest

import ntk_uq.datasets.showers as simulation
from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets import calochallenge, describe, loss_unit, recipe, shower_files
from ntk_uq.datasets.calochallenge import ELECTRONS, PHOTONS, PIONS
from ntk_uq.datasets.files import state
from ntk_uq.datasets.preparation import fit_preparation
from ntk_uq.datasets.shower_files import ShowerRows
from ntk_uq.datasets.statistics import moments
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.theory.curve import evaluate_draw

POOL, TEST = "dataset_1_photons_1.hdf5", "dataset_1_photons_2.hdf5"
N_POOL, N_TEST, VOXELS = 90, 40, 368


@pytest.fixture(scope="module")
def sample():
    """Showers of energies that are powers of two, in 368 of the simulated cells, in MeV.

    The cells left out are those with the least energy, so that sums stay what they are.
    """
    random = np.random.default_rng(1)
    energies = 2.0 ** random.integers(10, 17, N_POOL + N_TEST)  # MeV: 1.024 to 65.536 GeV
    quiet = simulation.Calorimeter(noise_mev=0.0)
    showers = simulation.simulate(len(energies), 3, quiet, energies / 1000).cells_mev
    largest = np.sort(np.argsort(showers.sum(axis=0))[-VOXELS:])
    return energies, showers[:, largest]


class Folder:
    """A data directory with the photons' two files."""

    def __init__(self, directory, energies, showers) -> None:
        self.directory = directory / "calochallenge"
        self.directory.mkdir()
        self.energies, self.showers = energies, showers
        self.stamp = 10**9
        self.write(POOL, energies[:N_POOL], showers[:N_POOL])
        self.write(TEST, energies[N_POOL:], showers[N_POOL:])

    def path(self, name=POOL):
        return self.directory / name

    def write(self, name, energies, showers, names=("incident_energies", "showers"), **options):
        options = {"compression": "gzip", **options}
        with h5py.File(self.path(name), "w") as file:
            if energies is not None:
                column = np.asarray(energies)
                column = column[:, None] if column.ndim == 1 else column
                file.create_dataset(names[0], data=column)
            if showers is not None:
                file.create_dataset(names[1], data=showers, **options)
        self.touch(name)

    def touch(self, name=POOL):
        """A later time: the clock of a file system may be too coarse for a test."""
        self.stamp += 10**9
        os.utime(self.path(name), ns=(self.stamp, self.stamp))


@pytest.fixture
def folder(tmp_path, monkeypatch, sample):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    monkeypatch.setenv("NTK_UQ_CACHE", str(tmp_path / "cache"))
    return Folder(tmp_path, *sample)


@pytest.fixture
def reads(monkeypatch):
    """The row numbers of every read of showers, in their order."""
    asked = []
    real = shower_files._read

    def spy(data, rows):
        asked.append(rows.tolist())
        return real(data, rows)

    monkeypatch.setattr(shower_files, "_read", spy)
    return asked


def rows_of(folder, name=POOL, n=N_POOL):
    return ShowerRows(folder.path(name), (n, VOXELS), state(folder.path(name)))


def test_energies_and_showers_come_back(folder):
    assert PHOTONS.sizes() == (N_POOL, N_TEST)
    examples = PHOTONS.load()
    np.testing.assert_array_equal(examples.pool_targets, folder.energies[:N_POOL])
    np.testing.assert_array_equal(examples.test_targets, folder.energies[N_POOL:])
    np.testing.assert_array_equal(examples.pool_inputs[:], folder.showers[:N_POOL])
    np.testing.assert_array_equal(examples.test_inputs[:], folder.showers[N_POOL:])
    assert examples.notices == (
        "Not the official CaloChallenge files by checksum: "
        "dataset_1_photons_1.hdf5, dataset_1_photons_2.hdf5.",
    )


def test_voxels_and_incident_energies_have_the_same_unit(folder):
    """Photons leave nearly all of their energy in the calorimeter: the sums say MeV for both."""
    examples = PHOTONS.load()
    response = examples.pool_inputs[:].sum(axis=1) / examples.pool_targets
    assert response.mean() == pytest.approx(1, abs=0.05)
    assert np.all((response > 0.5) & (response < 1.5))
    assert PHOTONS.input_unit == "MeV"
    assert PHOTONS.target_unit.endswith("in MeV")


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ([5, 2, 80, 3], [5, 2, 80, 3]),
        ([7], [7]),
        ([4, 4, 1], [4, 4, 1]),
        ([-1, 0], [89, 0]),
        ([], []),
        (slice(10, 14), [10, 11, 12, 13]),
        (slice(85, 200), [85, 86, 87, 88, 89]),
    ],
    ids=str,
)
def test_rows_come_in_the_order_in_which_they_are_asked_for(folder, reads, index, expected):
    rows = rows_of(folder)
    asked = index if isinstance(index, slice) else np.array(index, int)
    np.testing.assert_array_equal(rows[asked], folder.showers[expected])
    # Nothing else is read, and each row once.
    assert [row for read in reads for row in read] == sorted(set(expected))


@pytest.mark.parametrize("options", [{"chunks": (7, 50)}, {"compression": None}, {}], ids=str)
@pytest.mark.parametrize("band", [1, 10, 10**6])
def test_rows_do_not_depend_on_chunks_and_bands(folder, monkeypatch, options, band):
    monkeypatch.setattr(shower_files, "_BAND", band)
    folder.write(POOL, folder.energies[:N_POOL], folder.showers[:N_POOL], **options)
    order = np.random.default_rng(0).permutation(N_POOL)
    np.testing.assert_array_equal(rows_of(folder)[order], folder.showers[order])
    np.testing.assert_array_equal(rows_of(folder)[order[:9]], folder.showers[order[:9]])


def test_official_files_give_no_notice_and_are_summed_once(folder, monkeypatch):
    paths = [folder.path(name) for name in calochallenge.PHOTON_FILES.files]
    sums = tuple(hashlib.md5(path.read_bytes()).hexdigest() for path in paths)
    official = dataclasses.replace(calochallenge.PHOTON_FILES, md5=sums)
    assert official.load().notices == ()
    monkeypatch.setattr("ntk_uq.datasets.files.md5", None)
    assert official.load().notices == ()


def test_a_draw_reads_its_own_rows_only(folder, reads):
    spec = DataSpec(PHOTONS.name, 6, seed=4)
    first = datasets.load_split(PHOTONS, spec, 11, 2)
    assert sum(len(read) for read in reads) == N_POOL + 11 + 6  # the statistics' pass comes first
    reads.clear()
    again = datasets.load_split(PHOTONS, spec, 11, 2)
    assert sum(len(read) for read in reads) == 11 + 6
    np.testing.assert_array_equal(first.x_train, again.x_train)


def test_a_split_is_the_one_of_arrays_in_memory(folder):
    """The same examples as arrays, prepared by NumPy in one go."""
    n = 50
    split = datasets.load_split(PHOTONS, DataSpec(PHOTONS.name, N_TEST, 1), n, 3)
    pool, energies = folder.showers[:N_POOL], np.log(folder.energies[:N_POOL])
    train = np.random.default_rng([1, 1, 3]).permutation(N_POOL)[:n]
    test = np.random.default_rng([1, 0, 0]).permutation(N_TEST)
    centred = pool - pool.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2))
    np.testing.assert_allclose(split.x_train, centred[train] / scale, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        split.x_test, (folder.showers[N_POOL:] - pool.mean(axis=0))[test] / scale, rtol=1e-9
    )
    for found, expected in (
        (split.y_train, energies[train]),
        (split.y_test, np.log(folder.energies[N_POOL:])[test]),
    ):
        expected = (expected - energies.mean()) / np.sqrt(
            np.mean((energies - energies.mean()) ** 2)
        )
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-12)


def test_targets_are_logarithms_so_powers_of_two_are_equally_spaced(folder):
    prepare = fit_preparation(PHOTONS, PHOTONS.load(), recipe(PHOTONS, DataSpec(PHOTONS.name)))
    steps = np.diff(prepare.targets(2.0 ** np.arange(8, 23))[:, 0])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-12)
    pool = prepare.targets(PHOTONS.load().pool_targets)
    assert (pool.mean(), pool.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1, rel=1e-12))
    with pytest.raises(DataError, match=r"A target is -3; .* above zero"):
        prepare.targets(np.array([1.0, -3.0]))


def test_the_logarithm_is_told_in_words():
    for dataset in (PHOTONS, PIONS, ELECTRONS):
        assert "natural logarithms of the targets, standardized" in describe(
            dataset, DataSpec(dataset.name)
        )
        assert "one common scale" in describe(dataset, DataSpec(dataset.name))
        assert (
            loss_unit(dataset, DataSpec(dataset.name)) == "squared error / variance of ln(target)"
        )
    assert "logarithm" not in describe(datasets.get("calorimeter"), DataSpec("calorimeter"))


@pytest.mark.parametrize("block", [1, 8 * VOXELS * 7, 2**26])
def test_statistics_in_one_pass_are_those_in_two(folder, monkeypatch, block):
    monkeypatch.setattr("ntk_uq.datasets.statistics._BLOCK_BYTES", block)
    found = moments(rows_of(folder))
    pool = folder.showers[:N_POOL].astype(float)
    np.testing.assert_allclose(found.centre, pool.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.variance, pool.var(axis=0), rtol=1e-12)


def statistics():
    return list(settings.cache_directory().glob("*.statistics"))


def split_again():
    """As a new process does."""
    datasets.splits._preparation.cache_clear()
    return datasets.load_split(PHOTONS, DataSpec(PHOTONS.name, 3), 5, 0)


def test_statistics_are_kept_and_taken_from_the_file_only_once(folder, reads):
    first = split_again()
    (kept,) = statistics()
    reads.clear()
    np.testing.assert_array_equal(split_again().x_train, first.x_train)
    assert sum(len(read) for read in reads) == 5 + 3
    for damaged in (b"", kept.read_bytes()[:-1], b"\0" + kept.read_bytes()[1:]):
        kept.write_bytes(damaged)
        reads.clear()
        np.testing.assert_array_equal(split_again().x_train, first.x_train)
        assert sum(len(read) for read in reads) == N_POOL + 5 + 3
        assert statistics() == [kept]


def test_statistics_of_changed_files_are_taken_again(folder):
    first = split_again()
    folder.write(POOL, folder.energies[:N_POOL], 3 * folder.showers[:N_POOL])
    second = split_again()
    assert len(statistics()) == 2
    # Three times the energy in every voxel, and three times the scale.
    np.testing.assert_allclose(second.x_train, first.x_train, rtol=1e-9, atol=1e-12)


def test_the_fingerprint_changes_with_each_file(folder):
    prints = [PHOTONS.fingerprint()]
    assert PHOTONS.fingerprint() == prints[0]
    folder.write(POOL, folder.energies[:N_POOL], folder.showers[:N_POOL] + 1)
    prints.append(PHOTONS.fingerprint())
    folder.write(TEST, folder.energies[N_POOL:][::-1], folder.showers[N_POOL:])
    prints.append(PHOTONS.fingerprint())
    folder.touch(TEST)
    prints.append(PHOTONS.fingerprint())
    assert len(set(prints)) == 4
    assert all(p.startswith("calochallenge1-photons-") for p in prints)


def test_a_copy_with_its_time_preserved_has_the_same_fingerprint(folder, tmp_path, monkeypatch):
    before = PHOTONS.fingerprint()
    shutil.copytree(folder.directory, tmp_path / "b" / "calochallenge")
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "b"))
    assert PHOTONS.fingerprint() == before


ASKS = pytest.mark.parametrize("ask", [PHOTONS.sizes, PHOTONS.load, PHOTONS.fingerprint])


@ASKS
@pytest.mark.parametrize("missing", [[POOL], [TEST], [POOL, TEST]], ids=str)
def test_missing_files_are_one_error_with_directory_names_and_setting(folder, missing, ask):
    for name in missing:
        folder.path(name).unlink()
    with pytest.raises(MissingDataError) as caught:
        ask()
    words = str(caught.value)
    assert str(folder.directory) in words
    assert "NTK_UQ_DATA" in words
    assert "\n" not in words
    assert [name in words for name in (POOL, TEST)] == [n in missing for n in (POOL, TEST)]


@pytest.mark.parametrize(
    ("dataset", "names"),
    [
        (PIONS, ("dataset_1_pions_1.hdf5", "dataset_1_pions_2.hdf5")),
        (ELECTRONS, ("dataset_2_1.hdf5", "dataset_2_2.hdf5")),
    ],
    ids=["pions", "electrons"],
)
def test_the_other_sets_have_their_files_and_shapes(tmp_path, monkeypatch, dataset, names):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    with pytest.raises(MissingDataError) as caught:
        dataset.sizes()
    assert all(name in str(caught.value) for name in names)
    assert dataset.n_features == {PIONS.name: 533, ELECTRONS.name: 45 * 16 * 9}[dataset.name]
    (tmp_path / "calochallenge").mkdir()
    for i, name in enumerate(names):
        with h5py.File(tmp_path / "calochallenge" / name, "w") as file:
            file["incident_energies"] = np.array([[1e3], [2e3], [4e3]]) + i
            file["showers"] = np.ones((3, dataset.n_features)) * np.array([[1], [2], [4]])
    assert dataset.sizes() == (3, 3)
    split = datasets.load_split(dataset, DataSpec(dataset.name, 2), 3, 0)
    assert split.x_train.shape == (3, dataset.n_features)
    assert datasets.REGISTRY[dataset.name] is dataset


@ASKS
@pytest.mark.parametrize("content", [b"", b"incident_energies,showers\n1,2\n", b"\x89HDF"])
def test_a_file_that_is_not_hdf5_is_told_by_name(folder, ask, content):
    folder.path().write_bytes(content)
    with pytest.raises(DataError, match="is not an HDF5 file" if content else "is empty") as caught:
        ask()
    assert str(folder.path()) in str(caught.value)


@ASKS
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_told_by_name(folder, ask, share):
    content = folder.path().read_bytes()
    folder.path().write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="is damaged or truncated") as caught:
        ask()
    assert str(folder.path()) in str(caught.value)


def test_damage_within_the_showers_is_told_by_name(folder):
    content = bytearray(folder.path().read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    folder.path().write_bytes(content)
    with pytest.raises(DataError, match="is damaged or truncated") as caught:
        split_again()
    assert str(folder.path()) in str(caught.value)


@pytest.mark.parametrize("part", range(3))
def test_a_flipped_bit_in_the_structure_is_never_another_error(folder, part):
    sound = folder.path().read_bytes()
    for place in range(part, 3000, 3 * 7):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << (place % 8)
        folder.path().write_bytes(damaged)
        folder.touch()
        # HDF5 has no checksum of its own: what is damaged may also read as other numbers.
        with contextlib.suppress(DataError):
            PHOTONS.load().pool_inputs[:5]


WRONG = {
    "no showers": ({"showers": None}, r"no dataset 'showers'; it holds incident_energies"),
    "nothing": ({"energies": None, "showers": None}, "it holds nothing"),
    "other names": ({"names": ("energy", "layer_0")}, "no dataset 'incident_energies'; it holds"),
    "other voxels": ({"showers": np.ones((90, 533))}, r"shape \(90, 533\); it must be \(N, 368\)"),
    "3-d": ({"showers": np.ones((90, 46, 8))}, r"shape \(90, 46, 8\); it must be \(N, 368\)"),
    "row": ({"energies": np.ones((90, 2))}, r"shape \(90, 2\); it must be \(N, 1\)"),
    "rows": ({"energies": np.ones(89)}, "holds 89 energies but 90 showers"),
    "none": (
        {"energies": np.ones(0), "showers": np.ones((0, 368)), "compression": None},
        "no showers",
    ),
    "text": ({"showers": np.full((90, 368), b"a")}, "showers does not hold numbers"),
}


@ASKS
@pytest.mark.parametrize("wrong", WRONG)
def test_another_structure_is_told(folder, ask, wrong):
    changes, words = WRONG[wrong]
    given = {"energies": folder.energies[:90], "showers": folder.showers[:90], **changes}
    folder.write(POOL, **given)
    with pytest.raises(DataError, match=words) as caught:
        ask()
    assert str(folder.path()) in str(caught.value)


def test_a_group_in_the_place_of_showers_is_told(folder):
    folder.write(POOL, folder.energies[:90], None)
    with h5py.File(folder.path(), "a") as file:
        file.create_group("showers")
    folder.touch()
    with pytest.raises(
        DataError, match="no dataset 'showers'; it holds incident_energies, showers"
    ):
        PHOTONS.sizes()


@pytest.mark.parametrize(
    ("value", "words"), [(np.nan, "nan"), (np.inf, "inf"), (-5, "-5"), (0, "0")]
)
def test_an_impossible_energy_is_told_with_its_row(folder, value, words):
    energies = folder.energies[N_POOL:].copy()
    energies[17] = value
    folder.write(TEST, energies, folder.showers[N_POOL:])
    with pytest.raises(DataError, match=f"row 17 of incident_energies is {words} MeV") as caught:
        PHOTONS.load()
    assert str(folder.path(TEST)) in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [POOL, TEST])
def test_a_voxel_that_is_no_number_is_told_with_its_row(folder, value, name):
    rows = slice(0, N_POOL) if name == POOL else slice(N_POOL, None)
    showers = folder.showers[rows].copy()
    showers[31, 200] = value
    folder.write(name, folder.energies[rows], showers)
    with pytest.raises(DataError, match="row 31 of showers holds a value that is no number"):
        datasets.load_split(PHOTONS, DataSpec(PHOTONS.name, N_TEST), 5, 0)


def test_one_energy_alone_is_nothing_to_learn(folder):
    folder.write(POOL, np.full(N_POOL, 512.0), folder.showers[:N_POOL])
    with pytest.raises(DataError, match=r"have the same target, 512 .*nothing to learn"):
        split_again()


def test_empty_showers_have_no_scale(folder):
    folder.write(POOL, folder.energies[:N_POOL], np.zeros((N_POOL, VOXELS)))
    with pytest.raises(DataError, match="All inputs in the pool of calochallenge1-photons"):
        split_again()


def test_the_same_file_twice_is_refused(folder):
    shutil.copy(folder.path(POOL), folder.path(TEST))
    with pytest.raises(DataError, match="are the same file"):
        PHOTONS.load()


def test_a_file_that_changes_while_it_is_in_use_is_refused(folder):
    inputs = PHOTONS.load().pool_inputs
    folder.touch()
    with pytest.raises(DataError, match="has changed while it was in use"):
        inputs[:3]


def test_a_file_that_may_not_be_read_is_told_by_name(folder, monkeypatch):
    path, real = folder.path(), type(folder.path()).open

    def refuse(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return real(self, *arguments, **options)

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError, match="cannot be read: Permission denied") as caught:
        PHOTONS.sizes()
    assert str(path) in str(caught.value)


def test_a_curve_falls_from_end_to_end(folder):
    spec = CurveSpec(
        DataSpec(PHOTONS.name, N_TEST), ArchitectureSpec(depth=1), n_train=(5, 20, N_POOL)
    )
    points = list(evaluate_draw(spec, 0))
    assert [p.failure for p in points] == [None] * 3
    # Predicting the mean has mu about 1; what a shower leaves tells most of ln E.
    assert points[-1].mu < 0.6 * points[0].mu
    assert points[-1].mu < 0.7
    origin = points[0].provenance
    assert origin["preparation"] == describe(PHOTONS, DataSpec(PHOTONS.name))
    assert "10.5281/zenodo.8099322" in origin["citation"]
    assert origin["data_fingerprint"] == PHOTONS.fingerprint()
