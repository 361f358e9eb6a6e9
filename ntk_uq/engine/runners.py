"""Where chunks run: the interface that the engine needs, and the runner inside this process."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ntk_uq.engine.chunks import Chunk, compute
from ntk_uq.errors import NtkUqError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Emitted:
    """A chunk has a result: where it belongs in the store, and the record."""

    chunk_id: str
    key: str
    record: dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A chunk will have no more results. ``error`` is why it failed, empty if it did not."""

    chunk_id: str
    error: str = ""


Event = Emitted | Ended


@runtime_checkable
class Runner(Protocol):
    """Runs chunks; the engine polls it."""

    def submit(self, chunk_id: str, chunk: Chunk) -> None:
        """Takes a chunk to run."""

    def stop(self, chunk_id: str) -> None:
        """Stops a chunk after its next result at the latest; it still ends with an event."""

    def events(self, wait: float) -> list[Event]:
        """What happened since the last call; waits up to ``wait`` seconds for the first."""

    def slots(self) -> int:
        """How many chunks can usefully be with the runner at once."""

    def describe(self) -> dict[str, Any]:
        """The runner in words, for the engine's heartbeat."""

    def close(self) -> None:
        """Ends everything."""


class InProcess:
    """Runs chunks in this thread, one result a poll: an engine without a cluster."""

    def __init__(self) -> None:
        self._running: dict[str, Iterator[tuple[str, dict[str, Any]]]] = {}
        self._stopped: list[str] = []

    def submit(self, chunk_id: str, chunk: Chunk) -> None:
        self._running[chunk_id] = compute(chunk)

    def stop(self, chunk_id: str) -> None:
        if self._running.pop(chunk_id, None) is not None:
            self._stopped.append(chunk_id)

    def events(self, wait: float) -> list[Event]:  # noqa: ARG002 (nothing to wait for)
        out: list[Event] = [Ended(chunk_id) for chunk_id in self._stopped]
        self._stopped.clear()
        for chunk_id, results in list(self._running.items())[:1]:
            event = _advance(chunk_id, results)
            if isinstance(event, Ended):
                del self._running[chunk_id]
            out.append(event)
        return out

    def slots(self) -> int:
        return 1

    def describe(self) -> dict[str, Any]:
        return {"runner": "in this process", "workers": 1}

    def close(self) -> None:
        self._running.clear()


def _advance(chunk_id: str, results: Iterator[tuple[str, dict[str, Any]]]) -> Event:
    try:
        key, record = next(results)
    except StopIteration:
        return Ended(chunk_id)
    except Exception as error:  # noqa: BLE001 (a job's failure must not end the engine)
        return Ended(chunk_id, in_words(error))
    return Emitted(chunk_id, key, record)


def in_words(error: BaseException) -> str:
    """Why a chunk failed, for the user; the log gets the traceback of a defect of ours."""
    if isinstance(error, NtkUqError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The machine ran out of memory; choose a smaller n_train or n_test."
    log.error("a chunk failed", exc_info=error)
    return f"Internal error, please report it: {type(error).__name__}: {error}"
