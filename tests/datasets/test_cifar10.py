"""CIFAR-10: made-up batches in the real format, and the real ones where they are."""

import hashlib
import os

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets import cifar10
from ntk_uq.datasets.cifar10 import CIFAR10, POOL_FILES
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.theory.curve import evaluate_draw

TEST = "test_batch.bin"
NAMES = [*POOL_FILES, TEST]


class Folder:
    """A data directory with made-up batches of 20 images and a test batch of 12."""

    def __init__(self, directory) -> None:
        self.directory = directory / "cifar10" / "cifar-10-batches-bin"
        self.directory.mkdir(parents=True)
        random = np.random.default_rng(10)
        self.planes = random.integers(0, 256, (112, 3, 32, 32), dtype=np.uint8)
        self.labels = random.integers(0, 10, 112)
        for i, name in enumerate(NAMES):
            self.write(name, slice(20 * i, min(20 * i + 20, 112)))

    def path(self, name: str):
        return self.directory / name

    def write(self, name: str, rows: slice, labels=None) -> None:
        labels = self.labels if labels is None else labels
        content = b"".join(
            bytes([label]) + red.tobytes() + green.tobytes() + blue.tobytes()
            for label, (red, green, blue) in zip(labels[rows], self.planes[rows], strict=True)
        )
        self.path(name).write_bytes(content)
        # The clock of a file system may be too coarse to tell two writes of a test apart.
        stamp = self.stamp = getattr(self, "stamp", 0) + 1
        os.utime(self.path(name), ns=(stamp, stamp))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    return Folder(tmp_path)


@pytest.fixture
def real_cifar(real_data):
    """The directory with real batches; skips where there is none."""
    if not (real_data / "cifar10").is_dir():
        pytest.skip(f"no cifar10 in {real_data}; set NTK_UQ_TEST_DATA to the directory")
    return real_data


def test_images_and_labels_come_back_as_bytes(folder):
    assert CIFAR10.sizes() == (100, 12)
    examples = CIFAR10.load()
    assert examples.pool_inputs.dtype == examples.test_inputs.dtype == np.uint8
    np.testing.assert_array_equal(
        examples.pool_inputs.reshape(-1, *CIFAR10.shape), folder.planes[:100]
    )
    np.testing.assert_array_equal(
        examples.test_inputs.reshape(-1, *CIFAR10.shape), folder.planes[100:]
    )
    np.testing.assert_array_equal(examples.pool_targets, folder.labels[:100])
    np.testing.assert_array_equal(examples.test_targets, folder.labels[100:])


@pytest.mark.parametrize("there", [(0,), (4,), (1, 3), (0, 1, 2, 3)])
def test_the_batches_that_are_there_make_the_pool_and_the_result_says_so(folder, there):
    for i, name in enumerate(POOL_FILES):
        if i not in there:
            folder.path(name).unlink()
    assert CIFAR10.sizes() == (20 * len(there), 12)
    examples = CIFAR10.load()
    rows = np.concatenate([np.arange(20 * i, 20 * i + 20) for i in there])
    np.testing.assert_array_equal(examples.pool_targets, folder.labels[rows])
    part, strange = datasets.load_split(CIFAR10, DataSpec("cifar10", 5), 10, 0).notices
    for i, name in enumerate(POOL_FILES):
        assert (name in part) == (i not in there)
        assert (name in strange) == (i in there)
    assert part.endswith("is missing." if len(there) == 4 else "are missing.")


def test_files_that_are_not_official_are_noticed_and_official_ones_are_not(folder, monkeypatch):
    (notice,) = CIFAR10.load().notices
    assert notice.startswith("Not the official CIFAR-10 files")
    assert all(name in notice for name in NAMES)
    sums = {n: hashlib.md5(folder.path(n).read_bytes()).hexdigest() for n in NAMES}
    monkeypatch.setattr(cifar10, "TEST_FILE", {TEST: sums.pop(TEST)})
    monkeypatch.setattr(cifar10, "POOL_FILES", sums)
    cifar10._load_files.cache_clear()
    assert CIFAR10.load().notices == ()
    cifar10._load_files.cache_clear()


@pytest.mark.parametrize("missing", [[TEST], list(POOL_FILES), NAMES])
@pytest.mark.parametrize("ask", [CIFAR10.sizes, CIFAR10.load, CIFAR10.fingerprint])
def test_missing_files_are_one_error_with_directory_names_and_setting(folder, missing, ask):
    for name in missing:
        folder.path(name).unlink()
    with pytest.raises(MissingDataError) as caught:
        ask()
    words = str(caught.value)
    assert str(folder.directory) in words
    assert "NTK_UQ_DATA" in words
    assert "\n" not in words
    assert (TEST in words) == (TEST in missing)
    assert ("data_batch_1.bin to data_batch_5.bin" in words) == (len(missing) > 1)


def test_a_missing_folder_is_the_same_error():
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        CIFAR10.sizes()


@pytest.mark.parametrize("name", ["data_batch_2.bin", TEST])
@pytest.mark.parametrize("ask", [CIFAR10.sizes, CIFAR10.load])
def test_a_truncated_or_longer_file_is_told_by_name(folder, name, ask):
    content = folder.path(name).read_bytes()
    for wrong in (content[:-100], content + b"\0", content[:3072]):
        folder.path(name).write_bytes(wrong)
        with pytest.raises(DataError, match=rf"{len(wrong)} bytes; .* multiple of 3073") as caught:
            ask()
        assert str(folder.path(name)) in str(caught.value)


def test_an_empty_file_is_told_by_name(folder):
    folder.path("data_batch_3.bin").write_bytes(b"")
    for ask in (CIFAR10.sizes, CIFAR10.load):
        with pytest.raises(DataError, match=r"data_batch_3\.bin is empty"):
            ask()


def test_a_label_above_nine_is_told_with_its_record(folder):
    labels = folder.labels.copy()
    labels[104] = 10
    folder.write(TEST, slice(100, 112), labels)
    with pytest.raises(DataError, match="holds the label 10 in record 4; CIFAR-10 has 0") as caught:
        CIFAR10.load()
    assert str(folder.path(TEST)) in str(caught.value)


def test_the_same_batch_twice_is_refused(folder):
    folder.path(TEST).write_bytes(folder.path("data_batch_4.bin").read_bytes())
    with pytest.raises(DataError, match="hold the same images") as caught:
        CIFAR10.load()
    assert "data_batch_4.bin" in str(caught.value)
    assert TEST in str(caught.value)


def test_a_file_that_may_not_be_read_is_told_by_name(folder, monkeypatch):
    path = folder.path(TEST)
    real = type(path).open

    def refuse(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return real(self, *arguments, **options)

    monkeypatch.setattr(type(path), "open", refuse)
    for ask in (CIFAR10.fingerprint, CIFAR10.load):
        with pytest.raises(DataError, match=r"test_batch\.bin cannot be read: Permission denied"):
            ask()


@pytest.mark.parametrize("name", NAMES)
def test_the_fingerprint_changes_with_every_file(folder, name):
    before = CIFAR10.fingerprint()
    assert CIFAR10.fingerprint() == before
    first = 20 * NAMES.index(name)
    folder.write(name, slice(first, first + 12), (folder.labels + 1) % 10)
    changed = CIFAR10.fingerprint()
    assert changed != before
    if name != TEST:
        folder.path(name).unlink()
        assert CIFAR10.fingerprint() not in (before, changed)


def test_the_order_of_the_batches_is_part_of_the_fingerprint(folder):
    before = CIFAR10.fingerprint()
    folder.write("data_batch_1.bin", slice(20, 40))
    folder.write("data_batch_2.bin", slice(0, 20))
    assert CIFAR10.fingerprint() != before


def test_a_curve_is_computed_from_bytes_on_the_sphere(folder):
    split = datasets.load_split(CIFAR10, DataSpec("cifar10", 12), 100, 0)
    np.testing.assert_allclose(np.sum(split.x_train**2, axis=1), 3072, rtol=1e-12)
    raw = folder.planes[:100].reshape(100, 3072).astype(float)
    centred = raw - raw.mean(axis=0)
    expected = centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
    found, expected = (x[np.argsort(x[:, 0])] for x in (split.x_train, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    spec = CurveSpec(DataSpec("cifar10", 12), ArchitectureSpec(depth=1), n_train=(10, 40))
    points = list(evaluate_draw(spec, 0))
    assert [p.n_train for p in points] == [10, 40]
    assert all(p.failure is None and 0 < p.mu < 3 for p in points)
    assert points[0].provenance["dataset"] == "cifar10"
    assert points[0].provenance["notices"] == list(split.notices)


def test_real_batches_hold_as_many_of_every_class(real_cifar):
    examples = CIFAR10.load()
    n_pool, n_test = CIFAR10.sizes()
    assert n_pool % 10_000 == 0
    folder = real_cifar / "cifar10" / "cifar-10-batches-bin"
    official = (folder / "data_batch_2.bin").is_file()
    if official:
        assert examples.notices == ()
    else:
        part, strange = examples.notices
        assert "data_batch_2.bin" in part
        assert "data_batch_1.bin" in strange
    assert np.bincount(examples.pool_targets).tolist() == [n_pool // 10] * 10
    assert np.bincount(examples.test_targets).tolist() == [n_test // 10] * 10
    # The mean of every colour over the whole of CIFAR-10 is well known: 0.491, 0.482, 0.447.
    colours = examples.pool_inputs.reshape(-1, 3, 1024).mean(axis=(0, 2)) / 255
    np.testing.assert_allclose(colours, [0.4914, 0.4822, 0.4465], atol=0.01)


def test_real_images_are_in_the_order_that_is_documented(real_cifar):
    """Neighbours along a row or a column are alike; another order of the bytes would mix them."""
    images = CIFAR10.load().pool_inputs[:500].reshape(500, 3, 32, 32).astype(float)
    deviations = images - images.mean()

    def correlation(one, other):
        return np.mean(one * other) / np.mean(deviations**2)

    assert correlation(deviations[..., 1:], deviations[..., :-1]) > 0.9
    assert correlation(deviations[..., 1:, :], deviations[..., :-1, :]) > 0.9
    assert correlation(deviations[:, 0], deviations[:, 1]) > 0.85
