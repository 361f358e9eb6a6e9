"""``ntk_uq status``: what computes, on which device, what is waiting, and how much room is left."""

import argparse
import json
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.counting import duration
from ntk_uq.base.settings import format_bytes
from ntk_uq.base.version import VERSION
from ntk_uq.jobs.engines import cannot_write, describe_device, describe_engine, devices, troubles
from ntk_uq.jobs.health import Health, health
from ntk_uq.store import open_store


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "status",
        help="the engine, its devices, how many runs wait, and the room that is left",
        description=(
            "Which engines are alive, what their workers compute on, what waits, and how much room "
            "is left on the store's disk. The exit code is 0 where an engine is alive, or "
            "starting, that can write; 1 where there is none, or none can."
        ),
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    directory = settings.store_directory()
    with open_store(directory) as store:
        found = health(store)
    if options.json:
        print(json.dumps(_json(str(directory), found), indent=1))
    else:
        _print(str(directory), found)
    return 0 if found.well else 1


def _json(directory: str, found: Health) -> dict[str, Any]:
    return {
        "version": VERSION,
        "store": directory,
        "engine": {
            "state": str(found.engine),
            "writes": not found.trouble if found.engines else None,
            "trouble": found.trouble or None,
        },
        "workers": found.workers,
        "devices": [dict(state) for state in found.devices],
        "queue": {
            **{str(state): count for state, count in found.under_way.items()},
            "oldest_seconds": found.waited,
        },
        "disk": {"free_bytes": found.free, "total_bytes": found.total},
        "runs": {str(state): count for state, count in found.under_way.items() if count},
        "engines": [
            {"id": e.id, "started": e.started, "heartbeat": e.heartbeat, **e.info}
            for e in found.engines
        ],
    }


def _print(directory: str, found: Health) -> None:
    told = ", ".join(f"{count} {state}" for state, count in found.under_way.items() if count)
    waited = "" if found.waited is None else f"; the oldest waits {duration(found.waited)}"
    print(f"store {directory}: {told or 'no run is under way'}{waited}")
    print(f"disk: {format_bytes(found.free)} of {format_bytes(found.total)} are free")
    print(f"version {VERSION}")
    if not found.engines:
        print("no engine is alive; `ntk-uq run` or `ntk-uq engine` starts one")
    for engine in found.engines:
        writes = ", cannot write" if cannot_write(engine) else ""
        since = duration(found.now - engine.started)
        print(f"engine {engine.id}: {describe_engine(engine)}, since {since}{writes}")
        for state in devices(engine):
            print(f"  {describe_device(state)}")
        for words in troubles(engine):
            print(f"  {words}")
