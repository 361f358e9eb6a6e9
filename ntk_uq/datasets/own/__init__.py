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
    TEST_SHARE,
    Own,
    default_targets,
    guess_task,
    make,
)
from ntk_uq.datasets.own.layout import DECIMALS, HEADERS, SEPARATORS, Layout
from ntk_uq.datasets.own.notes import notes
from ntk_uq.datasets.own.preview import ColumnSummary, first_rows, summaries, summary
from ntk_uq.datasets.own.reading import open_file
from ntk_uq.datasets.own.source import KINDS
from ntk_uq.datasets.own.storage import PREFIX, Kept, is_own, keep, look, path_of
from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, Table, TextColumn, Unusable

_USUAL = Layout()


def add(
    table: Table,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Table | None = None,
    layout: Layout = _USUAL,
) -> str:
    """Keeps a table's examples and gives the data set's name.

    Args:
        table: from :func:`open_file`.
        targets: names of the target columns; by default the one named y, target or label.
        task: ``auto``, ``classification`` or ``regression``.
        ignore: names of columns to leave out.
        test: the share of the test part, or a table that is the test part; see :func:`make`.
        layout: how the file was read; kept beside the data.

    Raises:
        DataError: if the table does not make a data set, or it cannot be kept.
    """
    targets = default_targets(table) if targets is None else targets
    made = make(table, targets, task, ignore, test)
    choices = {
        **layout.said(),
        "targets": list(made.target_names),
        "task": made.task,
        "ignore": list(ignore),
        **({} if test is None else {"test": test.source if isinstance(test, Table) else test}),
    }
    return keep(made, choices)


def add_path(
    path: Path | str,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Table | None = None,
    layout: Layout = _USUAL,
) -> str:
    """As :func:`add`, of the file at a path."""
    return add(open_file(path, layout=layout), targets, task, ignore, test, layout)


__all__ = [
    "DECIMALS",
    "FEWEST",
    "FEW_VALUES",
    "HEADERS",
    "KINDS",
    "MOST_CLASSES",
    "PREFIX",
    "SEPARATORS",
    "TARGET_NAMES",
    "TASKS",
    "TEST_SHARE",
    "Column",
    "ColumnSummary",
    "Kept",
    "Layout",
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
