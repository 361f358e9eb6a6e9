"""What a chooser of columns shows of a table: ranges, numbers of different values, first rows."""

from dataclasses import dataclass

import numpy as np

from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, Table, TextColumn

_SAMPLE = 4096


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
    values = column.values.astype(np.uint8) if column.values.dtype == bool else column.values
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
    distinct = None
    # A look at the first rows spares sorting a long column of quantities.
    if column.shape == () and len(np.unique(values[:_SAMPLE])) <= MOST_CLASSES:
        count = len(np.unique(values))
        distinct = count if count <= MOST_CLASSES else None
    return ColumnSummary(column.name, "numbers", column.shape, low, high, distinct, problem)


def summaries(table: Table, most: int = 200) -> tuple[ColumnSummary, ...]:
    """Of the first columns; a table may have thousands."""
    return tuple(summary(column) for column in table.columns[:most])


def first_rows(table: Table, rows: int = 5, most: int = 50) -> dict[str, list[str]]:
    """The first values of the first columns, as they are to be shown."""
    return {column.name: _first(column, rows) for column in table.columns[:most]}


def _first(column: Column, rows: int) -> list[str]:
    if isinstance(column, TextColumn):
        return [column.labels[code] if code >= 0 else "…" for code in column.codes[:rows].tolist()]
    if not isinstance(column, Numbers):
        return ["…"] * min(rows, len(column))
    if column.shape not in ((), (1,)):
        return [" × ".join(map(str, column.shape)) + " values"] * min(rows, len(column))
    return [str(value) for value in column.values[:rows].ravel().tolist()]
