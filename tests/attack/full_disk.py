"""A disk that is full for longer than an engine may be silent, while networks are trained."""

import os
import time

import pytest
from helpers.disks import fill, small_disk
from helpers.pages_driver import open_page, texts

from attack.figures import Aim
from attack.ledger import Ledger
from attack.product import Product
from attack.trial import LeftOut, Trial, wait_for
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobState
from ntk_uq.ui.pages import PAGES

AIMS = {
    "failed": Aim("jobs failed", 0, safety=True),
    "undone": Aim("jobs not done once there was room again", 0, safety=True),
    "lost": Aim("results lost", 0, safety=True),
    "twice": Aim("results computed twice", 0),
    "lies": Aim("pages that say there is no engine", 0, safety=True),
    "tracebacks": Aim("pages with a traceback", 0, safety=True),
    "room": Aim("room again -> next result", 20, "s"),
}

_MEGABYTES = 24
_LIE = "No engine"


def run(trial: Trial):
    """Fills the disk once; left out where none can be mounted."""
    try:
        with small_disk(trial.folder / "disk", _MEGABYTES) as disk:
            os.environ["NTK_UQ_STORE"] = str(disk / "store")
            yield from _filled(trial, disk)
    except pytest.skip.Exception as reason:
        raise LeftOut(str(reason)) from None


def _filled(trial: Trial, disk):
    with Product(trial, NTK_UQ_STORE=str(disk / "store")) as product:
        jobs, ledger = product.store.jobs, Ledger(product.store.results)
        product.start_engine()
        specs = [_networks(seed) for seed in range(2)]
        for spec in specs:
            ledger.expect(spec)
        ids = [submit(jobs, spec, launched=True).id for spec in specs]
        if not wait_for(lambda: ledger.look() > 3, 0.4 * trial.seconds):
            raise AssertionError("nothing was trained in 0.4 of the time")
        fill(disk)
        full = time.monotonic()
        time.sleep(3)
        lies, tracebacks = [], []
        for name in trial.size((*PAGES,), ("scaling_curves", "ensembles", "runs")):
            # As late as an engine that cannot write its heartbeat would seem dead.
            time.sleep(max(0.0, full + HEARTBEAT_TIMEOUT + 3 - time.monotonic()))
            app = open_page(name)
            said = texts(app.sidebar.caption, app.caption, app.warning, app.info, app.error)
            lies += [name] * (_LIE in said)
            tracebacks += [name] * bool(app.exception)
        yield "lies", len(lies), ", ".join(lies)
        yield "tracebacks", len(tracebacks), ", ".join(tracebacks)
        there = ledger.look()
        (disk / "fill").unlink()
        start = time.monotonic()
        wait_for(lambda: ledger.look() > there or not ledger.missing, 30)
        room = time.monotonic() - start
        wait_for(lambda: all(j.state.ended for j in jobs.get_many(ids).values()), 40, 0.2)
        ledger.look()
        found = jobs.get_many(ids).values()
        failed = [job.error for job in found if job.state is JobState.FAILED]
        undone = [str(job.state) for job in found if job.state is not JobState.DONE]
        yield "failed", len(failed), "; ".join(failed)[:200]
        yield "undone", len(undone), ", ".join(undone)
        lost = ledger.lost | (set() if undone else ledger.gone)
        yield "lost", len(lost), f"of {ledger.seen}; {there} when it was full"
        yield "twice", len(ledger.twice | ledger.under_way), ""
        yield "room", room, ""


def _networks(seed: int) -> EnsembleSpec:
    optimizer = OptimizerSpec(steps=1000)
    data = DataSpec(n_test=20, seed=seed)
    return EnsembleSpec(data, ArchitectureSpec(1), optimizer, (64,), (50,), members=60)
