"""``ntk_uq store backup`` and ``ntk_uq store restore``."""

import argparse
import json
from pathlib import Path
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.counting import counted
from ntk_uq.base.settings import format_bytes
from ntk_uq.cli.shared import existing_directory
from ntk_uq.store import Copied, back_up, bring_back, open_store


def add(inner: Any) -> None:
    """Adds both actions to ``ntk_uq store``."""
    backup = inner.add_parser(
        "backup",
        help="copy the store, while it is used, into a new folder",
        description=(
            "Copies jobs, results, named views and users' own data sets into a new folder, which "
            "is a store by itself. Engine and pages may run. Files of public data sets and the "
            "cache are left out: they can be had again."
        ),
    )
    backup.set_defaults(run=_backup)
    restore = inner.add_parser(
        "restore",
        help="make a store of a backup",
        description=(
            f"Copies a backup into {settings.STORE}, which has to be empty or not there yet, and "
            f"its own data sets into {settings.OWN}. The backup stays as it is."
        ),
    )
    restore.set_defaults(run=_restore)
    for parser in (backup, restore):
        parser.add_argument("path", metavar="PATH", type=Path, help="the backup's folder")
        parser.add_argument("--json", action="store_true", help="print one JSON object")


def _backup(options: argparse.Namespace) -> None:
    found = back_up(existing_directory(), settings.own_directory(), options.path)
    _print(options, found, f"backup {options.path.absolute()}")


def _restore(options: argparse.Namespace) -> None:
    directory = settings.store_directory().absolute()
    found = bring_back(options.path, directory, settings.own_directory())
    open_store(directory).close()  # one of an older version is brought up to date
    _print(options, found, f"store {directory}")


def _print(options: argparse.Namespace, found: Copied, where: str) -> None:
    if options.json:
        kind, path = where.split(" ", 1)
        told = {kind: path, "jobs": found.jobs, "results": found.results, "own": found.own}
        print(json.dumps({**told, "bytes": found.bytes}, indent=1))
        return
    what = (
        counted(found.jobs, "job"),
        counted(found.results, "result"),
        counted(found.own, "own data set"),
    )
    print(f"{where}: {', '.join(what)}, {format_bytes(found.bytes)}")
