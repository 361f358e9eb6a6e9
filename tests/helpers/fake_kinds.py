"""A kind of job for tests of the engine: it does what its payload says.

A module of its own, so that Dask workers can import it, too.
"""

import math
import os
import signal
import time
from pathlib import Path

from distributed.diagnostics.plugin import WorkerPlugin
from jax.errors import JaxRuntimeError

from ntk_uq.base.errors import DataError
from ntk_uq.engine import kinds
from ntk_uq.engine.chunks import Chunk, Plan, Result
from ntk_uq.engine.kinds.base import Kind
from ntk_uq.jobs.kinds.base import counted

FAKE, LOW, LOCAL = "fake", "fake-low", "fake-local"


def plan_of(kind):
    def plan(spec, results):
        """One chunk for each entry of the spec's chunks; a result of another run counts."""
        chunks = [c for c in spec["chunks"] if f"{c.get('key')}/0" not in results]
        total = spec.get("total", len(spec["chunks"]))
        made = tuple(Chunk(kind, c, c.get("estimate", 0), c.get("told", math.inf)) for c in chunks)
        return Plan(made, total - len(chunks), total)

    return plan


def compute(payload, progress):
    for message, done, total in payload.get("progress", ()):
        progress(message, done, total)
    until = time.monotonic() + payload.get("seconds", 0)
    while time.monotonic() < until:
        time.sleep(0.02)
        progress("waiting")
    time.sleep(payload.get("deaf", 0))
    for i, size in enumerate(payload.get("sizes", ())):
        yield Result(f"{payload['key']}/{i}", bytes([i + 1]) * size, int(i == 0))
    time.sleep(payload.get("deaf_after", 0))
    if payload.get("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if payload.get("memory"):
        raise MemoryError
    # Once: in the first process that comes by.
    if "device" in payload and _first(payload.get("once")):
        raise JaxRuntimeError(payload["device"])
    if "error" in payload:
        raise DataError(payload["error"])


def _first(path):
    if path is None:
        return True
    try:
        Path(path).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


KINDS = [
    Kind(FAKE, plan_of(FAKE), compute, counted("members"), smaller="width"),
    Kind(LOW, plan_of(LOW), compute, counted("members")),
    Kind(LOCAL, plan_of(LOCAL), compute, counted("bytes"), here=True),
]


class Registered(WorkerPlugin):
    """Makes a worker know the kinds, also one that is started again."""

    name = "fake-kinds"

    def setup(self, worker):
        kinds.REGISTRY.update({kind.name: kind for kind in KINDS})
