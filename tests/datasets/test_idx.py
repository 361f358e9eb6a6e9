"""IDX files, written here byte by byte: what is read, and each way of being damaged."""

import gzip
import struct
import tracemalloc

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.idx import read_idx, read_shape


def idx_bytes(values: np.ndarray, kind: int = 8) -> bytes:
    header = struct.pack(">HBB", 0, kind, values.ndim) + struct.pack(
        f">{values.ndim}I", *values.shape
    )
    return header + values.astype(np.uint8).tobytes()


VALUES = np.random.default_rng(5).integers(0, 256, (7, 4, 3), dtype=np.uint8)
GOOD = idx_bytes(VALUES)


@pytest.fixture(params=["plain", "gz"])
def write(request, tmp_path):
    """Writes bytes as they are or gzipped, and returns the path."""

    def write(content: bytes):
        path = tmp_path / ("file.gz" if request.param == "gz" else "file")
        path.write_bytes(gzip.compress(content) if request.param == "gz" else content)
        return path

    return write


def test_values_and_shape_come_back(write):
    path = write(GOOD)
    assert read_shape(path, 3) == (7, 4, 3)
    values = read_idx(path, 3)
    assert values.dtype == np.uint8
    np.testing.assert_array_equal(values, VALUES)


def test_labels_come_back(write):
    labels = np.arange(10)
    path = write(idx_bytes(labels))
    assert read_shape(path, 1) == (10,)
    np.testing.assert_array_equal(read_idx(path, 1), labels)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\x00\x00\x09\x03", "starts with 00000903"),
        (b"\x00\x01\x08\x03", "starts with 00010803"),
        (b"\x01\x00\x08\x03", "starts with 01000803"),
        (b"\x00\x00\x08\x01", "starts with 00000801"),
        (b"\x00\x00\x08\x04", "starts with 00000804"),
        (b"PK\x03\x04", "starts with 504b0304"),
        (b"<htm", "starts with 3c68746d"),
    ],
)
def test_a_wrong_magic_number_is_told_with_the_right_one(write, start, words):
    path = write(start + GOOD[4:])
    for read in (read_idx, read_shape):
        with pytest.raises(DataError) as caught:
            read(path, 3)
        assert words in str(caught.value)
        assert str(path) in str(caught.value)
        assert "3 dimensions starts with 00000803" in str(caught.value)


def test_images_are_not_labels_and_labels_not_images(write):
    path = write(GOOD)
    with pytest.raises(DataError, match="1 dimension starts with 00000801"):
        read_idx(path, 1)


@pytest.mark.parametrize("length", range(16))
def test_a_truncated_header_is_told(write, length):
    path = write(GOOD[:length])
    for read in (read_idx, read_shape):
        with pytest.raises(DataError, match="ends inside its header"):
            read(path, 3)


@pytest.mark.parametrize("cut", [1, 50, 84])
def test_a_truncated_body_is_told_with_both_numbers(write, cut):
    path = write(GOOD[:-cut])
    with pytest.raises(DataError) as caught:
        read_idx(path, 3)
    assert f"promises 84 values and it holds only {84 - cut}" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("more", [1, 1000])
def test_a_body_that_is_too_long_is_told(write, more):
    path = write(GOOD + b"\0" * more)
    with pytest.raises(DataError, match="promises 84 values and it holds more than 84"):
        read_idx(path, 3)


@pytest.mark.parametrize(
    "shape", [(0, 4, 3), (7, 0, 3), (0, 0, 0), (2**32 - 1,) * 3, (2**31, 2, 2)]
)
def test_impossible_dimensions_are_told(write, shape):
    path = write(struct.pack(">HBB3I", 0, 8, 3, *shape))
    for read in (read_idx, read_shape):
        with pytest.raises(DataError, match="dimensions") as caught:
            read(path, 3)
        assert str(shape) in str(caught.value)


def test_a_promised_size_takes_no_memory_before_it_is_there(write):
    # Just below the largest size that is believed: 2 GB promised, 100 bytes there.
    path = write(struct.pack(">HBB3I", 0, 8, 3, 2_600_000, 28, 28) + b"x" * 100)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="holds only 100"):
            read_idx(path, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_small_file_that_expands_without_end_is_stopped(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(GOOD + b"\0" * 50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="more than 84"):
            read_idx(path, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * 2**20


def test_a_file_named_gz_that_is_not_gzipped_is_told(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(GOOD)
    for read in (read_idx, read_shape):
        with pytest.raises(DataError, match=r"is damaged or truncated \(Not a gzipped file"):
            read(path, 3)


@pytest.mark.parametrize("cut", [1, 8, 20, 40])
def test_a_gzipped_file_with_a_cut_tail_is_told(tmp_path, cut):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(GOOD)[:-cut])
    with pytest.raises(DataError, match="damaged or truncated"):
        read_idx(path, 3)


def test_an_empty_file_is_told(tmp_path):
    for name in ("file", "file.gz"):
        path = tmp_path / name
        path.touch()
        with pytest.raises(DataError, match="ends inside its header"):
            read_idx(path, 3)


def test_a_wrong_checksum_is_told(tmp_path):
    damaged = bytearray(gzip.compress(GOOD))
    damaged[-8] ^= 1
    path = tmp_path / "file.gz"
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="CRC check failed"):
        read_idx(path, 3)


@given(st.integers(0, len(gzip.compress(GOOD, mtime=0)) - 1), st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_a_flipped_bit_of_a_gzipped_file_is_told_or_harmless(tmp_path, place, bit):
    damaged = bytearray(gzip.compress(GOOD, mtime=0))
    damaged[place] ^= 1 << bit
    path = tmp_path / "file.gz"
    path.write_bytes(damaged)
    try:
        values = read_idx(path, 3)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 (the header's fields may change unnoticed)
        return
    np.testing.assert_array_equal(values, VALUES)


@given(st.binary(max_size=64), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_at_all_raise_anything_but_data_error(tmp_path, content, zipped):
    path = tmp_path / ("file.gz" if zipped else "file")
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_idx(path, 3)


@pytest.mark.parametrize("name", ["file", "file.gz"])
def test_a_file_that_cannot_be_opened_is_told(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_idx(tmp_path / name, 3)
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_idx(tmp_path / name, 3)
