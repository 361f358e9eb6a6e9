"""``ntk_uq store usage``: what takes the room."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from ntk_uq.base.settings import format_bytes
from ntk_uq.cli.shared import existing_store
from ntk_uq.jobs.usage import Share, Usage, usage


def add(inner: Any) -> None:
    """Adds the action to ``ntk_uq store``."""
    parser = inner.add_parser(
        "usage",
        help="what takes the room",
        description=(
            "What the store, users' own data, public data and the cache take: by kind of job, and "
            "by data set. Changes nothing."
        ),
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, in bytes")
    parser.set_defaults(run=_usage)


def _usage(options: argparse.Namespace) -> None:
    with existing_store() as store:
        directory, found = store.directory, usage(store)
    if options.json:
        print(json.dumps({"store": str(directory), **_json(found)}, indent=1))
        return
    print(f"store {directory}, {format_bytes(found.free)} free on its disk")
    for name, size in found.parts.items():
        print(f"  {name:<12} {format_bytes(size):>11}")
        if name == "database":
            print(f"    {'logs in it':<10} {format_bytes(found.logs):>11}")
    print(f"  {'in all':<12} {format_bytes(sum(found.parts.values())):>11}")
    _table("results of", "how many", found.kinds)
    _table("data set", "files", found.data_sets)


def _table(of: str, count: str, shares: Sequence[Share]) -> None:
    if not shares:
        return
    width = max(len(of), *(len(share.name) for share in shares))
    print(f"\n{of:<{width}}  {count:>10}  {'':>11}")
    for share in shares:
        title = f"  {share.title}" if share.title else ""
        size = format_bytes(share.bytes)
        print(f"{share.name:<{width}}  {share.count:>10,}  {size:>11}{title}")


def _json(found: Usage) -> dict[str, Any]:
    return {
        "bytes": {name.replace(" ", "_"): size for name, size in found.parts.items()}
        | {"logs": found.logs},
        "free_bytes": found.free,
        "kinds": [{"kind": s.name, "results": s.count, "bytes": s.bytes} for s in found.kinds],
        "data_sets": [
            {"name": s.name, "title": s.title or None, "files": s.count, "bytes": s.bytes}
            for s in found.data_sets
        ],
    }
