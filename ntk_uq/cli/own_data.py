"""Users' own data files on the command line: their options, and from a path to a name."""

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ntk_uq import datasets
from ntk_uq.base import login_settings, settings
from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import own
from ntk_uq.people import SOMEBODY, Acting, OwnData, bring_for, shell_person
from ntk_uq.specs.testing import HELD_OUT
from ntk_uq.store import open_store

_OPTIONS = {
    "target_columns": None,
    "task": "auto",
    "ignore_columns": None,
    "separator": "auto",
    "decimal": "auto",
    "header": "first",
    "arrays": None,
    "test_data": None,
    "test_arrays": None,
    "split_column": None,
    "group_column": None,
    "test_last": None,
    "sharing": None,
}
"""The options of a file, and what they are where nobody gives them."""


def add_options(parser: argparse.ArgumentParser, own_test: bool = True) -> None:
    """Adds the options that say how a file becomes a data set.

    Args:
        parser: of a command.
        own_test: whether ``--test`` is another name of ``--test-data``, as before the latter; not
            where it says whether folds are tested on.
    """
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
    group.add_argument(
        "--separator", choices=own.SEPARATORS, default="auto", help="between columns of a text"
    )
    group.add_argument(
        "--decimal",
        choices=own.DECIMALS,
        default="auto",
        help="sign of a text's numbers; auto takes a comma where nothing else can be meant",
    )
    group.add_argument(
        "--header",
        choices=own.HEADERS,
        default="first",
        help="whether the first line of a text names the columns",
    )
    group.add_argument(
        "--arrays",
        metavar="NAMES",
        help="arrays of an NPZ or HDF5 file to read, with commas between; name=array calls one so",
    )
    group.add_argument(
        *("--test-data", "--test")[: 2 if own_test else 1],
        dest="test_data",
        metavar="SHARE|FILE",
        help="share of the examples that are the test set (default: 0.2), or a file of the same "
        "columns that is the test set",
    )
    group.add_argument(
        "--test-arrays",
        metavar="NAMES",
        help="arrays of the same file that are the test set, as x=x_test,y=y_test",
    )
    group.add_argument(
        "--split-column",
        metavar="NAME",
        help="column that says of each example whether it is of the test set: train or test, 0 or "
        "1; it is no input",
    )
    group.add_argument(
        "--group-column",
        metavar="NAME",
        help="column whose equal values never part, such as the number of an event or a patient: "
        "the test set has whole groups; it is no input",
    )
    group.add_argument(
        "--test-last",
        nargs="?",
        const=own.ROWS,
        metavar="NAME",
        help="the test set is the last share of the rows, or of the examples in the order of this "
        "column, such as a time",
    )
    group.add_argument(
        "--sharing",
        choices=[str(sharing) for sharing in own.Sharing],
        help="who else sees the data where people log in: nobody (the default), whoever has the "
        "name in a link, or the group",
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
        DataError: if the file does not make a data set, or the data set is not shown to whoever
            runs the command.
        NotAllowedError: if they upload nothing.
        SpecError: if options for a file are given and there is none.
    """
    known = text in datasets.REGISTRY or own.is_own(text)
    path = Path(text)
    if not known and (path.suffix or len(path.parts) > 1 or path.exists()):
        return _kept(path, options)
    given = [name for name, usual in _OPTIONS.items() if getattr(options, name) != usual]
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise SpecError(f"{flags} are for a data file; {text!r} is not the path of one.")
    if own.is_own(text):
        _acting().check(text)
    return text


def _acting(size: int = 0) -> OwnData:
    """Own data sets in the hands of whoever runs the command.

    Raises:
        QuotaError: where she has no room for so many bytes.
    """
    if not login_settings.login():
        return OwnData(SOMEBODY)
    with open_store(settings.store_directory()) as store:
        person = shell_person(store)
        if size:
            Acting(store, person).check_data(size)
        return OwnData(person)


def _add(options: argparse.Namespace) -> None:
    print(_kept(options.path, options))


def _kept(path: Path, options: argparse.Namespace) -> str:
    """The name of the data set that is made of a file; what was read how is told."""
    layout = own.Layout(options.separator, options.decimal, options.header, _arrays(options.arrays))
    targets = _names(options.target_columns) or None
    ignore, test = _names(options.ignore_columns), _test(path, layout, options)
    given = own.Given(path, None, layout)
    brought = bring_for(
        _acting(given.source().size),
        own.Sharing(options.sharing or own.Sharing.PRIVATE),
        given.source().name,
        lambda: own.bring(given, targets, options.task, ignore, test),
    )
    for note in brought.notes:
        print(f"ntk_uq: {note}", file=sys.stderr)
    return brought.name


def _test(path: Path, layout: own.Layout, options: argparse.Namespace) -> own.Division | own.Given:
    """The test part: how the rows are divided, or a file.

    Raises:
        SpecError: if several options say what it is.
    """
    for name in ("test_data", "test_arrays", "split_column", "group_column"):
        if getattr(options, name) == "":
            raise SpecError(f"--{name.replace('_', '-')} is empty; give a value, or leave it out.")
    share = None if options.test_data is None else _number(options.test_data)
    if (
        options.test_data
        and share is None
        and (options.group_column or options.test_last is not None)
    ):
        raise SpecError(
            f"--test-data is {options.test_data!r:.60}; beside --group-column and --test-last it "
            "is a share between 0 and 1, such as 0.2."
        )
    given = {
        "--test-data": bool(options.test_data)
        and (share is None or bool(options.test_arrays or options.split_column)),
        "--test-arrays": bool(options.test_arrays),
        "--split-column": bool(options.split_column),
        "--group-column": bool(options.group_column),
        "--test-last": options.test_last is not None,
    }
    several = [name for name, is_there in given.items() if is_there]
    if len(several) > 1:
        raise SpecError(
            f"{', '.join(several[:-1])} and {several[-1]} each say what the test set is; give one."
        )
    if options.test_arrays:
        return own.Given(path, None, replace(layout, arrays=_arrays(options.test_arrays)))
    if given["--test-data"]:
        return own.Given(Path(options.test_data), None, layout)
    return own.Division(
        share, options.split_column or "", options.group_column or "", options.test_last
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def older_test(options: argparse.Namespace) -> None:
    """Takes a share or a file that ``--test`` names for ``--test-data``: so it was called before
    ``--test`` said whether folds are tested on."""
    text = str(options.test)
    path = Path(text)
    if options.test_data is not None or text.startswith("folds="):
        return
    if _is_share(text) or path.suffix or path.is_file():
        options.test_data, options.test = text, HELD_OUT


def _is_share(text: str) -> bool:
    share = _number(text)
    return share is not None and 0 < share < 1


def _arrays(text: str | None) -> dict[str, str]:
    """From ``x=x_train,label`` to the arrays with the names of their columns."""
    pairs = [name.rpartition("=") for name in _names(text)]
    return {array.strip(): (name or array).strip() for name, _, array in pairs}


def _names(text: str | None) -> tuple[str, ...]:
    """Names between commas; one that has a comma in it is put in double quotes."""
    names = next(csv.reader([text], skipinitialspace=True)) if text else []
    return tuple(name.strip() for name in names if name.strip())
