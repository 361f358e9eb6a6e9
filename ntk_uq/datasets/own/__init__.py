"""Users' own data sets: from a CSV, Parquet, NPZ or HDF5 file to a data set under a name.

A page opens an upload with :func:`open_file`, keeps the table while the user chooses columns by
:func:`summaries` and :func:`first_rows`, and calls :func:`add`. The command line calls
:func:`add_path`. Both give a name ``own-...`` that :func:`get` makes a data set of.
"""

from pathlib import Path

from ntk_uq.datasets.own.dataset import get
from ntk_uq.datasets.own.examples import (
    FEW_VALUES,
    FEWEST,
    TARGET_NAMES,
    TASKS,
    Own,
    default_targets,
    guess_task,
    make,
)
from ntk_uq.datasets.own.notes import notes
from ntk_uq.datasets.own.preview import ColumnSummary, first_rows, summaries, summary
from ntk_uq.datasets.own.reading import open_file
from ntk_uq.datasets.own.source import KINDS
from ntk_uq.datasets.own.storage import PREFIX, Kept, is_own, keep, look, path_of
from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, Table, TextColumn, Unusable


def add(
    table: Table,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
) -> str:
    """Keeps a table's examples and gives the data set's name.

    Args:
        table: from :func:`open_file`.
        targets: names of the target columns; by default the one named y, target or label.
        task: ``auto``, ``classification`` or ``regression``.
        ignore: names of columns to leave out.

    Raises:
        DataError: if the table does not make a data set, or it cannot be kept.
    """
    return keep(make(table, default_targets(table) if targets is None else targets, task, ignore))


def add_path(
    path: Path | str,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
) -> str:
    """As :func:`add`, of the file at a path."""
    return add(open_file(path), targets, task, ignore)


__all__ = [
    "FEWEST",
    "FEW_VALUES",
    "KINDS",
    "MOST_CLASSES",
    "PREFIX",
    "TARGET_NAMES",
    "TASKS",
    "Column",
    "ColumnSummary",
    "Kept",
    "Numbers",
    "Own",
    "Table",
    "TextColumn",
    "Unusable",
    "add",
    "add_path",
    "default_targets",
    "first_rows",
    "get",
    "guess_task",
    "is_own",
    "keep",
    "look",
    "make",
    "notes",
    "open_file",
    "path_of",
    "summaries",
    "summary",
]
