"""Files that are small and unpack to more than this program gives them, or end their reader.

Every test opens its file in a process of its own and measures the memory that this and the one that
it starts took at most.
"""

import io
import textwrap
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.aside import json_of
from helpers.writers import hdf5_bytes, npy_bytes

from ntk_uq.base.errors import DataError
from ntk_uq.datasets import own

MIB = 2**20
N_LARGE = 2**24  # float64 values: 128 MiB, twice the limit
N_HUGE = 2**27  # a gigabyte of them, for the long run

MEASURE = textwrap.dedent(
    """
    import json, resource, sys
    import h5py, pyarrow.parquet, pyarrow.csv
    from ntk_uq.datasets import own
    from ntk_uq.base.errors import DataError

    def most():
        kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return max(resource.getrusage(kind).ru_maxrss for kind in kinds) * 1024

    before, words = most(), ""
    try:
        own.bring(own.Given(sys.argv[1]))
    except DataError as error:
        words = str(error)
    print(json.dumps([words, most() - before]))
    """
)


def measured(path, expanded="64MiB"):
    """What is said of a file, and the bytes that opening it took beyond the libraries' own."""
    return json_of(MEASURE, path, expanded, 120)


def large_npy(promised):
    """The start of an array file: header and no values."""
    out = io.BytesIO()
    head = {"descr": "<f8", "fortran_order": False, "shape": (promised,)}
    np.lib.format.write_array_header_1_0(out, head)
    return out.getvalue()


def write_zip_bomb(path, promised, given):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(large_npy(promised))
            for _ in range(given * 8 // MIB):
                member.write(bytes(MIB))
        archive.writestr("y.npy", npy_bytes(np.arange(20)))


LIE = "x has more values than its header promises (160 bytes)"


@pytest.mark.parametrize(
    ("promised", "given", "words"),
    [
        (N_LARGE, N_LARGE, r"it has the shape (16777216,), and with it the file unpacks to more"),
        (20, N_LARGE, LIE),
        pytest.param(
            N_HUGE,
            N_HUGE,
            r"it has the shape (134217728,), and with it the file unpacks to more",
            marks=pytest.mark.slow,
        ),
        pytest.param(20, N_HUGE, LIE, marks=pytest.mark.slow),
    ],
    ids=["honest", "lying header", "honest, a gigabyte", "lying header, a gigabyte"],
)
def test_very_many_zeros_in_a_small_file_are_refused(tmp_path, promised, given, words):
    path = tmp_path / "bomb.npz"
    write_zip_bomb(path, promised, given)
    assert path.stat().st_size < 2 * MIB
    said, taken = measured(path)
    assert words in said
    assert taken < 32 * MIB


def test_what_the_archive_says_of_its_members_sizes_is_not_trusted(tmp_path):
    """The table of contents says 5,000 bytes, the header 8 MiB, and 256 MiB come."""
    path = tmp_path / "lie.npz"
    write_zip_bomb(path, 2**20, 2**25)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (5000).to_bytes(4, "little")
    path.write_bytes(content)
    said, taken = measured(path)
    assert "lie.npz is damaged or truncated (Bad CRC-32" in said
    assert taken < 32 * MIB


def test_an_archive_of_a_million_members_is_refused_by_its_table_of_contents(tmp_path):
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"")
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entries = content[start:end] * 200_000
    tail = bytearray(content[end:])
    tail[12:16] = len(entries).to_bytes(4, "little")
    path.write_bytes(content[:start] + entries + bytes(tail))
    said, taken = measured(path)
    assert "many.npz is no NPZ file: its table of contents alone has" in said
    assert taken < 32 * MIB


# The compression is undone by the library; the refusal is by the description of the file.
@pytest.mark.parametrize(
    "compression",
    ["zstd", *(pytest.param(c, marks=pytest.mark.slow) for c in ("gzip", None))],
)
def test_a_gigabyte_of_one_value_in_parquet_is_refused(tmp_path, compression):
    path = tmp_path / "bomb.parquet"
    schema = pa.schema([("x", pa.float64()), ("y", pa.float64())])
    zeros = pa.table({name: np.zeros(2**22) for name in schema.names}, schema=schema)
    with pyarrow.parquet.ParquetWriter(path, schema, compression=compression) as writer:
        for _ in range(8):  # 512 MiB, by its dictionary a few kilobytes
            writer.write_table(zeros)
    assert path.stat().st_size < MIB
    said, taken = measured(path)
    assert "bomb.parquet unpacks to more than 64.0 MiB (33554432 rows)" in said
    assert taken < 64 * MIB


def varint(value):
    """A whole number in Thrift's compact protocol."""
    value, out = 2 * value, b""
    while value > 127:
        value, out = value >> 7, out + bytes([value & 127 | 128])
    return out + bytes([value])


@pytest.mark.slow
def test_a_parquet_file_that_lies_of_its_size_ends_its_own_reader_alone(tmp_path):
    """Twenty rows of 32 MiB each; the file's description says a few kilobytes."""
    path = tmp_path / "page.parquet"
    table = pa.table({"x": [bytes([97 + i]) * 2**25 for i in range(20)], "y": list(range(20))})
    table = table.set_column(0, "x", table["x"].cast(pa.string()))
    pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    content = path.read_bytes()
    description = pyarrow.parquet.read_metadata(path)
    group = description.row_group(0)
    start = len(content) - description.serialized_size - 8
    body, footer = content[:start], content[start:]
    for size in (group.total_byte_size, group.column(0).total_uncompressed_size):
        true = varint(size)
        assert true in footer
        # As long as before: a number may have leading zeros.
        footer = footer.replace(true, bytes([true[0] | 128, *[128] * (len(true) - 2), 0]))
    path.write_bytes(body + footer)
    assert pyarrow.parquet.read_metadata(path).row_group(0).total_byte_size < 100
    assert path.stat().st_size < MIB
    said, taken = measured(path)
    assert "page.parquet needs more memory to be unpacked than 64.0 MiB" in said
    assert taken < 600 * MIB  # twice the limit, and what is spared for libraries


@pytest.mark.slow
def test_a_chunk_of_hdf5_that_is_a_bomb_ends_its_own_reader_alone(tmp_path):
    """A chunk of 8 KiB by its shape, of a gigabyte by what gzip makes of it."""
    path = tmp_path / "chunk.h5"
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(1024)) + packer.flush()
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (1024,), "f8", chunks=(1024,), compression="gzip")
        x.id.write_direct_chunk((0,), packed)
        file["y"] = np.arange(1024) % 2
    said, taken = measured(path)
    assert "chunk.h5" in said
    assert taken < 600 * MIB


def test_an_hdf5_file_of_one_compressed_value_is_refused_by_its_shape(tmp_path):
    path = tmp_path / "shape.h5"
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (2**40,), "f8", chunks=(2**16,), compression="gzip")
        x[:10] = 1
        file.create_dataset("y", (2**40,), "u1", chunks=(2**16,), compression="gzip")[:10] = 1
    said, taken = measured(path)
    assert (
        "shape.h5: column 'x' cannot be used: it has the shape (1099511627776,), and with it"
        in said
    )
    assert taken < 32 * MIB


def test_a_csv_of_separators_alone_is_refused(tmp_path):
    path = tmp_path / "commas.csv"
    path.write_bytes(b"," * (64 * MIB))
    said, taken = measured(path)
    assert "commas.csv is not a table: line 1 is longer than 16.0 MiB" in said
    assert taken < 100 * MIB
    path.write_bytes(b"a,b\n" + b"1," * (16 * MIB))
    said, taken = measured(path)
    assert "commas.csv: line 2 has" in said or "longer than 16.0 MiB" in said
    assert taken < 300 * MIB


def test_a_reader_that_crashes_is_a_damaged_file(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setattr("ntk_uq.base.paths.home", lambda: Path("/"))  # finds no program
    with pytest.raises(
        DataError, match=r"f\.h5 cannot be read: it is damaged, or needs more memory"
    ):
        own.open_file(hdf5_bytes(lambda f: f.create_dataset("x", data=[1.0])), "f.h5")


def test_a_reader_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr("ntk_uq.datasets.own.isolated.SECONDS", 0.01)
    with pytest.raises(DataError, match=r"could not be read in 0\.01 seconds"):
        own.open_file(hdf5_bytes(lambda f: f.create_dataset("x", data=[1.0])), "f.h5")
