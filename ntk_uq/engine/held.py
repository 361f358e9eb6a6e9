"""Results that could not be written yet: kept in memory until there is room."""

import logging
import time
from collections import deque
from dataclasses import dataclass

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreDamagedError, StoreError
from ntk_uq.base.settings import format_bytes
from ntk_uq.engine.chunks import Result
from ntk_uq.store import ResultsCache

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""Between two tries: on a full disk each costs several writes."""


@dataclass(frozen=True)
class Written:
    """A result that is in the store now, and the job that it was computed for."""

    job_id: str
    result: Result


class Held:
    """Writes results, in the order in which they come, and keeps those that cannot be written.

    Attributes:
        error: why the last one could not be written; None where nothing waits.
    """

    def __init__(self, results: ResultsCache) -> None:
        self._results = results
        self._waiting: deque[Written] = deque()
        self._bytes = 0
        self._tried = 0.0
        self.error: StoreError | None = None

    @property
    def full(self) -> bool:
        """Whether as much waits as may: nothing more is to be begun."""
        return bool(self._waiting) and self._bytes >= settings.held_limit()

    def of(self, job_id: str) -> bool:
        """Whether results of a job wait."""
        return any(one.job_id == job_id for one in self._waiting)

    def put(self, job_id: str, result: Result) -> list[Written]:
        """Takes a result; returns what is in the store now and was not before.

        Raises:
            StoreDamagedError: if no result can be written before somebody mends the store. This
                one is dropped.
        """
        self._waiting.append(Written(job_id, result))
        self._bytes += len(result.value)
        try:
            return self.write(now=self.error is None)
        except StoreDamagedError:
            self._forget(self._waiting.pop())
            raise

    def write(self, now: bool = False) -> list[Written]:
        """Tries to write what waits; ``now``, also where the last try was a moment ago.

        Raises:
            StoreDamagedError: as :meth:`put`; what waits is kept.
        """
        written: list[Written] = []
        if not self._waiting or not (now or time.monotonic() - self._tried > AGAIN_SECONDS):
            return written
        self._tried = time.monotonic()
        while self._waiting:
            first = self._waiting[0]
            try:
                self._results.put(first.result.key, first.result.value)
            except StoreDamagedError:
                raise
            except StoreError as error:
                if self.error is None:
                    log.error("results are kept in memory until they can be written: %s", error)
                self.error = error
                return written
            written.append(self._forget(self._waiting.popleft()))
        if self.error is not None:
            log.warning("%d results that waited have been written", len(written))
            self.error = None
        return written

    def give_up(self) -> None:
        """Says what is lost, at the end of the engine."""
        if self._waiting:
            log.error(
                "%d results (%s) could not be written and are lost; they are computed again when "
                "they are asked for",
                len(self._waiting),
                format_bytes(self._bytes),
            )

    def _forget(self, one: Written) -> Written:
        self._bytes -= len(one.result.value)
        return one
