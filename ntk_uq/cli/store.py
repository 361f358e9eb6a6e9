"""``ntk_uq store``: whether the store's files are sound, and new ones for those that are not.

Its other actions are files of their own beside this one.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from ntk_uq.base.counting import counted
from ntk_uq.cli import store_copies, store_prune, store_usage
from ntk_uq.cli.shared import existing_directory
from ntk_uq.store import checked, repair


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser("store", help="check, repair, measure, copy and tidy up the store")
    inner = parser.add_subparsers(metavar="ACTION", required=True)
    checking = inner.add_parser(
        "check",
        help="whether all files of the store are sound",
        description=(
            "Looks at every file of the store and changes none. With --repair, damaged ones are "
            "put aside, and what can be read of them is put into new ones; end the engine and the "
            "pages before. The exit code is 1 where something is damaged and was not repaired."
        ),
    )
    checking.add_argument("--repair", action="store_true", help="rescue what is readable")
    checking.add_argument("--json", action="store_true", help="print one JSON object")
    checking.set_defaults(run=_check)
    for action in (store_usage, store_copies, store_prune):
        action.add(inner)


def _check(options: argparse.Namespace) -> int:
    directory = existing_directory()
    rescued, aside = repair(directory) if options.repair else ((), None)
    found = checked(directory)
    if options.json:
        told = {
            "store": str(directory),
            "damaged": [{"file": str(f.path), "reason": f.reason} for f in found.damaged],
            "jobs": found.jobs,
            "results": {"sound": found.results, "damaged": found.spoilt},
            "repaired": [
                {"file": str(r.path), "what": r.what, "rescued": r.rescued, "lost": r.lost}
                for r in rescued
            ],
            "aside": None if aside is None else str(aside),
        }
        print(json.dumps(told, indent=1))
        return 1 if found.damaged else 0
    for one in rescued:
        file = _short(one.path, directory)
        print(f"{file}: {one.rescued:,} {one.what} rescued, {one.lost:,} lost")
    if aside is not None:
        print(f"the damaged files are in {aside}")
        print("what was lost is computed again when it is asked for")
    jobs, results = counted(found.jobs or 0, "job"), counted(found.results, "result")
    print(f"store {directory}: {jobs}, {results}")
    if found.spoilt:
        print(
            f"{counted(found.spoilt, 'more result')} with a wrong checksum: computed again when "
            "asked for"
        )
    for finding in found.damaged:
        print(f"damaged: {_short(finding.path, directory)}: {finding.reason}")
    if found.damaged:
        print("`ntk-uq store check --repair` rescues what can be read, with engine and pages ended")
    elif not rescued:
        print("all files are sound")
    return 1 if found.damaged else 0


def _short(path: Path, directory: Path) -> str:
    return str(path.relative_to(directory))
