"""MNIST: made-up files in the real format, and the real ones where they are."""

import gzip
import os
import struct

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets.mnist import FILES, MNIST
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, DataSpec

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILES


def idx_bytes(values: np.ndarray) -> bytes:
    shape = struct.pack(f">{values.ndim}I", *values.shape)
    return struct.pack(">HBB", 0, 8, values.ndim) + shape + values.astype(np.uint8).tobytes()


class Folder:
    """A data directory with made-up MNIST files of 30 and 12 images."""

    def __init__(self, directory, zipped: bool = True) -> None:
        self.directory = directory / "mnist"
        self.directory.mkdir()
        self.zipped = zipped
        random = np.random.default_rng(3)
        self.images = random.integers(0, 256, (42, 28, 28), dtype=np.uint8)
        self.labels = random.integers(0, 10, 42)
        self.write(TRAIN_IMAGES, self.images[:30])
        self.write(TRAIN_LABELS, self.labels[:30])
        self.write(TEST_IMAGES, self.images[30:])
        self.write(TEST_LABELS, self.labels[30:])

    def path(self, name: str):
        return self.directory / (f"{name}.gz" if self.zipped else name)

    def write(self, name: str, values: np.ndarray) -> None:
        content = idx_bytes(values)
        self.path(name).write_bytes(gzip.compress(content) if self.zipped else content)


@pytest.fixture(params=["gz", "plain"])
def folder(request, tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    return Folder(tmp_path, request.param == "gz")


def test_images_and_labels_come_back(folder):
    assert MNIST.sizes() == (30, 12)
    examples = MNIST.load()
    np.testing.assert_array_equal(examples.pool_inputs, folder.images[:30].reshape(30, 784))
    np.testing.assert_array_equal(examples.test_inputs, folder.images[30:].reshape(12, 784))
    np.testing.assert_array_equal(examples.pool_targets, folder.labels[:30])
    np.testing.assert_array_equal(examples.test_targets, folder.labels[30:])


def test_files_that_are_not_official_are_noticed_in_the_result(folder):
    (notice,) = MNIST.load().notices
    assert "Not the official MNIST files" in notice
    for name in FILES:
        assert name in notice
    split = datasets.load_split(MNIST, DataSpec("mnist", 5), 10, 0)
    assert split.notices == (notice,)
    point = Point(10, 0, failure="none", provenance={"notices": list(split.notices)})
    assert Curve(CurveSpec(n_train=(10,)), (point,)).warnings == (notice,)


@pytest.mark.parametrize("missing", [[TEST_LABELS], [TRAIN_IMAGES, TEST_IMAGES], list(FILES)])
@pytest.mark.parametrize("ask", [MNIST.sizes, MNIST.load, MNIST.fingerprint])
def test_missing_files_are_one_error_with_directory_names_and_setting(folder, missing, ask):
    for name in missing:
        folder.path(name).unlink()
    with pytest.raises(MissingDataError) as caught:
        ask()
    words = str(caught.value)
    assert str(folder.directory) in words
    assert "NTK_UQ_DATA" in words
    assert "\n" not in words
    for name in FILES:
        assert (f"{name}.gz" in words) == (name in missing)


def test_a_missing_folder_is_the_same_error():
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA") as caught:
        MNIST.sizes()
    assert all(f"{name}.gz" in str(caught.value) for name in FILES)


def test_a_directory_in_the_place_of_a_file_is_missing(folder):
    folder.path(TEST_LABELS).unlink()
    folder.path(TEST_LABELS).mkdir()
    with pytest.raises(MissingDataError, match=TEST_LABELS):
        MNIST.sizes()


def test_images_and_labels_of_different_number_are_told(folder):
    folder.write(TRAIN_LABELS, folder.labels[:29])
    for ask in (MNIST.sizes, MNIST.load):
        with pytest.raises(DataError, match=r"holds 30 images but .* 29 labels"):
            ask()


def test_a_label_above_nine_is_told(folder):
    labels = folder.labels[30:].copy()
    labels[4] = 10
    folder.write(TEST_LABELS, labels)
    with pytest.raises(DataError, match="holds the label 10; MNIST has 0 to 9") as caught:
        MNIST.load()
    assert TEST_LABELS in str(caught.value)


def test_images_of_another_size_are_told(folder):
    folder.write(TEST_IMAGES, np.ones((12, 27, 28)))
    for ask in (MNIST.sizes, MNIST.load):
        with pytest.raises(DataError, match="27 x 28 pixels; MNIST has 28 x 28"):
            ask()


def test_swapped_files_are_told(folder):
    images, labels = folder.path(TRAIN_IMAGES), folder.path(TRAIN_LABELS)
    swap = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(swap)
    for ask in (MNIST.sizes, MNIST.load):
        with pytest.raises(DataError, match=TRAIN_IMAGES):
            ask()


def test_a_truncated_file_is_told_by_name(folder):
    path = folder.path(TRAIN_IMAGES)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="damaged") as caught:
        MNIST.load()
    assert str(path) in str(caught.value)


def test_a_file_that_may_not_be_read_is_told_by_name(folder, monkeypatch):
    path = folder.path(TRAIN_LABELS)
    real = type(path).open

    def refuse(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return real(self, *arguments, **options)

    monkeypatch.setattr(type(path), "open", refuse)
    for ask in (MNIST.fingerprint, MNIST.load):
        with pytest.raises(DataError, match="Permission denied") as caught:
            ask()
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_the_fingerprint_changes_with_every_file(folder, name):
    before = MNIST.fingerprint()
    assert MNIST.fingerprint() == before
    values = {
        TRAIN_IMAGES: folder.images[:30],
        TRAIN_LABELS: folder.labels[:30],
        TEST_IMAGES: folder.images[30:],
        TEST_LABELS: folder.labels[30:],
    }[name]
    folder.write(name, 9 - values if "labels" in name else values[::-1])
    # The clock of a file system may be too coarse to tell two writes of a test apart.
    os.utime(folder.path(name), ns=(1, 1))
    assert MNIST.fingerprint() != before


def test_changed_files_are_loaded_again(folder):
    MNIST.load()
    folder.write(TRAIN_IMAGES, folder.images[:30][::-1])
    os.utime(folder.path(TRAIN_IMAGES), ns=(1, 1))
    np.testing.assert_array_equal(
        MNIST.load().pool_inputs, folder.images[:30][::-1].reshape(30, 784)
    )


def test_two_directories_are_not_confused(folder, tmp_path_factory, monkeypatch):
    first = datasets.load_split(MNIST, DataSpec("mnist", 5), 10, 0)
    other = tmp_path_factory.mktemp("other")
    monkeypatch.setenv("NTK_UQ_DATA", str(other))
    mirrored = Folder(other, folder.zipped)
    mirrored.write(TRAIN_IMAGES, 255 - folder.images[:30])
    second = datasets.load_split(MNIST, DataSpec("mnist", 5), 10, 0)
    # Inverted images have the inverted mean, so the prepared pool is inverted.
    np.testing.assert_allclose(second.x_train, -first.x_train)


def test_a_read_only_directory_is_enough(folder):
    before = sorted(folder.directory.rglob("*"))
    for path in before:
        path.chmod(0o444)
    folder.directory.chmod(0o555)
    try:
        datasets.load_split(MNIST, DataSpec("mnist", 12), 30, 0)
        # Root may write everywhere, so that nothing was written is looked at, too.
        assert sorted(folder.directory.parent.rglob("*")) == [folder.directory, *before]
    finally:
        folder.directory.chmod(0o755)


def test_the_real_files_are_the_official_ones(real_data):
    assert MNIST.sizes() == (60_000, 10_000)
    examples = MNIST.load()
    assert examples.notices == ()
    assert examples.pool_inputs.shape == (60_000, 784)
    assert np.bincount(examples.pool_targets).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(examples.test_targets).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    assert examples.pool_targets[:5].tolist() == [5, 0, 4, 1, 9]
    assert examples.pool_inputs.mean() == pytest.approx(0.1307 * 255, rel=1e-3)


def test_the_real_files_unpacked_are_not_called_strange(real_data, tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for name in FILES:
        content = gzip.decompress((real_data / "mnist" / f"{name}.gz").read_bytes())
        (tmp_path / "mnist" / name).write_bytes(content)
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    assert MNIST.load().notices == ()


def test_the_real_pool_and_test_set_share_no_image(real_data):
    examples = MNIST.load()
    pool = {row.tobytes() for row in examples.pool_inputs}
    assert not any(row.tobytes() in pool for row in examples.test_inputs)
