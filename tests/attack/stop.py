"""What somebody wants to be rid of, and what nobody should wait for.

The heaviest curve that may be launched is cancelled; a tiny one is asked for beside ten that were
launched; tabs are opened and closed faster than anything is computed.
"""

import asyncio
import time
from dataclasses import replace

import psutil

from attack.figures import Aim
from attack.product import Product, memory
from attack.tabs import Tab
from attack.trial import Trial, wait_for
from ntk_uq import datasets
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.memory import check_memory
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import stored_curve
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.store import JobState
from ntk_uq.views import CurvesView

AIMS = {
    "idle": Aim("heaviest curve cancelled -> idle", 6, "s"),
    "memory": Aim("memory not returned after that", 500, "MiB"),
    "kept": Aim("points of it lost", 0, safety=True),
    "tiny": Aim("tiny curve beside ten launched jobs", 2, "s"),
    "tabs": Aim("jobs left 10 s after 40 tabs closed", 0),
    "said": Aim("tracebacks in the logs", 0, safety=True),
}

_TABS, _TAB_SECONDS = 40, 5.0
_BUSY = 0.3  # of a core, above which a worker computes


def run(trial: Trial):
    """One after the other, on one product."""
    limits = {"NTK_UQ_MEMORY": trial.size("4GiB", "1GiB"), "NTK_UQ_KERNEL_CACHE": "64MiB"}
    with Product(trial, **limits) as product:
        product.start_engine()
        product.start_web()
        wait_for(lambda: not _unended(product), 60)  # the default view
        yield from _cancelled(trial, product, limits["NTK_UQ_MEMORY"])
        yield from _beside(trial, product)
        yield from _tabs(product)
        said = [product.log(name).count("Traceback") for name in ("engine", "web")]
        yield "said", sum(said), f"engine {said[0]}, web {said[1]}"


def _cancelled(trial: Trial, product: Product, limit: str):
    spec = _heaviest(limit)
    before = memory(product.workers())
    longest, points, lost = 0.0, 0, 0
    for number, seconds in enumerate(trial.size((3, 12), (3,))):
        job = submit(product.store.jobs, replace(spec, data=replace(spec.data, seed=number)),
                     launched=True)  # fmt: skip
        if not wait_for(lambda job=job: product.store.jobs.get(job.id).state.name == "RUNNING", 30):
            raise AssertionError("the heaviest curve was not begun within 30 s")
        time.sleep(seconds)
        there = product.store.jobs.get(job.id).done
        product.store.jobs.request_cancel(job.id)
        start = time.monotonic()
        idle = wait_for(lambda job=job: _idle(product, job.id), 40, 0)
        longest = max(longest, time.monotonic() - start if idle else float("inf"))
        done = len(stored_curve(product.store.results, _spec_of(job, spec, number)).raw)
        points, lost = points + there, lost + max(0, there - done)
    longest = min(longest, 999.0)
    yield "idle", longest, f"N_D to {spec.n_train[-1]:,}, {limit} allowed"
    time.sleep(2)
    after = memory(product.workers())
    yield "memory", max(0.0, after - before), f"{before:.0f} before, {after:.0f} after"
    yield "kept", lost, f"{points} were there"


def _spec_of(job, spec: CurveSpec, number: int) -> CurveSpec:
    return replace(spec, data=replace(spec.data, seed=number))


def _heaviest(limit: str) -> CurveSpec:
    """The longest curve on simulated showers that fits into memory, by what is told of it."""
    from ntk_uq.base.settings import parse_bytes

    dataset = datasets.get("calorimeter")
    dataset.load()  # simulated once, here and not while it is timed
    data = DataSpec("calorimeter", n_test=200)

    def curve(n: int) -> CurveSpec:
        return CurveSpec(data, ArchitectureSpec(8), n_train=(n // 4, n // 2, n), draws=5)

    low, high = 1000, dataset.sizes()[0]
    while high - low > 200:
        middle = (low + high) // 2
        try:
            fits = check_memory(curve(middle), dataset.n_features) <= parse_bytes(limit)
        except MemoryLimitError:
            fits = False
        low, high = (middle, high) if fits else (low, middle)
    return curve(low)


def _idle(product: Product, job_id: str) -> bool:
    """Whether the job has ended and no worker computes any more; takes a third of a second."""
    workers = product.workers()
    before = {w.pid: _cpu(w) for w in workers}
    start = time.monotonic()
    time.sleep(0.3)
    took = time.monotonic() - start
    busy = any((_cpu(w) - before[w.pid]) / took > _BUSY for w in workers)
    return not busy and product.store.jobs.get(job_id).state.ended


def _cpu(process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def _beside(trial: Trial, product: Product):
    heavy = [
        CurveSpec(DataSpec(seed=seed), ArchitectureSpec(4), n_train=(300, 600, 1200), draws=60)
        for seed in range(10)
    ]
    jobs = [submit(product.store.jobs, spec, launched=True) for spec in heavy]
    wait_for(lambda: product.store.jobs.count((JobState.RUNNING,)) > 0, 20)
    times = []
    for seed in range(trial.size(5, 2)):
        time.sleep(1.5)
        spec = CurveSpec(
            DataSpec(n_test=50, seed=100 + seed), ArchitectureSpec(1), n_train=(20, 40)
        )
        # As a page does that asks for it: what nobody looks at is withdrawn.
        product.store.watchers.watch("attack", [spec.digest()])
        start = time.monotonic()
        job = submit(product.store.jobs, spec, passing=True)
        wait_for(lambda job=job: product.store.jobs.get(job.id).state.ended, 30, 0.02)
        times.append(time.monotonic() - start)
        ended = product.store.jobs.get(job.id)
        if ended.state is not JobState.DONE:
            raise AssertionError(f"the tiny curve is {ended.state} after 30 s {ended.error}")
    queued = sum(not product.store.jobs.get(job.id).state.ended for job in jobs)
    yield "tiny", max(times), f"the slowest of {len(times)}; {queued} of ten went on"
    for job in jobs:
        product.store.jobs.request_cancel(job.id)
    wait_for(lambda: not _unended(product), 30)


def _tabs(product: Product):
    views = [CurvesView(DataSpec(seed=1000 + n), depths=(1,), draws=40) for n in range(_TABS)]
    asyncio.run(_open_and_close(product.address, views))
    closed = time.monotonic()
    ids = {view.curves()[0].digest() for view in views}
    asked = len(product.store.jobs.get_many(ids))
    time.sleep(max(0.0, closed + 10 - time.monotonic()))
    left = [j for j in product.store.jobs.get_many(ids).values() if not j.state.ended]
    yield "tabs", len(left), f"{asked} of {_TABS} had come to ask"


async def _open_and_close(address: str, views) -> None:
    async def one(number: int, view) -> None:
        await asyncio.sleep(number * _TAB_SECONDS / len(views))
        tab = await Tab.opened(address)
        await tab.ask(view)
        await asyncio.sleep(0.5)
        tab.close()

    await asyncio.gather(*(one(number, view) for number, view in enumerate(views)))


def _unended(product: Product) -> int:
    return product.store.jobs.count((JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED))
