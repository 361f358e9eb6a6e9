"""The process that asks for a file stays small and free, whatever the file unpacks to.

Each file is looked at and kept by a process of its own, which measures the memory and the processor
time that this took of itself, and the memory that its reader took.
"""

import textwrap
import threading
import time
import zipfile

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.aside import json_of

from ntk_uq.datasets import own
from ntk_uq.datasets.own import isolated

MIB = 2**20

MEASURE = textwrap.dedent(
    """
    import json, resource, sys, time
    from pathlib import Path
    from ntk_uq.datasets import own
    from ntk_uq.base.errors import DataError

    def most(kind):
        return resource.getrusage(kind).ru_maxrss * 1024

    path = Path(sys.argv[1])
    content = path.read_bytes()
    before, start, said = most(resource.RUSAGE_SELF), time.process_time(), []
    for call in (own.peek, own.bring):
        try:
            call(own.Given(content, path.name))
            said.append("")
        except DataError as error:
            said.append(str(error))
    grown = most(resource.RUSAGE_SELF) - before
    taken = most(resource.RUSAGE_CHILDREN)
    print(json.dumps([said, grown, time.process_time() - start, taken]))
    """
)


def measured(path, expanded):
    """What was said of a file; the bytes and seconds of the process; the bytes of its readers."""
    return json_of(MEASURE, path, expanded, 500)


def write_npz(path, n, **kinds):
    """Arrays of zeros, written in pieces."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kind in kinds.items():
            dtype = np.dtype(kind)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                head = {"descr": dtype.str, "fortran_order": False, "shape": (n,)}
                np.lib.format.write_array_header_2_0(member, head)
                left = n * dtype.itemsize
                while left > 0:
                    member.write(bytes(min(MIB, left)))
                    left -= MIB


def bools_and_text(path, size):
    write_npz(path, size // 5, x="?", y="<U1")


def one_long_text(path, size):
    write_npz(path, 20, x="<f8", y=f"<U{size // 100}")


def many_rows(path, size):
    step = 2**18
    part = pa.table({"x": np.zeros(step, "f4"), "y": np.arange(step) % 2 == 1})
    with pyarrow.parquet.ParquetWriter(path, part.schema, compression="zstd") as writer:
        for _ in range(size // 5 // step):
            writer.write_table(part)


def zeros(path, size):
    with h5py.File(path, "w") as file:
        n = size // 9
        x = file.create_dataset("x", (n,), "f8", chunks=(2**16,), compression="gzip")
        x[:] = 0
        file.create_dataset("y", (n,), "u1", chunks=(2**16,), compression="gzip")[:] = 0
        file["y"][0] = 1


def empty_lines(path, size):
    path.write_bytes(b"x,y\n" + b"\n" * (size // 8) + b"1,2\n" * 20)


def empty_lines_above(path, size):
    path.write_bytes(b"\n" * (size // 8) + b"x,y\n" + b"1,2\n" * 20)


FILES = {
    "bools and text.npz": bools_and_text,
    "one long text.npz": one_long_text,
    "many rows.parquet": many_rows,
    "zeros.h5": zeros,
    "empty lines.csv": empty_lines,
    "empty lines above.csv": empty_lines_above,
}
SIZES = [64, pytest.param(1000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", SIZES)
def test_the_process_that_asks_stays_small_and_free(tmp_path, name, size):
    path = tmp_path / name
    FILES[name](path, size * MIB)
    said, grown, seconds, taken = measured(path, f"{size}MiB")
    assert grown < path.stat().st_size + 16 * MIB
    assert seconds < 2
    # Twice the limit, what is spared for libraries, and the libraries themselves.
    assert taken < 2 * size * MIB + 600 * MIB
    for words in said:
        assert words == "" or (words.startswith(name) and words.count(". ") <= 3)


def test_more_files_than_are_read_at_once_wait_and_are_told(monkeypatch):
    turns, told, inside = isolated.Turns(2), [], []

    def hold(number):
        with turns.turn(lambda: told.append(number)):
            inside.append(number)
            free.wait(10)

    free = threading.Event()
    threads = [threading.Thread(target=hold, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    assert (inside, told) == ([0, 1], [2])
    free.set()
    for thread in threads:
        thread.join(10)
    assert sorted(inside) == [0, 1, 2]


def test_a_file_that_waits_is_read_when_its_turn_comes(monkeypatch):
    monkeypatch.setattr("ntk_uq.datasets.own.reading.ask", isolated.ask)
    monkeypatch.setattr(isolated, "TURNS", turns := isolated.Turns(1))
    told = []
    with turns.turn(None):
        waiter = threading.Thread(
            target=lambda: told.append(own.peek(given, lambda: told.append("waits")).rows)
        )
        given = own.Given(b"x,y\n" + b"1,2\n3,4\n" * 10, "f.csv")
        waiter.start()
        time.sleep(0.2)
        assert told == ["waits"]
    waiter.join(60)
    assert told == ["waits", 20]
