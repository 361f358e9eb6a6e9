"""NPZ, Parquet and HDF5 files: what independent writers write is read; the rest is refused."""

import bz2
import io
import struct
import zipfile

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.writers import (
    csv_bytes,
    frame_of,
    hdf5_bytes,
    hdf5_of,
    npy_bytes,
    npz_bytes,
    parquet_bytes,
    read_here,
    zip_bytes,
)

from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.datasets import own

N = 20
RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(N, 3)), np.arange(N) % 2


def opened(content, name="f.npz"):
    return own.open_file(content, name)


DTYPES = ["f2", "f4", "f8", ">f4", ">f8", "i1", "u1", "i2", ">i2", "u4", "i8", ">u8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_type_come_back_as_they_were(dtype, order):
    x = np.asarray(RNG.integers(0, 2, (N, 2, 3)), dtype=dtype, order=order)
    npz = opened(npz_bytes(x=x, y=Y))
    hdf5 = read_here(hdf5_of(x=x, y=Y), "f.h5")
    for found in (npz, hdf5):
        np.testing.assert_array_equal(found["x"].values, x)
        assert found["x"].values.dtype == x.dtype.newbyteorder("=")
        kept = own.make(found, ("y",))
        assert kept.inputs.dtype == np.float32  # zeros and ones
        assert kept.shape == (2, 3)


@pytest.mark.parametrize("compressed", [False, True])
def test_capitals_and_text_labels_are_taken(compressed):
    labels = np.array(["cat", "dog", "grün", "dog"] * 5)
    found = opened(npz_bytes(compressed, X=X, Y=labels))
    assert found.names == ("x", "y")
    assert found["y"].labels == ("cat", "dog", "grün")
    kept = own.make(found, ("y",))
    assert kept.task == "classification"
    assert kept.class_names == ("cat", "dog", "grün")
    by_bytes = own.make(opened(npz_bytes(x=X, y=np.char.encode(labels, "utf-8"))), ("y",))
    np.testing.assert_array_equal(by_bytes.targets, kept.targets)


def test_inputs_keep_float64_only_where_they_need_it():
    def dtype_of(values):
        x = np.stack([values, np.arange(N)], axis=1)
        return own.make(opened(npz_bytes(x=x, y=Y)), ("y",)).inputs.dtype

    assert dtype_of(np.arange(N) / 8) == np.float32
    assert dtype_of(np.arange(N) / 10) == np.float64
    assert dtype_of(np.arange(N) + 2**24) == np.float64
    assert dtype_of(np.full(N, 1e300)) == np.float64


class Evil:
    """An object whose pickle would run a program."""

    def __reduce__(self):
        return (print, ("the pickle ran",))


HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }"


def npy_of(header, body=b"", version=b"\x01\x00"):
    text = header.encode()
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + body


def with_x(content):
    return zip_bytes({"x.npy": content, "y.npy": npy_bytes(Y)})


NPZ = {
    "objects": (npz_bytes(x=np.array([Evil()] * N, object), y=Y), "array of Python objects.*never"),
    "a pickle in the zip": (with_x(b"\x80\x04K\x01."), r"x\.npy is a Python pickle.*never opened"),
    "no array": (with_x(b"hello, world"), r"x\.npy is not a NumPy array"),
    "complex": (npz_bytes(x=X + 1j, y=Y), "it holds complex numbers; integers"),
    "dates": (npz_bytes(x=X.astype("M8[s]"), y=Y), "it holds dates; integers"),
    "records": (npz_bytes(x=np.zeros(N, "f8,i4"), y=Y), "it holds records; integers"),
    "raw bytes": (npz_bytes(x=np.zeros(N, "V8"), y=Y), "it holds records"),
    "long doubles": (npz_bytes(x=X.astype("g"), y=Y), "it holds float128|it holds <f16"),
    "nothing usable": (npz_bytes(a=np.array([Evil()] * N, object)), "a is an array of Python obj"),
    "two lengths": (npz_bytes(a=X, b=Y[:-1]), r"arrays of f.npz have different lengths \(a 20, b"),
    "twice": (npz_bytes(x=X, X=X, y=Y), "holds the array x twice"),
    "a path": (zip_bytes({"../../x.npy": npy_bytes(X)}), r"no arrays; it holds \.\./\.\./x"),
    "lengths": (npz_bytes(x=X, y=Y[:-1]), "20 inputs x but 19 targets y"),
    "one value": (npz_bytes(x=np.float64(3), y=Y), "it is a single value"),
    "no values": (npz_bytes(x=X[:, :0], y=Y), r"it has the shape \(20, 0\) and holds no values"),
    "empty zip": (zip_bytes({}), "it holds nothing"),
    "lzma": (
        zip_bytes({"x.npy": npy_bytes(X), "y.npy": npy_bytes(Y)}, zipfile.ZIP_LZMA),
        "packed in a way that NumPy does not use",
    ),
    "Excel": (zip_bytes({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "Office document"),
    "code for a header": (with_x(npy_of("__import__('os').system('true')")), "header of x.npy"),
    "nested header": (with_x(npy_of("(" * 9000)), "header of x.npy"),
    "endless header": (with_x(npy_of(" " * 2**20, version=b"\x02\x00")), "header of x.npy"),
    "long shape": (with_x(npy_of(HEADER % ("9" * 500 + ","))), r"has the shape \(9999"),
    "many sizes": (with_x(npy_of(HEADER % ("1," * 100))), "has the shape"),
    "few values": (with_x(npy_of(HEADER % "20,", bytes(8))), "promises 160 bytes and has 8"),
    "many values": (with_x(npy_of(HEADER % "1,", bytes(80))), "more values than its header"),
    "text of no characters": (
        npz_bytes(x=X, y=np.full(N, 0x7FFFFFFF, "<u4").view("<U1")),
        "characters that there are not",
    ),
    "text that is not UTF-8": (npz_bytes(x=X, y=np.array([b"\xff"] * N)), "not UTF-8"),
}


@pytest.mark.parametrize("case", NPZ)
def test_what_is_no_npz_of_arrays_is_refused_in_words(case, capsys):
    content, words = NPZ[case]
    with pytest.raises(DataError, match=words) as caught:
        own.make(opened(content), ("y",))
    assert "f.npz" in str(caught.value)
    assert "the pickle ran" not in capsys.readouterr().out


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["f.npz", "f.parquet", "f.h5"])
def test_a_truncated_file_is_refused_as_such(share, name):
    content = {
        "f.npz": npz_bytes(x=X, y=Y),
        "f.parquet": parquet_bytes(frame_of()),
        "f.h5": hdf5_of(x=X, y=Y),
    }[name]
    part = content[: int(share * len(content))]
    with pytest.raises(DataError, match=rf"{name} is (damaged|truncated)"):
        opened(part) if name == "f.npz" else read_here(part, name)


def test_a_flipped_bit_in_an_npz_is_noticed():
    content = bytearray(npz_bytes(x=X, y=Y))
    content[400] ^= 1
    with pytest.raises(DataError, match="damaged or truncated"):
        opened(bytes(content))


CONTENT = {
    "gzip": (b"\x1f\x8b\x08", "f.csv", "compressed with gzip; unpack it first"),
    "pickle": (b"\x80\x04\x95", "f.csv", "a Python pickle, which is never opened"),
    "npy": (npy_bytes(X), "f.npy", r"a single NumPy array.*np\.savez"),
    "npy of objects": (npy_bytes(np.array([Evil()]), True), "f.npy", "a single NumPy array"),
    "arrow": (b"ARROW1\0\0", "f.parquet", "Arrow.*save it as Parquet"),
    "Excel": (b"\xd0\xcf\x11\xe0", "f.csv", "old Microsoft Office file; save it as CSV"),
    "image": (b"\x89PNG\r\n\x1a\n", "f.png", "a PNG image"),
    "ROOT": (b"root\x00\x00\xf7\x2e", "f.csv", "a ROOT file; save its tree as Parquet"),
    "MATLAB": (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM", "f.csv", "a MATLAB file"),
    "bzip2": (bz2.compress(b"a,b\n1,2\n"), "f.csv", "compressed with bzip2; unpack it first"),
    "tar": (bytes(257) + b"ustar\x0000", "f.npz", "a tar archive"),
    "NPZ as CSV": (
        npz_bytes(x=X, y=Y),
        "f.csv",
        "zip archive such as NPZ, by its content, and not",
    ),
    "CSV as NPZ": (csv_bytes(frame_of()), "f.npz", "f.npz is text, by its content, and not a zip"),
    "HDF5 as Parquet": (hdf5_of(x=X), "f.parquet", "an HDF5 file, by its content, and not a Parq"),
    "Parquet as HDF5": (parquet_bytes(frame_of()), "f.h5", "a Parquet file, by its content"),
    "zeros": (bytes(100), "f.h5", "something else, by its content, and not an HDF5 file"),
    "unknown": (b"a,b\n", "f.xyz", r"ends in '\.xyz'.*CSV"),
    "no suffix": (b"a,b\n", "data", "a name without a suffix"),
}


@pytest.mark.parametrize("case", CONTENT)
def test_a_file_is_told_by_its_first_bytes(case):
    content, name, words = CONTENT[case]
    with pytest.raises(DataError, match=words):
        opened(content, name)


@pytest.mark.parametrize("first", ["root_s", "root μ", "MATLAB", "GIF89", "CDF", "PARE", "BZh"])
def test_a_column_may_have_the_name_of_another_format(first):
    table = frame_of().rename(columns={frame_of().columns[0]: first})
    assert opened(csv_bytes(table), "f.csv").names[0] == first


def test_paths_that_are_no_files_are_refused(tmp_path):
    with pytest.raises(MissingDataError, match=r"There is no file .*gone\.csv"):
        own.open_file(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="not a regular file"):
        own.open_file(tmp_path)
    with pytest.raises(DataError, match="not a regular file"):
        own.open_file("/dev/zero")
    with pytest.raises(DataError, match="null"):
        own.open_file("a\0b.csv")


def test_a_name_from_elsewhere_loses_its_folders_and_what_cannot_be_printed():
    content = csv_bytes(frame_of())
    assert own.open_file(content, "C:\\Users\\me\\da\x1bta.csv").source == "data.csv"
    assert own.open_file(content, "/etc/../x/" + "y" * 300 + ".csv").source.endswith("y.csv")


# Parquet


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "brotli", None])
def test_a_parquet_file_of_pandas_is_read(compression):
    frame = frame_of(300).assign(
        word=["a", "b", "c"] * 100,
        small=np.arange(300, dtype=np.int8) % 7,
        half=np.arange(300, dtype=np.float16),
        yes=np.arange(300) % 2 == 0,
        kind=pd.Categorical(["u", "v"] * 150),
    )
    found = read_here(parquet_bytes(frame, compression=compression, row_group_size=70), "f.parquet")
    assert found.names == tuple(frame.columns)
    for name in ("x0", "y", "small", "half", "yes"):
        np.testing.assert_array_equal(found[name].values, frame[name])
    for name in ("word", "kind"):
        column = found[name]
        assert [column.labels[code] for code in column.codes] == frame[name].tolist()


def test_parquet_columns_of_other_types_can_be_left_out_and_nothing_else():
    odd = {
        "when": pd.date_range("2024-01-01", periods=40),
        "lists": [[1, 2], [1]] * 20,
        "gap": [None, *range(39)],
        "holes": ["a", None] * 20,
    }
    found = read_here(parquet_bytes(frame_of().assign(**odd)), "f.parquet")
    words = {
        "when": "column 'when' cannot be used: it holds dates or times",
        "lists": "column 'lists' cannot be used: index 1: it holds lists of 2 and of 1 values",
        "gap": "column 'gap' cannot be used: index 0: the value is missing. Fill it in, leave",
        "holes": "column 'holes' cannot be used: index 1: the value is missing",
    }
    for name in odd:
        with pytest.raises(DataError, match=words[name]):
            own.make(found, ("y",), ignore=tuple(set(odd) - {name}))
    assert own.make(found, ("y",), ignore=tuple(odd)).shape == (3,)


def test_the_index_of_pandas_is_no_input():
    out = io.BytesIO()
    frame_of().query("y < 2").to_parquet(out)
    found = read_here(out.getvalue(), "f.parquet")
    with pytest.raises(DataError, match="'__index_level_0__', which is how pandas writes"):
        own.make(found, ("y",))


def test_parquet_without_rows_or_with_a_name_twice_is_refused():
    with pytest.raises(DataError, match=r"f\.parquet holds no rows"):
        read_here(parquet_bytes(frame_of().iloc[:0]), "f.parquet")
    out = io.BytesIO()
    column = pa.array([1.0, 2.0])
    pyarrow.parquet.write_table(pa.Table.from_arrays([column] * 2, names=["a", "a"]), out)
    with pytest.raises(DataError, match="two columns named 'a'"):
        read_here(out.getvalue(), "f.parquet")


# HDF5


def test_an_hdf5_file_as_of_the_calorimeter_challenge_is_read():
    showers, energies = RNG.gamma(1, size=(N, 5)), RNG.gamma(2, size=(N, 1))
    found = read_here(hdf5_of(showers=showers, incident_energies=energies), "f.hdf5")
    assert own.default_targets(found) == ("incident_energies",)
    kept = own.make(found, ("incident_energies",))
    assert (kept.task, kept.shape, kept.targets.shape) == ("regression", (5,), (N,))


@pytest.mark.parametrize("labels", ["vlen", "fixed"])
def test_hdf5_with_chunks_filters_and_text_is_read(labels):
    words = [b"one", b"two"] * 10

    def fill(file):
        file.create_dataset("x", data=X, chunks=(7, 2), compression="gzip", shuffle=True)
        file.create_dataset("z", data=X, chunks=True, compression="lzf", fletcher32=True)
        kind = h5py.string_dtype() if labels == "vlen" else "S3"
        file.create_dataset("label", data=words, dtype=kind)
        file.create_group("meta")["more"] = 1

    found = read_here(hdf5_bytes(fill), "f.h5")
    np.testing.assert_array_equal(found["x"].values, X)
    np.testing.assert_array_equal(found["z"].values, X)
    assert found["label"].labels == ("one", "two")
    assert found.notes == ("Groups are left out: meta.",)


def _external(file):
    file.create_dataset("x", (N,), "u1", external=[("/etc/hostname", 0, N)])


def _virtual(file):
    layout = h5py.VirtualLayout((N,), "f8")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (N,))
    file.create_virtual_dataset("x", layout)


def _plain(name, **options):
    def fill(file):
        file.create_dataset(name, **options)

    return fill


HDF5 = {
    "soft link": (lambda f: f.__setitem__("x", h5py.SoftLink("/y")), "'x' is a link to somewhere"),
    "external link": (
        lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/")),
        "'x' is a link to somewhere else, which is never followed",
    ),
    "external storage": (_external, "'x' keeps its values in other files, which are never opened"),
    "virtual": (_virtual, "'x' keeps its values in other files"),
    "nothing": (lambda f: None, "holds nothing at its top level"),
    "groups": (lambda f: f.create_group("g"), r"holds groups only \(g\)"),
    "one value": (_plain("x", data=3.0), "'x' is a single value"),
    "empty": (_plain("x", data=h5py.Empty("f8")), "'x' is empty"),
    "no rows": (_plain("x", data=X[:0]), "holds no values"),
    "never written": (_plain("x", shape=(N,), dtype="f8"), "no values were written"),
    "lengths": (lambda f: (_plain("x", data=X)(f), _plain("y", data=Y[1:])(f)), "x 20, y 19"),
    "huge": (
        lambda f: f.create_dataset("x", (2**40, 9), "f8", chunks=(8, 9))[:8].sum(),
        "unpacks to more|no values were written",
    ),
}


@pytest.mark.parametrize("case", HDF5)
def test_what_is_not_in_an_hdf5_file_itself_is_refused(case):
    fill, words = HDF5[case]
    with pytest.raises(DataError, match=words) as caught:
        read_here(hdf5_bytes(fill), "f.h5")
    assert "f.h5" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (X[:, 0] + 1j, "complex numbers"),
        (np.zeros(N, "f8,i4"), "records"),
        (np.array([["a"] * 2] * N, object), "text of the shape"),
    ],
)
def test_an_hdf5_column_that_is_not_of_numbers_can_be_left_out(column, words):
    def fill(file):
        file["x"], file["y"] = X, Y
        kind = h5py.string_dtype() if column.dtype == object else None
        file.create_dataset("odd", data=column, dtype=kind)

    found = read_here(hdf5_bytes(fill), "f.h5")
    with pytest.raises(DataError, match=f"column 'odd' cannot be used: it holds {words}"):
        own.make(found, ("y",))
    assert own.make(found, ("y",), ignore=("odd",)).shape == (3,)
