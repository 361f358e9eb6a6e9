"""Which rows of a table are the test part, where a share drawn at random would not do."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Int64, Real

from ntk_uq.base import streams
from ntk_uq.base.errors import DataError
from ntk_uq.datasets.own.table import Column, Numbers, Table, TextColumn, Unusable, listed, shown
from ntk_uq.datasets.own.words import is_missing

TEST_SHARE = 0.2
SHUFFLE = 2503  # fixed for ever: it decides which examples are the test part
ROWS = ""
"""The order of the rows, where :attr:`Division.last` could name a column."""

_TEST, _TRAIN = ("test", "testing", "true", "yes", "1"), ("train", "training", "pool")
_NO = ("false", "no", "0")
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?)?")
"""Dates and times as ISO 8601 writes them, whose order is that of their characters."""


@dataclass(frozen=True)
class Division:
    """How the rows of one table are divided into a test part and the pool.

    Attributes:
        share: of the examples that are the test part; None for a fifth.
        split: the column that says it: train or test, no or yes, 0 or 1.
        groups: the column whose equal values never part, such as the number of an event or of a
            patient: whole groups are drawn at random, of which each comes nearer to the share.
        last: the column in whose order the last examples are the test part, or :data:`ROWS`; None
            where the order does not matter.

    Raises:
        DataError: if they do not go together.
    """

    share: float | None = None
    split: str = ""
    groups: str = ""
    last: str | None = None

    def __post_init__(self) -> None:
        chosen = [self.split != "", self.groups != "", self.last is not None]
        if sum(chosen) > 1:
            raise DataError(
                "A column that says train or test, groups, and an order each decide which examples "
                "are the test part; choose one of them."
            )
        if self.split and self.share is not None:
            raise DataError(
                f"Column {self.split!r} says which examples are the test part; leave out their "
                "share."
            )
        if self.share is not None and not 0 < self.share < 1:
            raise DataError(
                f"The test share is {self.share:g}; it must lie between 0 and 1, such as 0.2."
            )

    @classmethod
    def of(cls, test: "float | Division | None") -> "Division":
        """That of a share alone, where one is given; None for a fifth."""
        return test if isinstance(test, Division) else cls(test)

    @property
    def at_random(self) -> bool:
        """Whether only the share matters."""
        return not self.split and not self.groups and self.last is None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are no inputs: what says train or test, or which group, is no feature of
        an example."""
        return tuple(filter(None, (self.split, self.groups)))

    @property
    def apart(self) -> dict[str, str]:
        """What of it says that examples belong together, or come one after the other."""
        if self.groups:
            return {"groups": self.groups}
        return {} if self.last is None else {"last": self.last}

    @property
    def no_folds(self) -> str:
        """Why the examples cannot be tested on folds, as the end of a sentence; "" if they can."""
        if self.groups:
            return f"they would part groups of equal {self.groups!r}"
        if self.last is not None:
            order = f"{self.last!r}" if self.last else "the rows"
            return f"they would train on what comes later in the order of {order}"
        return ""

    def said(self) -> dict[str, Any]:
        """What was chosen, as JSON's own types; the share is called ``test``."""
        chosen = {"test": self.share, "last": self.last}
        named = {"split": self.split, "groups": self.groups}
        return {name: value for name, value in chosen.items() if value is not None} | {
            name: value for name, value in named.items() if value
        }

    def order(self, table: Table) -> tuple[Int64[np.ndarray, "n"], int]:
        """The rows, first those of the test part, each part in an order of its own that is random
        and fixed for ever; and how many are the test part.

        Raises:
            DataError: if the columns do not say it, or leave nothing for one of the parts.
        """
        n = len(table)
        shuffled = streams.permutation(SHUFFLE, n)
        test = self._test(table)
        n_test = int(test.sum())
        if not 0 < n_test <= n - 2:
            raise DataError(
                f"{table.source}: {n_test} of the {n} examples would be the test part. The test "
                f"part needs 1 at least, and the pool 2. {self._remedy()}"
            )
        in_order = test[shuffled]
        return np.concatenate([shuffled[in_order], shuffled[~in_order]]), n_test

    def notes(self, table: Table) -> tuple[str, ...]:
        """What came of it, in a sentence, where that is not what was asked for and nothing else."""
        if self.at_random:
            return ()
        test = self._test(table)
        told = f"{test.sum():,} of {len(table):,} examples are the test part"
        if self.groups:
            groups = _groups(table, self.groups)
            told += (
                f": {len(np.unique(groups[test])):,} of {groups.max() + 1:,} groups of equal "
                f"{self.groups!r}"
            )
        elif self.last:
            rows = self._last_rows(table)
            first, last = (shown(_at(table[self.last], row)) for row in map(int, rows[[0, -1]]))
            told += f": from {first} to {last} in the order of {self.last!r}"
        wanted = round(self._wanted(table))
        if not self.split and abs(test.sum() - wanted) > max(1, 0.1 * wanted):
            told += f"; {wanted:,} were asked for"
        return (f"{told}.",)

    def _wanted(self, table: Table) -> float:
        """How many examples the share is."""
        return (TEST_SHARE if self.share is None else self.share) * len(table)

    def _remedy(self) -> str:
        if self.split:
            return f"Correct column {self.split!r}, or choose a share."
        if self.groups:
            return f"Choose another column than {self.groups!r}, which has too few groups."
        return "Choose another share."

    def _test(self, table: Table) -> Bool[np.ndarray, "n"]:
        """Which rows are the test part."""
        if self.split:
            return _said(table, self.split)
        if self.groups:
            return _whole_groups(_groups(table, self.groups), self._wanted(table))
        test = np.zeros(len(table), bool)
        test[self._last_rows(table)] = True
        return test

    def _last_rows(self, table: Table) -> Int[np.ndarray, "k"]:
        """The test part where an order says it, in that order."""
        return _last(table, self.last or ROWS, max(1, round(self._wanted(table))))


def _said(table: Table, name: str) -> Bool[np.ndarray, "n"]:
    """Of a column that says train or test."""
    column = table[name]
    if isinstance(column, TextColumn):
        labels = [label.strip().casefold() for label in column.labels]
        known = [label in (*_TEST, *_TRAIN, *_NO) for label in labels]
        if all(known) and column.codes.min() >= 0:
            is_test = np.array([label in _TEST for label in labels])
            return np.asarray(is_test[column.codes])
        values = [
            shown(label) for label, found in zip(column.labels, known, strict=True) if not found
        ]
    elif isinstance(column, Numbers) and column.shape in ((), (1,)):
        flat = column.values.ravel()
        if np.isin(flat, (0, 1)).all():
            return flat == 1
        values = [f"{value:g}" for value in np.unique(flat[~np.isin(flat, (0, 1))])[:5]]
    else:
        values = ["what is neither numbers nor text"]
    raise DataError(
        f"{table.source}: column {name!r} holds {listed(values, 5)}; where it says which examples "
        "are the test part, it holds train and test, or 0 and 1, in every row. Leave other rows "
        "out, or call them one of both."
    )


def _values(table: Table, name: str, cannot: str) -> Real[np.ndarray, "n"]:
    """One number for each row, equal and in order as the values of a column are.

    Args:
        table: the table. name: of the column.
        cannot: what it cannot be for otherwise, as the end of a sentence.
    """
    column = table[name]
    if isinstance(column, Unusable):
        remedy = column.remedy or "Choose another"
        raise DataError(f"{table.source}: column {name!r} {cannot}: {column.problem}. {remedy}.")
    if isinstance(column, TextColumn):
        if column.codes.min() < 0:
            raise DataError(
                f"{table.source}: column {name!r} is text ({column.problem}), of more values than "
                f"are told apart ({len(column.labels) - 1:,}), and {cannot}. Save numbers."
            )
        missing = [is_missing(label) for label in column.labels]
        if any(missing):
            row = int(np.flatnonzero(column.codes == missing.index(True))[0])
            raise DataError(
                f"{table.source}: column {name!r}, {table.place(row)} is missing "
                f"({shown(column.labels[column.codes[row]])}), and {cannot}. Fill it in, or leave "
                "the row out."
            )
        return np.argsort(np.argsort(np.array(column.labels)))[column.codes]
    if not isinstance(column, Numbers) or column.shape not in ((), (1,)):
        raise DataError(
            f"{table.source}: column {name!r} does not hold one number or text in each row, and "
            f"{cannot}. Choose another."
        )
    values = column.values.ravel()
    if values.dtype.kind == "f" and np.isnan(values).any():
        row = int(np.flatnonzero(np.isnan(values))[0])
        raise DataError(
            f"{table.source}: column {name!r}, {table.place(row)} is missing, and {cannot}. Fill "
            "it in, or leave the row out."
        )
    return values


def _groups(table: Table, name: str) -> Int[np.ndarray, "n"]:
    """The number of the group of each row, from 0."""
    values = _values(table, name, "cannot say which examples belong together")
    return np.unique(values, return_inverse=True)[1]


def _whole_groups(groups: Int[np.ndarray, "n"], wanted: float) -> Bool[np.ndarray, "n"]:
    """Groups in a random order, each of which brings the examples nearer to so many: those that
    would lead beyond them are passed over. At least the smallest one, and never all."""
    sizes = np.bincount(groups).tolist()
    taken, total = [], 0
    for group in streams.permutation(SHUFFLE, len(sizes)).tolist():
        if abs(total + sizes[group] - wanted) <= abs(total - wanted):
            taken.append(group)
            total += sizes[group]
    if not taken:
        taken = [int(np.argmin(sizes))]
    return np.isin(groups, taken[: len(sizes) - 1])


def _last(table: Table, name: str, count: int) -> Int[np.ndarray, "k"]:
    """The last rows in an order, so many as come nearest to ``count`` without parting rows of one
    value."""
    begin = len(table) - count
    if name == ROWS:
        return np.arange(begin, len(table))
    values = _order_of(table, name)
    order = np.argsort(values, kind="stable")
    values = values[order]
    begins = np.flatnonzero(values[1:] != values[:-1]) + 1
    if not len(begins):
        raise DataError(
            f"{table.source}: column {name!r} has one and the same value in all rows, and no "
            "order. Choose another, or the order of the rows."
        )
    return order[begins[np.argmin(np.abs(begins - begin))] :]


def _order_of(table: Table, name: str) -> Real[np.ndarray, "n"]:
    """One number for each row, in the order of a column: of numbers, or of dates and times."""
    column, values = table[name], _values(table, name, "has no order")
    labels = column.labels if isinstance(column, TextColumn) else ()
    other = next((label for label in labels if not _DATE.fullmatch(label.strip())), None)
    if other is not None and isinstance(column, TextColumn):
        raise DataError(
            f"{table.source}: column {name!r} is text ({column.problem}), and the order of "
            f"{shown(other)} is not known. Save numbers, write dates as 2024-12-31 and times as "
            "2024-12-31 23:59:59, or sort the rows and take their order."
        )
    return values


def _at(column: Column, row: int) -> str:
    """What stands in a row, as text."""
    if isinstance(column, TextColumn):
        return column.labels[column.codes[row]]
    return f"{column.values.ravel()[row]:g}" if isinstance(column, Numbers) else ""
