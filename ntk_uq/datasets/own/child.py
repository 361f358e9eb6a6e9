"""The process that reads users' files for another one (see ``isolated.py``).

python -m ntk_uq.datasets.own.child SECONDS, with the question as JSON on the standard input.
"""

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ntk_uq.base import settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.delimited import read_csv
from ntk_uq.datasets.own.division import Division
from ntk_uq.datasets.own.guesses import default_targets, guess_task
from ntk_uq.datasets.own.hdf5 import read_hdf5
from ntk_uq.datasets.own.isolated import send_json, send_table
from ntk_uq.datasets.own.keeping import add
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.notes import notes
from ntk_uq.datasets.own.npz import read_npz
from ntk_uq.datasets.own.parquet import read_parquet
from ntk_uq.datasets.own.preview import preview_of
from ntk_uq.datasets.own.source import OwnFile, kind_of
from ntk_uq.datasets.own.table import Table

_READERS: dict[str, Callable[[OwnFile, Layout], Table]] = {
    "csv": read_csv,
    "hdf5": read_hdf5,
    "npz": read_npz,
    "parquet": lambda source, _: read_parquet(source),
}
_SPARE = 2**28  # bytes beside the values: what libraries take for themselves


def main(seconds: str) -> None:
    """Reads a question from the standard input and writes the answer to the standard output."""
    asked = json.load(sys.stdin)
    _import_for({kind_of(_source(*file)) for file in asked["files"]})
    # What libraries print must not come between.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(math.ceil(float(seconds)))
    answer(asked, out)


def answer(asked: dict[str, Any], out: IO[bytes]) -> None:
    """Writes a table, a preview, or the name under which a data set was kept; or what is wrong."""
    try:
        table = _read(asked["files"][0], asked["layouts"][0])
        if asked["do"] == "table":
            send_table(table, out)
            return
        said = asdict(preview_of(table)) if asked["do"] == "peek" else _keep(asked, table)
    except NtkUqError as error:
        said = {"error": str(error)}
    except MemoryError:
        limit = format_bytes(settings.upload_expanded())
        name = asked["files"][0][0]
        said = {
            "error": f"{name} needs more memory to be unpacked than {limit} of values. Take a part "
            f"of it, or set {settings.UPLOAD_EXPANDED}."
        }
    send_json(said, out)


def _keep(asked: dict[str, Any], table: Table) -> dict[str, Any]:
    targets = default_targets(table) if asked["targets"] is None else tuple(asked["targets"])
    test: Division | Table = Division(**asked["test"])
    if len(asked["files"]) > 1:
        test = _read(asked["files"][1], asked["layouts"][1])
    layout = Layout(**asked["layouts"][0])
    name = add(table, targets, asked["task"], tuple(asked["ignore"]), test, layout)
    task = guess_task(table, targets) if asked["task"] == "auto" else asked["task"]
    told = test.notes(table) if isinstance(test, Division) else ()
    return {"name": name, "notes": (*notes(table, targets, task), *told)}


def _read(file: list[str], layout: dict[str, Any]) -> Table:
    source, how = _source(*file), Layout(**layout)
    kind = kind_of(source)
    how.check_kind(source.name, kind)
    return _READERS[kind](source, how)


def _source(name: str, path: str) -> OwnFile:
    return OwnFile(name, Path(path), None, Path(path).stat().st_size)


def _import_for(kinds: set[str]) -> None:
    """Their memory is taken before the limit is set."""
    if "hdf5" in kinds:
        import h5py  # noqa: F401
    if kinds & {"csv", "parquet"}:
        import pyarrow.compute
        import pyarrow.csv
        import pyarrow.parquet  # noqa: F401


def _limit(seconds: int) -> None:
    """Bounds this process's memory and processor time, where the system can."""
    try:
        import resource
    except ImportError:  # not POSIX
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        # Twice: a column is put together from its pieces, and examples from columns.
        most = taken + 2 * settings.upload_expanded() + _SPARE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
