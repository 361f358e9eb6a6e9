"""Users' files of any format: read, looked at, or kept, by a process of its own."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ntk_uq.datasets.own.division import Division
from ntk_uq.datasets.own.isolated import ask, receive_json, receive_table
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.preview import Preview, preview_from
from ntk_uq.datasets.own.source import OwnFile, kind_of, source_of
from ntk_uq.datasets.own.table import Table

_USUAL = Layout()


@dataclass(frozen=True)
class Given:
    """A file that a user gave.

    Attributes:
        data: its path, or the bytes of an upload.
        name: what it is called, with its suffix; needed where ``data`` is bytes.
        layout: how it is to be read where that is not left to be found.
    """

    data: Path | str | bytes
    name: str | None = None
    layout: Layout = field(default_factory=Layout)

    def source(self) -> OwnFile:
        """The file, its size and first bytes looked at.

        Raises:
            MissingDataError, DataError, SpecError: as :func:`open_file`.
        """
        source = source_of(self.data, self.name)
        self.layout.check_kind(source.name, kind_of(source))
        return source


@dataclass(frozen=True)
class Brought:
    """What became of a file: the data set's name, and what its user should know of how it was
    read."""

    name: str
    notes: tuple[str, ...]


def open_file(data: Path | str | bytes, name: str | None = None, layout: Layout = _USUAL) -> Table:
    """The columns of a CSV, Parquet, NPZ or HDF5 file, all of it read once, into this process.

    Args:
        data: the file's path, or the bytes of an upload.
        name: what the file is called, with its suffix; needed where ``data`` is bytes.
        layout: how it is to be read where that is not left to be found.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it is not what its name says, damaged, or beyond the limits.
        SpecError: if a limit in the settings is not a size.
    """
    given = Given(data, name, layout)
    table: Table = ask(_question("table", given), [given.source()], receive_table)
    return table


def peek(given: Given, waiting: Callable[[], None] | None = None) -> Preview:
    """What is in a file's columns, without the columns: this process stays small.

    Args:
        given: the file. waiting: called if others are read and this one has to wait.

    Raises:
        MissingDataError, DataError, SpecError: as :func:`open_file`.
    """
    return preview_from(ask(_question("peek", given), [given.source()], receive_json, waiting))


def bring(
    given: Given,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Division | Given | None = None,
    waiting: Callable[[], None] | None = None,
) -> Brought:
    """Makes a data set of a file and keeps it; this process stays small.

    Args:
        given: the file.
        targets: names of the target columns; by default the one named y, target or label.
        task: ``auto``, ``classification`` or ``regression``.
        ignore: names of columns to leave out.
        test: the share of the test part, how the rows are divided otherwise, or a file that is the
            test part.
        waiting: called if others are read and this one has to wait.

    Raises:
        MissingDataError, DataError, SpecError: as :func:`open_file`; and DataError if the file does
            not make a data set, or it cannot be kept.
    """
    files = [given, test] if isinstance(test, Given) else [given]
    asked = {
        **_question("bring", *files),
        "targets": None if targets is None else list(targets),
        "task": task,
        "ignore": list(ignore),
        "test": {} if isinstance(test, Given) else asdict(Division.of(test)),
    }
    message = ask(asked, [file.source() for file in files], receive_json, waiting)
    return Brought(message["name"], tuple(message["notes"]))


def add_path(
    path: Path | str,
    targets: tuple[str, ...] | None = None,
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Division | Given | None = None,
    layout: Layout = _USUAL,
) -> str:
    """As :func:`bring`, of the file at a path; the data set's name."""
    return bring(Given(path, None, layout), targets, task, ignore, test).name


def _question(what: str, *files: Given) -> dict[str, Any]:
    layouts = [asdict(file.layout) for file in files]
    return {
        "do": what,
        "layouts": [{**layout, "arrays": dict(layout["arrays"])} for layout in layouts],
    }
