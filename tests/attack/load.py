"""Many users who redraw the cached default view at the same moment: the web process alone."""

import asyncio
import statistics
import time
from collections import Counter
from pathlib import Path

import psutil

from attack.computing import computed
from attack.figures import Aim
from attack.product import Product, memory
from attack.tabs import Tab
from attack.trial import Trial, wait_for
from ntk_uq.views import CurvesView

USERS = (1, 10, 25, 50)
MOST = 50


def _most(users: int) -> float | None:
    return 1.0 if users == MOST else None


AIMS = {
    **{str(n): Aim(f"95 % of redraws, {n} users", _most(n), "s") for n in USERS},
    "memory": Aim(f"memory of the web process, {MOST} users", None, "MB"),
    "each": Aim("memory of a session", None, "MB"),
    "files": Aim("file descriptors of a session", None),
    "left": Aim("file descriptors left after sessions ended", 5),
    "failed": Aim("sessions whose connection ended", 0, safety=True),
}


def run(trial: Trial):
    """Figures of numbers of users one after the other, on one web process."""
    with Product(trial) as product:
        computed(product.store, CurvesView().curves())
        product.start_web()
        process = psutil.Process(product.web.pid)
        # What the first session loads is of all of them.
        asyncio.run(_crowd(product.address, 1, 2, process))
        time.sleep(1)
        before, failed = _state(process), []
        wanted = trial.size(USERS, (1, MOST))
        for users in USERS:
            if users not in wanted:
                yield str(users), None, "in the long form"
                continue
            times, most, lost = asyncio.run(
                _crowd(product.address, users, trial.size(4, 2), process)
            )
            failed += lost
            note = f"median {statistics.median(times):.2f} s, {len(times)} redraws"
            yield str(users), _quantile(times, 0.95), note
        yield "memory", most[0], f"{before[0]:.0f} MB before the first"
        yield "each", (most[0] - before[0]) / users, f"of {users}"
        yield "files", (most[1] - before[1]) / users, f"of {users}"
        # A session that has lost its connection is kept for a reload that may come.
        wait_for(lambda: process.num_fds() <= before[1], 10)
        yield "left", max(0, process.num_fds() - before[1]), _files(process)
        # A page that takes a minute is a busy machine's.
        ended = [error for error in failed if error != "TimeoutError"]
        late = f"{len(failed) - len(ended)} pages took a minute" * (len(failed) > len(ended))
        yield "failed", len(ended), "; ".join(filter(None, [late, *sorted(set(ended))]))


async def _crowd(address: str, users: int, rounds: int, process):
    """Seconds of all redraws but the first; memory and files meanwhile; sessions that got none."""
    tabs = [await Tab.opened(address) for _ in range(users)]
    times, failed = [], []
    try:
        for number in range(rounds + 1):
            answers = await asyncio.gather(
                *(asyncio.wait_for(tab.drawn(), 60) for tab in tabs), return_exceptions=True
            )
            failed += [type(a).__name__ for a in answers if isinstance(a, BaseException)]
            if number:
                times += [answer for answer in answers if isinstance(answer, float)]
        return times, _state(process), failed
    finally:
        for tab in tabs:
            tab.close()
        await asyncio.sleep(0.2)


def _state(process) -> tuple[float, int]:
    return memory([process]) * 2**20 / 1e6, process.num_fds()


def _files(process) -> str:
    """What it has open, the most first."""
    names = Counter(Path(file.path).name for file in process.open_files())
    names["connections"] = len(process.net_connections())
    return ", ".join(f"{count} {name}" for name, count in names.most_common(4))


def _quantile(values, share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
