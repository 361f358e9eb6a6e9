"""diskcache's cache with connections that threads borrow, and not one for each thread's life.

Streamlit runs every page in a thread of its own: with a connection for each, a web process held as
many open files as pages had ever run at one moment (SQLite closes no file of a database while
another connection of the process has a lock on it), and opened one anew for every run.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import DBNAME

ENTRIES = (
    "SELECT key, CASE WHEN filename IS NULL THEN length(value) ELSE size END, store_time"
    " FROM Cache WHERE raw = 1 ORDER BY key"
)
"""Key, bytes and time of all entries, without reading any of them."""

_ASKED = 500
"""Keys in one question; SQLite allows 999 at least."""

Row = tuple[int, str | None, bytes | None]
"""An entry's mode, file and value, as the disk fetches it."""


def questions(keys: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """What to ask the table for the key, mode, file and value of many entries, with its values."""
    for first in range(0, len(keys), _ASKED):
        some = keys[first : first + _ASKED]
        marks = ",".join("?" * len(some))
        yield (
            f"SELECT key, mode, filename, value FROM Cache WHERE raw = 1 AND key IN ({marks})",
            some,
        )


MOST_CONNECTIONS = 8
"""At once; a thread more waits for the tenth of a millisecond that a reading takes."""


class LendingCache(diskcache.Cache):
    """The same cache. A connection belongs to a thread for one call, or one transaction."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        """Opens the cache, as ``diskcache.Cache`` does."""
        self._idle: list[sqlite3.Connection] = []
        self._inherited: list[sqlite3.Connection | None] = []
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._borrowed, self._local = threading.local(), threading.local()
        with self._lent():
            super().__init__(*arguments, **settings)

    def get(self, *arguments: Any, **settings: Any) -> Any:
        """As ``diskcache.Cache.get``."""
        with self._lent():
            return super().get(*arguments, **settings)

    def set(self, *arguments: Any, **settings: Any) -> Any:
        """As ``diskcache.Cache.set``."""
        with self._lent():
            return super().set(*arguments, **settings)

    def delete(self, *arguments: Any, **settings: Any) -> Any:
        """As ``diskcache.Cache.delete``."""
        with self._lent():
            return super().delete(*arguments, **settings)

    def __contains__(self, key: Any) -> bool:
        """As ``diskcache.Cache.__contains__``."""
        with self._lent():
            return bool(super().__contains__(key))

    def totals(self) -> tuple[int, int]:
        """How many entries there are, and the bytes of those that are files; kept by triggers."""
        with self._lent():
            return int(self.reset("count")), int(self.reset("size"))

    def entries(self) -> list[tuple[str, int, float]]:
        """Of each entry its key, its bytes and when it was stored, in unix seconds."""
        with self._lent():
            return [tuple(row) for row in self._sql(ENTRIES).fetchall()]

    def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """Those of many entries that are there, as they lie in the table."""
        with self._lent():
            found = [row for question in questions(keys) for row in self._sql(*question).fetchall()]
        return {key: (mode, name, value) for key, mode, name, value in found}

    @contextmanager
    def transact(self, retry: bool = False) -> Iterator[None]:
        """As ``diskcache.Cache.transact``."""
        with self._lent(), super().transact(retry):
            yield

    def close(self) -> None:
        """Closes this thread's connection, and those that nobody uses; they open again when used.

        What a failed transaction left open is rolled back by it.
        """
        super().close()
        with self._guard:
            self._leave_inherited()
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @property
    def _con(self) -> sqlite3.Connection:
        """The connection that this thread has borrowed; beside a call, one of its own."""
        self._take()
        if getattr(self._local, "con", None) is None:
            self._open()
        connection: sqlite3.Connection = self._local.con
        return connection

    def _open(self) -> None:
        connection = self._local.con = sqlite3.connect(
            Path(self._directory, DBNAME),
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            rows = connection.execute("SELECT key, value FROM Settings").fetchall()
        except sqlite3.OperationalError:
            return  # a new file
        for key, value in rows:
            if key.startswith("sqlite_"):
                self.reset(key, value, update=False)

    @contextmanager
    def _lent(self) -> Iterator[None]:
        """While the block runs, this thread has a connection; where it had one, that."""
        if getattr(self._borrowed, "now", False):
            yield
            return
        with self._room:
            self._borrowed.now = True
            self._take()
            try:
                yield
            except BaseException:
                # Closing rolls back, whatever state the failure left the connection in.
                super().close()
                raise
            finally:
                self._borrowed.now = False
                self._give_back()

    def _take(self) -> None:
        """One that nobody uses becomes this thread's, unless it has one."""
        here, local = os.getpid(), self._local
        if getattr(local, "pid", here) != here:
            self._inherited.append(local.__dict__.pop("con", None))
        local.pid = here
        if getattr(local, "con", None) is None:
            with self._guard:
                self._leave_inherited()
                if self._idle:
                    local.con = self._idle.pop()

    def _give_back(self) -> None:
        connection = self._local.__dict__.pop("con", None)
        if connection is not None:
            with self._guard:
                self._leave_inherited()
                self._idle.append(connection)

    def _leave_inherited(self) -> None:
        """A forked child may neither use nor close its parent's connections: it keeps them."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited += self._idle
            self._idle = []
