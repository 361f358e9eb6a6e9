"""Where chunks run: the interface that the engine needs, and the runner inside this process."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ntk_uq.base.errors import NtkUqError
from ntk_uq.engine import device
from ntk_uq.engine.chunks import Chunk, Result, Stopped
from ntk_uq.engine.kinds import compute, get

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Emitted:
    """A chunk has a result."""

    chunk_id: str
    result: Result


@dataclass(frozen=True)
class Progressed:
    """A chunk tells how far it is; None leaves the job's number as it is.

    An empty message takes the last one back: the job tells its numbers again.
    """

    chunk_id: str
    message: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Ended:
    """A chunk will have no more results.

    Attributes:
        chunk_id: which one.
        error: why it failed, empty if it did not.
        seconds: for how long a worker was on it, as far as that is known.
    """

    chunk_id: str
    error: str = ""
    seconds: float = field(default=0.0, compare=False)


Event = Emitted | Progressed | Ended


@runtime_checkable
class Runner(Protocol):
    """Runs chunks; the engine polls it."""

    def submit(
        self, chunk_id: str, chunk: Chunk, priority: int = 0, *, quick: bool = False
    ) -> None:
        """Takes a chunk to run; of those that wait, the one of highest priority goes first.

        ``quick`` asks for one of the :meth:`quick_slots`, and is never said where there are none.
        """

    def stop(self, chunk_id: str) -> None:
        """Stops a chunk, within seconds; it still ends with an event. Results so far are kept."""

    def events(self, wait: float) -> list[Event]:
        """What happened since the last call; waits up to ``wait`` seconds for the first."""

    def slots(self) -> int:
        """How many chunks can usefully be with the runner at once."""

    def quick_slots(self) -> int:
        """How many chunks of a moment there is a place for beside all others; 0 for none."""

    def describe(self) -> dict[str, Any]:
        """The runner in words, for the engine's heartbeat."""

    def close(self) -> None:
        """Ends everything."""


@dataclass
class _Running:
    chunk: Chunk
    results: Iterator[Result]
    priority: int
    seconds: float = 0.0


class InProcess:
    """Runs chunks in this thread, one result a poll: an engine without a cluster."""

    def __init__(self) -> None:
        self._running: dict[str, _Running] = {}
        self._stopped: list[Event] = []
        self._progressed: list[Event] = []

    def submit(
        self,
        chunk_id: str,
        chunk: Chunk,
        priority: int = 0,
        *,
        quick: bool = False,  # noqa: ARG002 (never)
    ) -> None:
        def progress(message: str, done: int | None = None, total: int | None = None) -> None:
            self._progressed.append(Progressed(chunk_id, message, done, total))

        self._running[chunk_id] = _Running(chunk, compute(chunk, progress), priority)

    def stop(self, chunk_id: str) -> None:
        running = self._running.pop(chunk_id, None)
        if running is not None:
            self._stopped.append(Ended(chunk_id, seconds=running.seconds))

    def events(self, wait: float) -> list[Event]:  # noqa: ARG002 (nothing to wait for)
        out, self._stopped = self._stopped, []
        if self._running:
            chunk_id = max(self._running, key=lambda name: self._running[name].priority)
            event = _advance(chunk_id, self._running[chunk_id])
            if isinstance(event, Ended):
                del self._running[chunk_id]
            out += [*self._progressed, event]
            self._progressed.clear()
        return out

    def slots(self) -> int:
        return 1

    def quick_slots(self) -> int:
        return 0

    def describe(self) -> dict[str, Any]:
        return {"runner": "in this process", "workers": 1, "devices": [device.state(busy=True)]}

    def close(self) -> None:
        self._running.clear()


def _advance(chunk_id: str, running: _Running) -> Event:
    began, error = time.monotonic(), ""
    try:
        return Emitted(chunk_id, next(running.results))
    except (StopIteration, Stopped):
        pass
    except Exception as failure:  # noqa: BLE001 (a job's failure must not end the engine)
        error = in_words(failure, running.chunk.kind)
    finally:
        running.seconds += time.monotonic() - began
    return Ended(chunk_id, error, running.seconds)


def in_words(error: BaseException, kind: str) -> str:
    """Why a chunk or job failed, for the user; the log gets the traceback of a defect of ours."""
    if isinstance(error, NtkUqError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"The machine ran out of memory; choose a smaller {get(kind).smaller}."
    log.error("a job of kind %s failed", kind, exc_info=error)
    return f"Internal error, please report it: {type(error).__name__}: {error}"
