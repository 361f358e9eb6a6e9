"""Users' own data sets: from a CSV, Parquet, NPZ or HDF5 file to a data set under a name.

A page looks at an upload with :func:`peek`, which a user chooses columns by, and calls
:func:`bring`, as the command line does: it gives a name ``own-...`` that :func:`get` makes a data
set of. Both have a process with limits read the file. :func:`open_file` gives a table of it to
programs in Python, and :func:`add` keeps one. ``holders`` says whose it is, ``showing`` to whom it
is shown.
"""

from ntk_uq.datasets.own.dataset import get
from ntk_uq.datasets.own.division import ROWS, TEST_SHARE, Division
from ntk_uq.datasets.own.examples import FEWEST, TASKS, Own, make
from ntk_uq.datasets.own.guesses import FEW_VALUES, TARGET_NAMES, default_targets, guess_task
from ntk_uq.datasets.own.holders import LONGEST_TITLE, Holder, Sharing
from ntk_uq.datasets.own.isolated import AT_ONCE
from ntk_uq.datasets.own.keeping import add
from ntk_uq.datasets.own.layout import DECIMALS, HEADERS, SEPARATORS, Layout
from ntk_uq.datasets.own.notes import notes
from ntk_uq.datasets.own.preview import ColumnSummary, Preview, first_rows, summaries, summary
from ntk_uq.datasets.own.reading import Brought, Given, add_path, bring, open_file, peek
from ntk_uq.datasets.own.showing import ask as ask_before_showing
from ntk_uq.datasets.own.source import KINDS
from ntk_uq.datasets.own.storage import PREFIX, Kept, is_own, keep, look, path_of
from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, Table, TextColumn, Unusable

__all__ = [
    "AT_ONCE",
    "DECIMALS",
    "FEWEST",
    "FEW_VALUES",
    "HEADERS",
    "KINDS",
    "LONGEST_TITLE",
    "MOST_CLASSES",
    "PREFIX",
    "ROWS",
    "SEPARATORS",
    "TARGET_NAMES",
    "TASKS",
    "TEST_SHARE",
    "Brought",
    "Column",
    "ColumnSummary",
    "Division",
    "Given",
    "Holder",
    "Kept",
    "Layout",
    "Numbers",
    "Own",
    "Preview",
    "Sharing",
    "Table",
    "TextColumn",
    "Unusable",
    "add",
    "add_path",
    "ask_before_showing",
    "bring",
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
    "peek",
    "summaries",
    "summary",
]
