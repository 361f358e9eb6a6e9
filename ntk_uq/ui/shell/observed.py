"""How the server is, for those who watch it: looked at once in a few seconds, whoever asks.

Whoever reaches the pages may ask, as often as he likes: so a question costs nothing but the answer
to the last look, a look takes one thread, and a store that does not answer keeps nobody waiting.
What is told has no paths and no words of users; those are in the log.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import (
    NtkUqError,
    StoreDamagedError,
    StoreError,
    StoreGoneError,
    StoreNotWritableError,
)
from ntk_uq.jobs.health import Health, health
from ntk_uq.store import Store, Volume, is_store, open_store, volume

_log = logging.getLogger(__name__)

FRESH_SECONDS = 3.0
"""For how long a look is the answer."""

PATIENCE_SECONDS = 5.0
"""After which a store that does not answer is one that cannot be read."""

NONE_YET = "there is no store yet; the engine, or the first page, makes it"
SILENT = "the store does not answer"
_REASONS = {
    StoreGoneError: "the store is not there any more",
    StoreDamagedError: "a file of the store is damaged",
    StoreNotWritableError: "the store may not be opened",
    NtkUqError: "the store cannot be read",
}


@dataclass(frozen=True)
class Observed:
    """What a look at the store has found.

    Attributes:
        reason: why pages cannot read the store, in a few words; empty where they can.
        health: of engines and jobs; None where it cannot be read.
        volume: how much there is; None where it cannot be read.
    """

    reason: str
    health: Health | None = None
    volume: Volume | None = None


class Observer:
    """Looks at one store at a time, in a thread, and remembers what it has seen."""

    def __init__(
        self,
        look: Callable[[Path], Observed],
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """``look`` looks at the store in a directory, and raises nothing that users may cause."""
        self._look, self._clock, self._patience = look, clock, patience
        self._lock = threading.Lock()
        self._last: tuple[Path, float, Observed] | None = None
        self._pending: Future[Observed] | None = None

    async def now(self, directory: Path) -> Observed:
        """What was seen a few seconds ago at most; otherwise, what is seen now."""
        with self._lock:
            if self._last is not None:
                where, when, found = self._last
                if where == directory and self._clock() - when < FRESH_SECONDS:
                    return found
            if self._pending is None:
                self._pending = Future()
                # No pool: a thread that waits for a broken disk shall not keep the program.
                threading.Thread(
                    target=self._run, args=(directory, self._pending), daemon=True
                ).start()
            pending = self._pending
        try:
            waiting = asyncio.shield(asyncio.wrap_future(pending))
            return await asyncio.wait_for(waiting, self._patience)
        except TimeoutError:
            return Observed(SILENT)

    def _run(self, directory: Path, pending: Future[Observed]) -> None:
        try:
            found = self._look(directory)
        except BaseException as error:  # noqa: BLE001 (handed to who asked)
            with self._lock:
                self._pending = None
            pending.set_exception(error)
            return
        with self._lock:
            self._last, self._pending = (directory, self._clock(), found), None
        pending.set_result(found)


class _Eye:
    """Looks at the store, which it keeps open; none is ever made by it."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._told = ""

    def __call__(self, directory: Path) -> Observed:
        try:
            return Observed("", *self._seen(directory))
        except (NtkUqError, OSError) as error:
            if str(error) != self._told:  # once, and not every few seconds
                self._told = str(error)
                _log.warning("%s", error)
            kinds = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
            return Observed(next(kinds, _REASONS[NtkUqError]))

    def _seen(self, directory: Path) -> tuple[Health | None, Volume | None]:
        if self._store is None or self._store.directory != directory.absolute():
            if not is_store(directory):
                raise _NoneYetError(f"There is no store in {directory} yet.")
            self._store = open_store(directory)
        found = health(self._store), volume(self._store)
        self._told = ""
        return found


class _NoneYetError(StoreError):
    """There is no store, and never was as far as this process knows."""


_REASONS = {_NoneYetError: NONE_YET, **_REASONS}
_OBSERVER = Observer(_Eye())


async def observed() -> Observed:
    """How the server is now, or was a few seconds ago."""
    try:
        directory = settings.store_directory()
    except NtkUqError:
        return Observed(_REASONS[NtkUqError])
    return await _OBSERVER.now(directory)
