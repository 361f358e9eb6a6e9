"""How a server is: its engines, what waits for them, and the room that is left on its disk."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from ntk_uq.jobs.engines import cannot_write, devices, starts
from ntk_uq.store import EngineRecord, JobState, Queue, Store

_UNDER_WAY = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)


class EngineState(StrEnum):
    """Whether somebody computes the jobs: an engine that is only coming up takes none yet."""

    NONE = auto()
    STARTING = auto()
    ALIVE = auto()


@dataclass(frozen=True)
class Health:
    """How a server is at one moment.

    Attributes:
        engines: those that are alive or starting.
        queue: how many jobs are in each state.
        free: bytes that this user may still write on the store's disk; a quota is not seen in it.
        total: bytes of that disk.
        now: when that was, in unix seconds.
    """

    engines: tuple[EngineRecord, ...]
    queue: Queue
    free: int
    total: int
    now: float

    @property
    def engine(self) -> EngineState:
        """The best that is to be said of any engine."""
        if not self.engines:
            return EngineState.NONE
        return EngineState.STARTING if all(map(starts, self.engines)) else EngineState.ALIVE

    @property
    def trouble(self) -> str:
        """Why none of the engines can write to the store, in a few words; empty where one can, or
        where there is none."""
        reasons = [cannot_write(engine) for engine in self.engines]
        return reasons[0] if all(reasons) and reasons else ""

    @property
    def well(self) -> bool:
        """Whether an engine is alive, or starting, that can write what it computes."""
        return bool(self.engines) and not self.trouble

    @property
    def workers(self) -> int:
        """How many workers the engines have."""
        return sum(int(engine.info.get("workers", 0)) for engine in self.engines)

    @property
    def devices(self) -> tuple[Mapping[str, Any], ...]:
        """What all workers compute on."""
        return tuple(state for engine in self.engines for state in devices(engine))

    @property
    def under_way(self) -> dict[JobState, int]:
        """How many jobs are in each state that is no end."""
        return {state: self.queue.counts[state] for state in _UNDER_WAY}

    @property
    def waited(self) -> float | None:
        """Seconds since the job was asked for that waits longest; None where none waits."""
        return None if self.queue.oldest is None else max(0.0, self.now - self.queue.oldest)


def health(store: Store) -> Health:
    """How a server is now.

    Raises:
        StoreError: if its store cannot be read.
        OSError: if its directory is not there.
    """
    # First the table: it says in words where the store is gone.
    engines, queue = tuple(store.jobs.engines()), store.jobs.queue()
    disk = shutil.disk_usage(store.directory)
    return Health(engines, queue, disk.free, disk.total, time.time())
