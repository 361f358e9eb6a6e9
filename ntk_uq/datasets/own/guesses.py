"""What is guessed of a table where nobody says it: its target, and the kind of task."""

import numpy as np

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.own.table import (
    Numbers,
    Table,
    TextColumn,
    WithColumns,
    distinct_values,
    listed,
)
from ntk_uq.datasets.own.words import is_number, is_written_otherwise

TARGET_NAMES = ("y", "target", "label", "incident_energies")
"""Columns that are taken for the target where none is named."""

FEW_VALUES = 20
"""Whole numbers with at most so many values that repeat are taken for classes by ``auto``."""


def default_targets(table: WithColumns) -> tuple[str, ...]:
    """The column that is the target by its name: one of TARGET_NAMES, in small or capital letters.

    Raises:
        DataError: if there is none, or more than one, naming the columns.
    """
    found = tuple(name for name in table.names if name.lower() in TARGET_NAMES)
    if len(found) == 1:
        return found
    what = "no column" if not found else f"more than one column ({listed(found)})"
    raise DataError(
        f"{table.source} has {what} named {', '.join(TARGET_NAMES[:-1])} or {TARGET_NAMES[-1]}. "
        "Name the target columns (--target-columns on the command line); the columns are "
        f"{listed(table.names)}."
    )


def guess_task(table: Table, targets: tuple[str, ...]) -> str:
    """What ``auto`` takes for the task.

    Classification if the target is one column of text, of booleans, or of whole numbers with at
    most FEW_VALUES different values, of which at least one repeats; otherwise regression. Whole
    numbers count as such in a type with a decimal point, too.
    """
    columns = [table[name] for name in targets]
    if len(columns) != 1:
        return "regression"
    (column,) = columns
    if isinstance(column, TextColumn):
        return "regression" if _mostly_numbers(column) else "classification"
    if not isinstance(column, Numbers) or column.shape not in ((), (1,)):
        return "regression"
    values = column.values.ravel()
    if values.dtype.kind == "b":
        return "classification"
    distinct = distinct_values(values, FEW_VALUES)
    if distinct is None or distinct == len(values):
        return "regression"
    found = np.unique(values) if values.dtype.kind == "f" else values[:0]
    return "classification" if np.array_equal(found, np.trunc(found)) else "regression"


def _mostly_numbers(column: TextColumn) -> bool:
    """Whether a column of text is one of numbers in which some are missing, misspelt, or written
    for people."""
    numeric = np.array([is_number(v) or is_written_otherwise(v) for v in column.labels])
    known = column.codes[column.codes >= 0]
    return 2 * int(np.count_nonzero(numeric[known])) > len(known)
