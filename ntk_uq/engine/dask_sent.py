"""A chunk that a runner on Dask has taken, and what became of the workers that had it."""

import time
from dataclasses import dataclass, field

import distributed

from ntk_uq.base import settings
from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.kinds import get

_MOST_TRIES = 3  # further ones of a chunk that waited on workers which other chunks killed


@dataclass
class Sent:
    """A chunk that was taken.

    Attributes:
        brief: whether it asked for a place of quick chunks.
        quick: whether it is for the worker that has them.
        bundle: the data that go with it, as JSON; None until they have been looked at.
        future: while it is with a scheduler.
        worker: address of the worker that has begun with it, or empty; see :meth:`begin`.
        seconds: for how long workers were on it that have left it since.
        keys: of the results that came; a chunk that is run again gives them again.
        tries: how often it was sent.
        blamed: how often it was sent again since another chunk had killed the worker.
        deaths: of workers of an existing cluster over it.
        stopped: when it was told to stop, by the monotonic clock; None while it was not.
        leaving: whether its worker is being ended.
        lost: what a worker said whose accelerator failed over it, or empty.
    """

    chunk: Chunk
    priority: int
    brief: bool = False
    quick: bool = False
    bundle: str | None = None
    tries: int = 0
    blamed: int = 0
    deaths: int = 0
    worker: str = ""
    stopped: float | None = None
    leaving: bool = False
    ended: bool = False
    future: distributed.Future | None = None
    keys: set[str] = field(default_factory=set)
    told: str = ""
    lost: str = ""
    seconds: float = 0.0
    _begun: float = 0.0

    def begin(self, worker: str) -> None:
        """A worker begins with it."""
        self.leave()
        self.worker, self._begun = worker, time.monotonic()

    def leave(self, seconds: float | None = None) -> float:
        """No worker has it any more; returns for how long any had it, in seconds.

        Args:
            seconds: for how long the last one had it, where it has said so: its end is told late.
        """
        if self.worker:
            self.seconds += time.monotonic() - self._begun if seconds is None else seconds
        self.worker = ""
        return self.seconds


class LostError(Exception):
    """The scheduler is gone, or has forgotten a task."""


def is_killed(error: BaseException | None) -> bool:
    """Whether Dask has given a chunk up since it killed its workers."""
    return isinstance(error, distributed.scheduler.KilledWorker)


def blamed_for_another(sent: Sent, future: distributed.Future) -> bool:
    """Whether a chunk only waited on workers that died; Dask suspects it all the same."""
    if sent.worker or sent.blamed >= _MOST_TRIES or future.status != "error":
        return False
    return is_killed(future.exception())


def killed(error: BaseException, sent: Sent) -> str:
    """The same to who asked for it: why, and what to do."""
    chunk = sent.chunk
    if sent.lost:
        return f"{sent.lost} It was tried again on other workers, or on the same one started anew."
    estimate = f" (estimated to take {settings.format_bytes(chunk.memory)})" if chunk.memory else ""
    return (
        f"The worker was killed each time it tried, most likely for lack of memory{estimate}. "
        f"Choose a smaller {get(chunk.kind).smaller}, or lower {settings.MEMORY} so that such "
        f"requests are refused. ({error})"
    )
