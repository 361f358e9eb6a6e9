"""SIGKILL of engine, a worker and the web process in turn, while curves and ensembles are computed.

What was killed is started again, as a service manager does; Dask starts workers by itself.
"""

import asyncio
import time

import psutil

from attack.figures import Aim
from attack.ledger import Ledger
from attack.product import Product, kill
from attack.tabs import Tab
from attack.trial import Trial, wait_for
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobState

AIMS = {
    "kills": Aim("kills", None),
    "lost": Aim("results lost", 0, safety=True),
    "twice": Aim("results computed twice, not under way", 0, safety=True),
    "differs": Aim("numbers that were others the second time", 0, safety=True),
    "missing": Aim("results missing of jobs that are done", 0, safety=True),
    "undone": Aim("jobs that did not come to their end", 0, safety=True),
    "failed": Aim("jobs that failed over it", 0),
    "left": Aim("processes left of what was killed", 0),
    "again": Aim("slowest start to the next result", None, "s"),
}

_VICTIMS = ("engine", "worker", "web")
_WAITING = 4  # jobs that are there at any moment
_STUCK = HEARTBEAT_TIMEOUT + 5  # seconds without a result after which none comes


def run(trial: Trial):
    """Kills until there were enough, or half of the time is over; then all has to be done."""
    rng, ids, orphans, slowest = trial.random("kill"), [], [], 0.0
    with Product(trial) as product:
        ledger, jobs = Ledger(product.store.results), product.store.jobs

        def refill():
            unended = sum(not job.state.ended for job in jobs.get_many(ids).values())
            for _ in range(_WAITING - unended):
                spec = _spec(len(ids), trial)
                ledger.expect(spec)
                ids.append(submit(jobs, spec, launched=True).id)

        refill()
        product.start_engine()
        product.start_web()
        wanted, killed = trial.size(20, 3), 0
        while killed < wanted and trial.share_left() > 0.4:
            refill()
            there, start = ledger.look(), time.monotonic()
            # Something comes again: it is at work, whatever was killed before.
            wait_for(lambda there=there: ledger.look() > there or not _waits(jobs), 30, 0.2)
            slowest = max(slowest, time.monotonic() - start)
            asyncio.run(_looked_at(product))
            time.sleep(rng.uniform(0.1, 1.5))
            ledger.look()
            orphans += _kill(product, _VICTIMS[killed % 3], rng)
            killed += 1
        yield "kills", killed, f"of {wanted}; engine, worker, web in turn"
        failed, goes_on = _to_the_end(product, ids, ledger, trial)
        ledger.look()
        yield "lost", len(ledger.lost), f"of {ledger.seen} in {len(ids)} jobs"
        yield "twice", len(ledger.twice), f"{len(ledger.under_way)} that were under way"
        yield "differs", len(ledger.differs), ""
        undone = [job for job in jobs.get_many(ids).values() if job.state is not JobState.DONE]
        yield "missing", 0 if undone else ledger.missing, ""
        # What a slow machine has not come to is not lost, as long as results come.
        stuck = [job for job in undone if job.state.ended or not goes_on]
        states = "; ".join(f"{job.state} {job.error}".strip() for job in undone)
        yield (
            "undone",
            len(stuck),
            f"not done when the time was over: {states}"[:200] * bool(undone),
        )
        yield "failed", len(failed), "; ".join(failed)[:200]
        wait_for(lambda: not any(map(_runs, orphans)), 20, 0.5)
        left = [p for p in orphans if _runs(p)]
        yield "left", len(left), ", ".join(" ".join(_words(p))[:60] for p in left)
        yield "again", slowest, ""


def _spec(number: int, trial: Trial):
    """Every third job is an ensemble; each has other data than all before."""
    data = DataSpec(n_test=100, seed=10_000 * trial.seed + number)
    if number % 3 == 2:
        optimizer = OptimizerSpec(steps=200)
        return EnsembleSpec(data, ArchitectureSpec(1), optimizer, (32, 64), (50,), 8)
    grid = (50, 100, 200, 400, 800, 1200)
    return CurveSpec(data, ArchitectureSpec(1 + number % 3), n_train=grid, draws=trial.size(8, 4))


def _waits(jobs) -> int:
    return jobs.count((JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED))


async def _looked_at(product: Product) -> None:
    """A page that is being made when something is killed."""
    tab = await Tab.opened(product.address)
    await tab.ask()
    tab.close()


def _kill(product: Product, victim: str, rng) -> list[psutil.Process]:
    """Kills, and starts it again; the processes that must not stay behind."""
    if victim == "worker":
        workers = product.workers()
        if workers:
            rng.choice(workers).kill()
        return []
    orphans = kill(getattr(product, victim))
    if victim == "engine":
        product.start_engine(wait=0)
    else:
        product.start_web()
    return orphans


def _to_the_end(product: Product, ids, ledger: Ledger, trial: Trial):
    """Waits for all jobs; one that failed is tried again once, as a person would.

    Returns:
        why jobs failed, and whether results may still come: some did in the last seconds, or the
        engine has had a worker for no longer.
    """
    jobs = product.store.jobs
    left = max(HEARTBEAT_TIMEOUT + 10, trial.share_left() * trial.seconds - 30)
    end, failed, there, came = time.monotonic() + left, {}, ledger.look(), time.monotonic()
    while time.monotonic() < end:
        found = jobs.get_many(ids).values()
        for job in found:
            if job.state is JobState.FAILED and job.id not in failed:
                failed[job.id] = f"{job.kind}: {job.error}"
                jobs.retry(job.id)
        if all(job.state is JobState.DONE for job in found):
            break
        time.sleep(0.5)
        if (now := ledger.look()) > there or not product.has_worker():
            there, came = now, time.monotonic()
    return [*failed.values()], time.monotonic() - came < _STUCK


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
