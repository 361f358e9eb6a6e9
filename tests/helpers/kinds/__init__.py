"""Files as users have them, each with what is right: the data set that it makes, or the words."""

import io
import re
from dataclasses import dataclass, field

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from ntk_uq.datasets import own
from ntk_uq.datasets.own.arrays import column_of

N = 40
A = np.arange(N) * 0.5 - 3
B = (np.arange(N) * 7 % 11) / 4
Y = np.arange(N) * 5 % 3 % 2
E = A * A + B
WORDS = ["cat" if y else "dog" for y in Y]
IMAGES = (np.arange(N * 12).reshape(N, 4, 3) * 37 % 251).astype(np.uint8)


@dataclass(frozen=True)
class Case:
    """A file, and what is right.

    Attributes:
        file: its name. content: its bytes. options: of ``ntk-uq data add``.
        columns: what it makes, by name, the targets last; None where it is refused.
        words: patterns, each of which what is said of it has to match; in a data set's case the
            notes, of which there are none where this is empty.
    """

    file: str
    content: bytes
    options: tuple[str, ...] = ()
    columns: dict | None = None
    words: tuple[str, ...] = ()
    targets: tuple[str, ...] = ("y",)
    task: str = "auto"
    test: object = None
    more: dict = field(default_factory=dict)

    def name(self):
        """The name of the data set that is right, made without any reader."""
        table = own.Table(
            "f", tuple(column_of("f", n, np.asarray(v)) for n, v in self.columns.items())
        )
        return own.keep(own.make(table, self.targets, self.task, test=self.test))

    def check(self, code, out, err):
        """Raises AssertionError where what a command gave is not what is right."""
        said = err.strip()
        if self.columns is None:
            assert code != 0, f"read as {own.look(out.strip()).about}; {said}"
            assert said.count("\n") == 0, said
            assert self.file[:20] in said, said
        else:
            assert code == 0, said
            got = own.look(out.strip())
            assert out.strip() == self.name(), (got.about, own.look(self.name()).about)
            assert self.words or not said, said
        for words in self.words:
            assert re.search(words, said), f"{words!r} is not in {said!r}"


def read(file, content, *options, columns=None, words=(), **more):
    if isinstance(content, str):
        content = content.encode()
    columns = {"a": A, "b": B, "y": Y} if columns is None else columns
    words = (words,) if isinstance(words, str) else tuple(words)
    return Case(file, content, options, columns, words, **more)


def refused(file, content, *options, words):
    if isinstance(content, str):
        content = content.encode()
    return Case(file, content, options, None, (words,) if isinstance(words, str) else tuple(words))


def table(*columns, head="a,b,y", sep=",", end="\n", n=N):
    """Text of columns of cells, the header first."""
    lines = [head] if head is not None else []
    lines += [sep.join(map(str, row)) for row in list(zip(*columns, strict=True))[:n]]
    return end.join(lines) + end


def changed(values, row, value):
    """A list with another value in one row."""
    return [value if i == row else v for i, v in enumerate(list(values))]


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def hdf5(fill=None, block=0, first=b"", **arrays):
    out = io.BytesIO()
    with h5py.File(out, "w", userblock_size=block) as file:
        for name, values in arrays.items():
            file[name] = values
        if fill is not None:
            fill(file)
    content = bytearray(out.getvalue())
    content[: len(first)] = first
    return bytes(content)


def parquet(schema=None, **columns):
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns, schema=schema), out)
    return out.getvalue()


def savetxt(columns, **options):
    out = io.BytesIO()
    np.savetxt(out, np.column_stack(columns), **options)
    return out.getvalue()
