"""What a chooser of columns shows of a table: ranges, numbers of different values, first rows."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.own.guesses import guess_task
from ntk_uq.datasets.own.notes import notes_of
from ntk_uq.datasets.own.table import (
    MOST_CLASSES,
    Column,
    Numbers,
    Table,
    TextColumn,
    distinct_values,
)

_SAMPLE = 4096
_SUMMARIES = 200  # columns with a summary; a table may have thousands
_ROWS = 4
_LONGEST = 100  # characters shown of one value


@dataclass(frozen=True)
class ColumnSummary:
    """One column for people.

    Attributes:
        name: of the column.
        kind: ``numbers``, ``text`` or ``unusable``.
        shape: of what is in one row; () for one value.
        low, high: smallest and largest of the finite numbers; None in other columns.
        distinct: number of different values, or None where it is larger than MOST_CLASSES, or the
            column holds blocks.
        problem: why the column cannot be an input, or "".
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    low: float | None
    high: float | None
    distinct: int | None
    problem: str


def summary(column: Column) -> ColumnSummary:
    """A column's range and number of different values."""
    if isinstance(column, TextColumn):
        count = len(column.labels)
        distinct = count if count <= MOST_CLASSES else None
        return ColumnSummary(column.name, "text", (), None, None, distinct, column.problem)
    if not isinstance(column, Numbers):
        return ColumnSummary(column.name, "unusable", (), None, None, None, column.problem)
    values = column.values.view(np.uint8) if column.values.dtype == bool else column.values
    low = high = None
    problem = ""
    if values.dtype.kind == "f":
        lows, highs = [], []
        for start in range(0, len(values), _SAMPLE):
            block = values[start : start + _SAMPLE]
            finite = np.isfinite(block)
            problem = "" if finite.all() and not problem else "some values are not finite"
            if finite.any():
                lows.append(float(block.min(where=finite, initial=np.inf)))
                highs.append(float(block.max(where=finite, initial=-np.inf)))
        low, high = (min(lows), max(highs)) if lows else (None, None)
    else:
        low, high = float(values.min()), float(values.max())
    distinct = distinct_values(values, MOST_CLASSES) if column.shape == () else None
    return ColumnSummary(column.name, "numbers", column.shape, low, high, distinct, problem)


def summaries(table: Table, most: int = _SUMMARIES) -> tuple[ColumnSummary, ...]:
    """Of the first columns; a table may have thousands."""
    return tuple(summary(column) for column in table.columns[:most])


def first_rows(table: Table, rows: int = 5, most: int = 50) -> dict[str, list[str]]:
    """The first values of the first columns, as they are to be shown."""
    return {column.name: _first(column, rows) for column in table.columns[:most]}


def _first(column: Column, rows: int) -> list[str]:
    if isinstance(column, TextColumn):
        labels = column.labels
        return [_cut(labels[code]) if code >= 0 else "…" for code in column.codes[:rows].tolist()]
    if not isinstance(column, Numbers):
        return ["…"] * min(rows, len(column))
    if column.shape not in ((), (1,)):
        return [" × ".join(map(str, column.shape)) + " values"] * min(rows, len(column))
    return [f"{value:.6g}" for value in column.values[:rows].ravel().tolist()]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True)
class Preview:
    """What a chooser of columns needs of a table, without its values.

    Attributes:
        source: the file's name for people.
        rows: how many there are.
        names: of all columns, in the file's order.
        kinds: of all columns: ``numbers``, ``text`` or ``unusable``.
        notes: sentences about what of the file is not in the columns.
        summaries: of the first columns.
        first_rows: the first values of these columns, as they are to be shown.
        tasks: what ``auto`` takes for the task, for each column as the only target.
        target_notes: of columns, by name, what a user should know where one is the target of a
            task: sentences by the task.
    """

    source: str
    rows: int
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    notes: tuple[str, ...]
    summaries: tuple[ColumnSummary, ...]
    first_rows: Mapping[str, list[str]]
    tasks: tuple[str, ...]
    target_notes: Mapping[str, Mapping[str, list[str]]]

    def __len__(self) -> int:
        return self.rows

    def task(self, targets: tuple[str, ...]) -> str:
        """What ``auto`` takes for the task of these targets."""
        if len(targets) != 1:
            return "regression"
        return self.tasks[self._index(targets[0])]

    def notes_of(self, targets: tuple[str, ...], task: str) -> tuple[str, ...]:
        """What was made of targets that could have been read otherwise."""
        known = self.target_notes
        return tuple(s for name in targets for s in known.get(name, {}).get(task, ()))

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise DataError(f"{self.source} has no column {name!r:.80}. Choose among its columns.")
        return self.names.index(name)


def preview_of(table: Table) -> Preview:
    """What is to be shown of a table."""
    target_notes = {}
    for column in table.columns:
        found = {task: notes_of([column], task) for task in ("classification", "regression")}
        found = {task: said for task, said in found.items() if said}
        if found:
            target_notes[column.name] = found
    return Preview(
        table.source,
        len(table),
        table.names,
        tuple(_kind(column) for column in table.columns),
        table.notes,
        summaries(table),
        first_rows(table, _ROWS, _SUMMARIES),
        tuple(guess_task(table, (name,)) for name in table.names),
        target_notes,
    )


def preview_from(data: Mapping[str, Any]) -> Preview:
    """The preview whose fields, as JSON has them, are given."""
    values = {f.name: data[f.name] for f in fields(Preview)}
    known = [
        ColumnSummary(**{**summary, "shape": tuple(summary["shape"])})
        for summary in data["summaries"]
    ]
    values["summaries"] = tuple(known)
    for name in ("names", "kinds", "notes", "tasks"):
        values[name] = tuple(values[name])
    return Preview(**values)


def _kind(column: Column) -> str:
    if isinstance(column, TextColumn):
        return "text"
    return "numbers" if isinstance(column, Numbers) else "unusable"
