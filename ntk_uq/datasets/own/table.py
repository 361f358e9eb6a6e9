"""What every reader of users' files returns: named columns of numbers or of text."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int, Real, Shaped

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import DataError

MOST_CLASSES = 1000
"""Classes that a classification may have; of a column of text no more values than one beyond this
are told apart."""

MOST_COLUMNS = 20_000
"""Columns that a table may have; more inputs than that belong into one array."""

_LONGEST_NAME = 200
_PIECE = 2**16


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class Numbers:
    """A column of numbers, as its file holds them; NaN and infinity included.

    Attributes:
        name: of the column.
        values: (n,), or (n, ...) where a row holds a block of them.
    """

    name: str
    values: Real[np.ndarray, "n ..."] | Bool[np.ndarray, "n ..."]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row's block; () for one number a row."""
        return self.values.shape[1:]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class TextColumn:
    """A column of text, or of numbers of which at least one cannot be read.

    Attributes:
        name: of the column.
        labels: its distinct values in the order of their first rows, at most MOST_CLASSES + 1.
        codes: (n,) which of the labels is in a row; -1 where it is beyond them.
        problem: where the first value is that is no number, and what it is: ``line 7: 'n/a' is not
            a number``.
        problem_row: the number of that row, from 0.
    """

    name: str
    labels: tuple[str, ...]
    codes: Int[np.ndarray, "n"]
    problem: str
    problem_row: int = 0

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class Unusable:
    """A column that is neither, which a user may leave out.

    Attributes:
        name: of the column.
        problem: what it holds.
        rows: n.
        remedy: what to do about it beside leaving the column out, as the start of a sentence.
    """

    name: str
    problem: str
    rows: int
    remedy: str = ""

    def __len__(self) -> int:
        return self.rows


Column = Numbers | TextColumn | Unusable


@dataclass(frozen=True)
class Place:
    """Where a row (from 0) is found, in words: ``line 7``, ``row 5 below the header``.

    Attributes:
        word: what is counted. first: the number of the first row. after: more words.
    """

    word: str
    first: int
    after: str = ""

    def __call__(self, row: int) -> str:
        """The words for one row."""
        return f"{self.word} {row + self.first}{self.after}"


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class Table:
    """The columns of one file.

    Attributes:
        source: the file's name for people, without its folder.
        columns: at least one, all of one length n, each name once.
        place: where a row (from 0) is found in the file: ``line 7`` of a text as editors count, or
            ``index 5`` of an array.
        notes: sentences about what of the file is not in the columns.
    """

    source: str
    columns: tuple[Column, ...]
    place: Callable[[int], str] = field(default=Place("index", 0), repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for number, column in enumerate(self.columns, 1):
            check_name(self.source, column.name, number)
            if column.name in seen:
                raise DataError(
                    f"{self.source} has two columns named {column.name!r}; give each a name of its "
                    "own."
                )
            seen.add(column.name)

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in the file's order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column of that name.

        Raises:
            DataError: if there is none, naming those that there are.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(
            f"{self.source} has no column {name!r}; it has {listed(self.names)}. Choose among them."
        )


@runtime_checkable
class WithColumns(Protocol):
    """A file with columns of which the names are known."""

    @property
    def source(self) -> str:
        """The file's name for people."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        ...


def distinct_values(values: Shaped[np.ndarray, " n"], most: int) -> int | None:
    """How many different values there are; None for more than ``most``. In pieces, since sorting
    takes memory."""
    known: np.ndarray = values[:0]
    for start in range(0, len(values), _PIECE):
        known = np.union1d(known, values[start : start + _PIECE])
        if len(known) > most:
            return None
    return len(known)


def check_name(source: str, name: str, number: int) -> None:
    """Raises DataError for a name that no column may have; ``number`` is its place, from 1."""
    if not name:
        raise DataError(
            f"Column {number} of {source} has no name. If it numbers the rows, as pandas writes "
            "it, leave it out (index=False); otherwise give it a name."
        )
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise DataError(
            f"{source} has a column named {shown(name)}; a name is at most {_LONGEST_NAME} "
            "printable characters."
        )


def check_columns(source: str, count: int) -> None:
    """Raises DataError for more columns than a table may have."""
    if count > MOST_COLUMNS:
        raise DataError(
            f"{source} has {counted(count, 'column')}; a table may have {MOST_COLUMNS:,}. "
            "Save so many inputs as one array x of an NPZ or HDF5 file, beside y."
        )


def common_length(source: str, lengths: dict[str, int], what: str) -> int:
    """How many rows most of some arrays have: one row an example.

    Where as many have another number, inputs and targets among them on both sides, the larger one
    is that of the training set, and the others are a test set.

    Args:
        lengths: of each array, by its name. what: what the arrays are called.

    Raises:
        DataError: if as many have another number of rows, and it is one array each.
    """
    counted = sorted(Counter(lengths.values()).items(), key=lambda c: (c[1], c[0]), reverse=True)
    if len(counted) > 1 and counted[0][1] == counted[1][1] == 1:
        each = listed([f"{name} {length}" for name, length in lengths.items()])
        raise DataError(
            f"The {what} of {source} have different lengths ({each}). All must have one row an "
            "example."
        )
    return counted[0][0] if counted else 0


def of_other_length(lengths: dict[str, int], rows: int) -> dict[str, str]:
    """What is wrong with arrays that have not so many rows, by name."""
    return {
        name: f"has {counted(length, 'row')} where the others have {rows}"
        for name, length in lengths.items()
        if length != rows
    }


def listed(names: tuple[str, ...] | list[str], most: int = 12) -> str:
    """Names for a sentence, the first few of them."""
    words = [shown(name) if not name.isprintable() else name[:_LONGEST_NAME] for name in names]
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return ", ".join(words) or "nothing"


def shown(text: str, most: int = 40) -> str:
    """A text of unknown origin in quotes, cut and with nothing in it that is not printable."""
    return repr(text if len(text) <= most else f"{text[:most]}…")


def quoted(error: object, most: int = 200) -> str:
    """What a library says, which may hold anything of a damaged file: its first line, printable."""
    line = str(error).strip().partition("\n")[0]
    return "".join(c if c.isprintable() else "�" for c in line[:most]) or type(error).__name__
