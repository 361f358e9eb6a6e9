"""Two tables of the same columns as one: a test set that comes in a file of its own."""

from collections.abc import Callable

import numpy as np

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.own.table import Column, Numbers, Table, TextColumn, Unusable, listed


def joined(first: Table, second: Table, names: tuple[str, ...]) -> Table:
    """The rows of one table, then those of the other; called as the second.

    Args:
        first, second: the tables. names: of the columns to keep, all of them in both.

    Raises:
        DataError: if a column is missing, or holds numbers in one and text in the other, or blocks
            of another shape.
    """
    for name in names:
        if name not in first.names:
            raise DataError(
                f"{first.source} has no column {name!r}, which {second.source} has; it has "
                f"{listed(first.names)}. A test set has the same columns; leave out what only one "
                "of them has."
            )
    columns = tuple(_join(first, second, name) for name in names)
    notes = tuple(dict.fromkeys((*first.notes, *second.notes)))
    return Table(second.source, columns, _place(first, second), notes)


def _place(first: Table, second: Table) -> Callable[[int], str]:
    n = len(first)
    return lambda row: f"{first.source}, {first.place(row)}" if row < n else second.place(row - n)


def _join(first: Table, second: Table, name: str) -> Column:
    ours, theirs = first[name], second[name]
    for table, column in ((first, ours), (second, theirs)):
        if isinstance(column, Unusable):
            problem = f"{column.problem} (in {table.source})"
            return Unusable(name, problem, len(ours) + len(theirs))
    if isinstance(ours, Numbers) and isinstance(theirs, Numbers):
        if ours.shape != theirs.shape:
            raise DataError(
                f"{name} has rows of the shape {ours.shape} in {first.source} and {theirs.shape} "
                f"in {second.source}; they must be the same."
            )
        return Numbers(name, np.concatenate([ours.values, theirs.values]))
    if isinstance(ours, TextColumn) and isinstance(theirs, TextColumn):
        labels = list(theirs.labels)
        labels += [label for label in ours.labels if label not in set(theirs.labels)]
        number = {label: i for i, label in enumerate(labels)}
        renumbered = np.array([number[label] for label in ours.labels] + [-1], np.int32)
        codes = np.concatenate([renumbered[ours.codes], theirs.codes.astype(np.int32)])
        problem = f"{theirs.problem} (in {second.source})"
        return TextColumn(name, tuple(labels), codes, problem, len(ours) + theirs.problem_row)
    text, numbers = (first, second) if isinstance(ours, TextColumn) else (second, first)
    column = text[name]
    why = column.problem if isinstance(column, TextColumn) else ""
    raise DataError(
        f"Column {name!r} holds numbers in {numbers.source} and text in {text.source} ({why}); "
        "both must hold the same."
    )
