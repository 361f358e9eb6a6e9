"""How long somebody waits for a curve through the engine, in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.plan import Plan
from benchmarks.processes import clean_environment
from benchmarks.report import Line, Report, Value, at_most
from benchmarks.timing import Timing
from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.jobs.asking import submit
from ntk_uq.results.points import point_key
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.store import Store, open_store

_LIMIT = 120.0

SHARED_CARD = {
    # This process has most of the card already.
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.2",
}


def report(plan: Plan) -> Report:
    """A fresh engine with an empty and with a filled compile cache, and changed views."""
    name, grid = plan.inputs.name, (250, 500, 1000, 2000, 4000, 8000)
    if plan.quick or plan.inputs.note:  # the stand-in is known to this process alone
        name, grid = "digits", (20, 40, 80)
    found = Report("device", f"a curve to {grid[-1]} through the engine", name)
    data = DataSpec(name, n_test=plan.size(1000, 50) if name != "digits" else 50)

    def curve(depth: int = 2, sigma_w: float = 1.4, sizes: tuple[int, ...] = grid) -> CurveSpec:
        return CurveSpec(data, ArchitectureSpec(depth, sigma_w=sigma_w), n_train=sizes)

    with clean_environment() as clean, tempfile.TemporaryDirectory() as cache:
        environment = {**clean, **SHARED_CARD, settings.CACHE: cache}
        for place, words in enumerate(("an empty", "a filled")):
            with _engine(environment) as (store, started):
                first, every = _waited(store, curve(sigma_w=1.4 + 0.01 * place), started)
                what = f"a fresh engine, {words} compile cache"
                _add(found, what, first, every, at_most(1 if place else 5))
                if place:
                    changes = {
                        "another sigma_w": curve(sigma_w=1.7),
                        "another depth": curve(depth=3),
                        "another grid": curve(sizes=tuple(n - n // 10 for n in grid)),
                    }
                    for words, spec in changes.items():
                        now = time.perf_counter()
                        _add(found, words, *_waited(store, spec, now), at_most(0.3), at_most(1))
    found.notes.append("from the start of the engine's process, or from the request")
    return found


def _add(found: Report, what: str, first: float, every: float, *targets: object) -> None:
    for words, seconds, target in zip(
        ("first point", "all points"), (first, every), (*targets, None), strict=False
    ):
        found.lines.append(Line(what, words, Timing((seconds,))))
        if target is not None:
            found.values.append(Value(f"{what}: {words}", seconds, "s", target=target))


@contextmanager
def _engine(environment: Mapping[str, str]) -> Iterator[tuple[Store, float]]:
    """An engine, and the store that it looks into; when it was started."""
    store = open_store(Path(environment[settings.STORE]))
    start = time.perf_counter()
    engine = subprocess.Popen(
        [sys.executable, "-m", "ntk_uq", "engine"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with store:
            yield store, start
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait(60)


def _waited(store: Store, spec: CurveSpec, start: float) -> tuple[float, float]:
    """Seconds since ``start`` until the first and until all points of a curve are there.

    Raises:
        RuntimeError: if they do not come.
    """
    fingerprint = datasets.get(spec.data.dataset).fingerprint()
    points = [spec.point(n, draw) for n in spec.n_train for draw in range(spec.draws)]
    missing = {point_key(point, fingerprint) for point in points}
    job = submit(store.jobs, spec)
    first = None
    while missing:
        time.sleep(0.005)
        done = {key for key in missing if key in store.results}
        now = time.perf_counter() - start
        if done and first is None:
            first = now
        missing -= done
        state = store.jobs.get(job.id)
        if now > _LIMIT or (state is not None and state.error):
            raise RuntimeError(f"the engine gave no curve: {state and state.error}")
    assert first is not None
    return first, now
