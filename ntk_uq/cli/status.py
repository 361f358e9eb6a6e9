"""``ntk_uq status``: what computes, on which device, and what is waiting."""

import argparse
import json
import time
from typing import Any

from ntk_uq.base import settings
from ntk_uq.jobs.engines import describe_device, describe_engine, devices, troubles
from ntk_uq.store import JobState, Store, open_store

_UNDER_WAY = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "status",
        help="the engine, its devices, and how many runs wait",
        description="Which engines are alive, what their workers compute on, and what waits.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> None:
    directory = settings.store_directory()
    with open_store(directory) as store:
        waiting = _waiting(store)
        engines = store.jobs.engines()
    if options.json:
        found = {
            "store": str(directory),
            "runs": waiting,
            "engines": [
                {"id": e.id, "started": e.started, "heartbeat": e.heartbeat, **e.info}
                for e in engines
            ],
        }
        print(json.dumps(found, indent=1))
        return
    told = ", ".join(f"{count} {state}" for state, count in waiting.items())
    print(f"store {directory}: {told or 'no run is under way'}")
    if not engines:
        print("no engine is alive; `ntk-uq run` or `ntk-uq engine` starts one")
    for engine in engines:
        minutes = (time.time() - engine.started) / 60
        print(f"engine {engine.id}: {describe_engine(engine)}, since {minutes:.0f} min")
        for state in devices(engine):
            print(f"  {describe_device(state)}")
        for words in troubles(engine):
            print(f"  {words}")


def _waiting(store: Store) -> dict[str, int]:
    """How many runs are in each state that is not an end."""
    found = {str(state): store.jobs.count((state,)) for state in _UNDER_WAY}
    return {state: count for state, count in found.items() if count}
