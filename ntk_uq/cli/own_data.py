"""Users' own data files on the command line: their options, and from a path to a name."""

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from ntk_uq import datasets
from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import own


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say how a file becomes a data set."""
    group = parser.add_argument_group("of a data file of your own (CSV, Parquet, NPZ, HDF5)")
    group.add_argument(
        "--target-columns",
        metavar="NAMES",
        help="target columns, with commas between (default: the one named y, target or label)",
    )
    group.add_argument(
        "--task",
        choices=own.TASKS,
        default="auto",
        help="auto takes text, booleans and a few repeated whole numbers for classes",
    )
    group.add_argument(
        "--ignore-columns", metavar="NAMES", help="columns to leave out, with commas between"
    )


def add_parsers(inner: Any) -> None:
    """Adds ``add`` to the commands of ``ntk_uq data``."""
    parser = inner.add_parser(
        "add",
        help="keep a data file of your own and print its name",
        description=(
            "Reads a CSV, Parquet, NPZ or HDF5 file, keeps its examples and prints the name of the "
            "data set, which the other commands and the pages take. The same data have the same "
            "name."
        ),
    )
    parser.add_argument("path", type=Path, metavar="FILE")
    add_options(parser)
    parser.set_defaults(run=_add)


def dataset_name(text: str, options: argparse.Namespace) -> str:
    """The name of a data set: the text itself, or that of the file to which it is the path.

    A text is a path if it is no known name and has a suffix or a separator in it, or if there is
    such a file. Any other text is given back: whoever asks for that data set says what there is.

    Raises:
        DataError: if the file does not make a data set.
        SpecError: if options for a file are given and there is none.
    """
    known = text in datasets.REGISTRY or own.is_own(text)
    path = Path(text)
    if not known and (path.suffix or len(path.parts) > 1 or path.exists()):
        return _kept(path, options)
    if options.target_columns or options.ignore_columns or options.task != "auto":
        raise SpecError(
            f"--target-columns, --task and --ignore-columns are for a data file; {text!r} is not "
            "the path of one."
        )
    return text


def _add(options: argparse.Namespace) -> None:
    print(_kept(options.path, options))


def _kept(path: Path, options: argparse.Namespace) -> str:
    """The name of the data set that is made of a file; what was read how is told."""
    table = own.open_file(path)
    targets = _names(options.target_columns) or own.default_targets(table)
    name = own.add(table, targets, options.task, _names(options.ignore_columns))
    task = own.guess_task(table, targets) if options.task == "auto" else options.task
    for note in own.notes(table, targets, task):
        print(f"ntk_uq: {note}", file=sys.stderr)
    return name


def _names(text: str | None) -> tuple[str, ...]:
    """Names between commas; one that has a comma in it is put in double quotes."""
    names = next(csv.reader([text], skipinitialspace=True)) if text else []
    return tuple(name.strip() for name in names if name.strip())
