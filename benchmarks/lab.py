"""A lab server over half an hour: people come, look, change things, and go, beside a busy worker.

    python -m benchmarks.lab --minutes 30

starts the program on a store of its own, has the views computed, launches networks that keep the
worker busy to the end, and then has sessions over real websockets (``sessions.py``): those who look
stay for some minutes, run their page again now and then, and go, and another one comes; those who
work change a control every five seconds. Timers that pages send are run.
"""

import argparse
import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from websockets.exceptions import WebSocketException

from benchmarks import sessions
from benchmarks.processes import clean_environment, server
from ntk_uq.base import settings
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import stored_curve
from ntk_uq.specs import DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import JobState, Store, open_store
from ntk_uq.views import CurvesView

PAGES = ("", "", "", "runs", "start")
"""Pages of those who look; most look at curves."""

STAY = (90.0, 300.0)
"""Seconds that somebody who looks stays."""

LOOK_AGAIN = (15.0, 45.0)
"""Seconds between two runs of the page of somebody who looks."""

CHANGE = 5.0
"""Seconds between two changes of somebody who works."""

CHANGES = (
    ("curves_linear", (True, False)),
    ("curves_parts", (True, False)),
    ("curves_fit_low", (60.0, 80.0, None)),
    ("curves_depths", ("1, 2", "2, 4", "1, 2, 4")),
)
"""What is changed; all of it is in the store."""

FORGOTTEN = 150.0
"""Seconds after which Streamlit has dropped a session that has lost its connection."""

_BUSY = EnsembleSpec(
    DataSpec("digits"),
    optimizer=OptimizerSpec(steps=1000),
    widths=(512,),
    n_train=(1000,),
    members=1000,
)
_LIMIT = 300.0


@dataclass
class Measured:
    """What the sessions have waited for.

    Attributes:
        seconds: of runs, by what was asked for: ``open``, ``change``, ``look`` and ``timer``.
        memory: seconds since the beginning, and MB of the web process.
        lost: errors of sessions, in words.
        came: how many sessions there were.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: list[tuple[float, float]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    came: int = 0


async def visit(address: str, works: bool, end: float, rng: random.Random, found: Measured) -> None:
    """One session: it comes, does what it does, and goes; or works to the end."""
    page = "" if works else rng.choice(PAGES)
    leave = end if works else min(end, time.monotonic() + rng.uniform(*STAY))
    found.came += 1
    async with sessions.session(address, page, dark=rng.random() < 0.5) as tab:
        found.seconds["open"].append((await tab.run()).seconds)
        due = time.monotonic() + rng.uniform(0, CHANGE if works else LOOK_AGAIN[1])
        ticks: dict[str, float] = {}
        while (now := time.monotonic()) < leave:
            ticks = {name: ticks.get(name, now + every) for name, every in tab.timers.items()}
            first = min([due, leave, *ticks.values()])
            if first > now:
                await asyncio.sleep(first - now)
                continue
            if first == due and works:
                name, values = rng.choice(CHANGES)
                found.seconds["change"].append((await tab.change(name, rng.choice(values))).seconds)
                due = max(due + CHANGE, time.monotonic())
            elif first == due:
                found.seconds["look"].append((await tab.run()).seconds)
                due = time.monotonic() + rng.uniform(*LOOK_AGAIN)
            else:
                name = min(ticks, key=ticks.__getitem__)
                run = await tab.run(fragment_id=name, is_auto_rerun=True)
                found.seconds["timer"].append(run.seconds)
                ticks.pop(name)


async def visits(address: str, works: bool, end: float, seed: int, found: Measured) -> None:
    """One place in the crowd: who goes makes room for the next."""
    rng = random.Random(seed)
    await asyncio.sleep(rng.uniform(0, CHANGE))
    while time.monotonic() < end - 1:
        try:
            await visit(address, works, end, rng, found)
        except (OSError, RuntimeError, WebSocketException) as error:  # TimeoutError is an OSError
            found.lost.append(f"{type(error).__name__}: {error}"[:200])
            await asyncio.sleep(1)


async def watch(web: psutil.Process, end: float, found: Measured) -> None:
    """Looks at the memory every ten seconds."""
    start = time.monotonic()
    while time.monotonic() < end:
        found.memory.append((time.monotonic() - start, _memory(web)))
        await asyncio.sleep(10)


async def crowd(
    address: str, web: psutil.Process, users: int, working: int, seconds: float, seed: int
) -> Measured:
    """So many sessions at any moment, for so many seconds."""
    found, end = Measured(), time.monotonic() + seconds
    places = (visits(address, n < working, end, seed + n, found) for n in range(users))
    await asyncio.gather(*places, watch(web, end, found))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--working", type=int, default=10, help="of them, who change controls")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with clean_environment() as environment, server(environment) as (address, _):
        with open_store(Path(environment[settings.STORE])) as store:
            _prepare(store)
        web = _web(address)
        asyncio.run(crowd(address, web, 5, 1, 20, options.seed))  # what is loaded once
        time.sleep(FORGOTTEN)
        before = _memory(web)
        found = asyncio.run(
            crowd(address, web, options.users, options.working, 60 * options.minutes, options.seed)
        )
        time.sleep(FORGOTTEN)
        _print(found, before, _memory(web))


def _prepare(store: Store) -> None:
    """Has the views computed, and then the worker kept busy.

    Raises:
        RuntimeError: if either does not come about.
    """
    specs = CurvesView().curves()
    for spec in specs:
        submit(store.jobs, spec, launched=True)
    end = time.monotonic() + _LIMIT
    while not all(stored_curve(store.results, spec).complete for spec in specs):
        if time.monotonic() > end:
            raise RuntimeError(f"the views were not computed within {_LIMIT:.0f} seconds")
        time.sleep(0.5)
    job = submit(store.jobs, _BUSY, launched=True)
    while (now := store.jobs.get(job.id)).state is not JobState.RUNNING:
        if now.state.ended or time.monotonic() > end:
            raise RuntimeError(f"the worker is not kept busy: {now.state} {now.error}")
        time.sleep(0.5)


def _print(found: Measured, before: float, after: float) -> None:
    for what in ("open", "look", "change", "timer"):
        seconds = found.seconds[what]
        if seconds:
            print(
                f"{what:6}  {len(seconds):6d} runs  median {np.median(seconds):.3f} s  "
                f"95 % {np.percentile(seconds, 95):.3f} s  longest {max(seconds):.2f} s"
            )
    times, sizes = np.array(found.memory).T
    late = times > times[-1] / 3
    growth = np.polyfit(times[late], sizes[late], 1)[0] * 600 if late.sum() > 2 else float("nan")
    print(
        f"memory  {before:.0f} MB before, {sizes.max():.0f} MB at most, {growth:+.1f} MB in ten "
        f"minutes over the last two thirds, {after:.0f} MB after all left "
        f"({100 * (after / before - 1):+.0f} %)"
    )
    print(f"{found.came} sessions came, {len(found.lost)} were lost {sorted(set(found.lost))}")


def _web(address: str) -> psutil.Process:
    """The process that serves the pages: of ours, the one that listens there."""
    port = int(address.rpartition(":")[2])
    for process in psutil.Process().children(recursive=True):
        listening = (c for c in process.net_connections() if c.status == psutil.CONN_LISTEN)
        if any(connection.laddr.port == port for connection in listening):
            return process
    raise RuntimeError(f"no process listens at {address}")


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


if __name__ == "__main__":
    main()
