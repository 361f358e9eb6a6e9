"""``ntk_uq store prune``: what may go from the store, and removing it."""

import argparse
import json
import math
import sys
from collections import Counter
from typing import Any

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import SpecError
from ntk_uq.base.settings import format_bytes
from ntk_uq.cli.shared import existing_store
from ntk_uq.jobs import describe, kinds
from ntk_uq.jobs.pruning import Prunable, Removed, Rule, carry_out, plan
from ntk_uq.store import Job

_DAYS = 30.0
_FIRST, _SHORT = 20, 12
_WORDS = {
    Rule.ENDED: "that failed or {were} cancelled, without label or tag",
    Rule.ARCHIVED: "that {were} archived",
}


def add(inner: Any) -> None:
    """Adds the action to ``ntk_uq store``."""
    parser = inner.add_parser(
        "prune",
        help="show what may go from the store, and remove it with --yes",
        description=(
            "Shows which runs and results may go, and by which rule: runs that failed or were "
            "cancelled (ended) and runs that were archived (archived), longer ago than some days; "
            "and results stored longer ago to which no run that stays and no named view refers "
            "(unreferenced), such as those that commands computed. What a named view shows never "
            "goes. Nothing is removed without --yes."
        ),
    )
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        default=str(_DAYS),
        help=f"only what is older than so many days (default {_DAYS:g})",
    )
    parser.add_argument(
        "--rule",
        action="append",
        choices=[str(rule) for rule in Rule],
        metavar="RULE",
        help=f"only by this rule ({', '.join(Rule)}); may be given several times",
    )
    parser.add_argument("--yes", action="store_true", help="remove it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_prune)


def _prune(options: argparse.Namespace) -> int:
    days = _days(options.older_than)
    rules = [Rule(name) for name in options.rule] if options.rule else [*Rule]
    with existing_store() as store:
        found = plan(store, days, rules)
        removed = carry_out(store, found) if options.yes else None
    if options.json:
        print(json.dumps({"store": str(store.directory), **_json(found, days, removed)}, indent=1))
    else:
        _print(found, days, removed)
    return 1 if removed is not None and found.withheld else 0


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 <= days < math.inf:
        raise SpecError(f"--older-than is {text!r:.80}; it must be a number of days, 0 or more.")
    return days


def _print(found: Prunable, days: float, removed: Removed | None) -> None:
    for rule, jobs in found.runs.items():
        if jobs:
            words = _WORDS[rule].format(were="was" if len(jobs) == 1 else "were")
            print(f"{counted(len(jobs), 'run')} {words}, more than {days:g} days ago ({rule}):")
            _list(jobs)
    if found.results:
        print(
            f"{counted(len(found.results), 'result')}, {format_bytes(found.bytes)}, to which "
            f"nothing refers, stored more than {days:g} days ago ({Rule.UNREFERENCED}):"
        )
        for name, count in sorted(_beginnings(found).items()):
            print(f"  {count:>8,}  {name}")
    if found.protected:
        print(f"{counted(found.protected, 'run')} would go, but a named view shows their results")
    for sentence in (*found.notices, *found.withheld):
        print(f"ntk_uq: {sentence}", file=sys.stderr)
    if removed is not None:
        runs, results = counted(removed.runs, "run"), counted(removed.results, "result")
        print(f"removed: {runs} and {results}, {format_bytes(removed.bytes)}")
    elif any(found.runs.values()) or found.results:
        print("nothing was removed; --yes removes it")
    else:
        print("there is nothing to remove")


def _list(jobs: tuple[Job, ...]) -> None:
    for job in jobs[:_FIRST]:
        label = f"[{job.label}] " if job.label else ""
        what = f"{label}{describe.words(job.kind, job.spec)}"
        print(f"  {job.id[:_SHORT]}  {job.state:<9}  {kinds.name_of(job.kind):<13}  {what}")
    if len(jobs) > _FIRST:
        print(f"  ... and {len(jobs) - _FIRST} more; --json lists them")


def _beginnings(found: Prunable) -> Counter[str]:
    return Counter(entry.key.partition("/")[0] for entry in found.results)


def _json(found: Prunable, days: float, removed: Removed | None) -> dict[str, Any]:
    return {
        "days": days,
        "runs": [
            {"id": job.id, "rule": str(rule), "state": str(job.state), "kind": job.kind}
            for rule, jobs in found.runs.items()
            for job in jobs
        ],
        "results": {"count": len(found.results), "bytes": found.bytes},
        "protected": found.protected,
        "withheld": list(found.withheld),
        "notices": list(found.notices),
        "removed": None
        if removed is None
        else {"runs": removed.runs, "results": removed.results, "bytes": removed.bytes},
    }
