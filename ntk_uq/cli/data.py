"""``ntk_uq data``: what data sets there are, their files, and their prepared arrays."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ntk_uq import datasets
from ntk_uq.base.errors import DataError
from ntk_uq.cli import data_files, own_data, shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.specs import ArchitectureSpec, PointSpec, TrainingSpec
from ntk_uq.views.commands import POINT


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser("data", help="list, fetch, verify and export data sets")
    inner = parser.add_subparsers(metavar="ACTION", required=True)

    listing = inner.add_parser("list", help="the data sets, their sizes, and what is missing")
    listing.set_defaults(run=_list)

    data_files.add_parsers(inner)
    own_data.add_parsers(inner)

    export = inner.add_parser(
        "export",
        help="write prepared arrays to an .npz file",
        description=(
            "Writes x_train, y_train, x_test and y_test (float64) of one draw. The first n "
            "training rows are the training subset of n_train = n."
        ),
    )
    shared.add_data(export)
    add_fields(export, *POINT)
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    export.set_defaults(run=_export)


def _list(options: argparse.Namespace) -> None:  # noqa: ARG001
    for dataset in datasets.REGISTRY.values():
        where = data_files.status_line(dataset.name)
        try:
            pool, test = dataset.sizes()
            status = f"{pool} in the pool, {test} for the test set"
            status += "" if where is None else f"; {where}"
        except DataError as error:
            status = where or str(error)
        print(f"{dataset.name:<24} {dataset.task:<15} {status}")


def _export(options: argparse.Namespace) -> None:
    spec = shared.read_data(options)
    dataset = datasets.get(spec.dataset)
    point = PointSpec(
        spec, ArchitectureSpec(), TrainingSpec(), **read(options, PointSpec, POINT.names)
    )
    point = datasets.within(point, dataset)
    split = datasets.load_split(dataset, point.data, point.n_train, point.draw)
    names = ("x_train", "y_train", "x_test", "y_test")
    _write(options.out, {name: getattr(split, name) for name in names})
    print(f"{options.out}: {datasets.describe(dataset, spec)}")


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An .npz file, whole or not at all."""
    path = path.resolve()  # through a link: what it points to is meant, not the link
    if path.exists() and not path.is_file():
        raise DataError(f"{path} cannot be written: it is not a regular file.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            # mkstemp's file is for its owner alone; a user expects the umask to decide.
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from None
