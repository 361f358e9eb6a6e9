"""Connections to a SQLite file for any number of threads, and their transactions."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ntk_uq.base import private
from ntk_uq.base.errors import StoreNotWritableError, StoreReadOnlyError
from ntk_uq.store import write_ahead
from ntk_uq.store.failures import BUSY_TIMEOUT, in_words
from ntk_uq.store.identity import SameFile

_Keep = Callable[[sqlite3.Connection], None]
_Lent = tuple[sqlite3.Connection, _Keep | None]

NOTHING_KEPT = "Nothing new is kept here: this store is opened for reading alone."

MOST_IDLE = 4
"""Connections that are kept open while nobody uses them: pages that ran at one moment took more."""
"""A connection, and what keeps it for the next block; None where nothing does."""


class _Copy(sqlite3.Connection):
    """A database in memory, and what the file was like that it is a copy of."""

    stamp: tuple[int, ...] = ()


class Database:
    """A SQLite file in WAL mode: readers never wait, writers wait for each other.

    A connection serves one block at a time and is kept for the next one: opening one for each
    would make SQLite copy its log back every time the last is closed.

    On a disk that is full, or may not be written, it is still read. SQLite needs room for that, too
    (memory that its processes share lies in a file): where there is none, and no log either, it
    reads the file as one that does not change, and where there is a log, a copy in memory.

    A file that is another one than before (a store that was moved back, or restored) is used from
    then on; where there is none any more, nothing is made in its place.
    """

    def __init__(
        self,
        path: Path,
        prepare: Callable[[sqlite3.Connection], object],
        stand_in: Callable[[sqlite3.Connection], object] | None = None,
        functions: Mapping[str, Callable[[Any], Any]] | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Opens or creates ``path``; ``prepare`` makes what is missing in it, in one transaction.

        Args:
            path: of the file.
            prepare: makes the tables, once and in the first transaction that goes through.
            stand_in: makes temporary ones in a connection for those that could not be made yet.
            functions: of one argument, which statements may call by these names.
            read_only: whether nothing is ever written, neither to the file nor beside it, whatever
                its rights allow.

        Raises:
            StoreError: if the file cannot be made or read, or is not a database.
        """
        self.path = path
        self._prepare, self._stand_in, self._prepared = prepare, stand_in, False
        self._functions = dict(functions or {})
        self._read_only = read_only
        self._lock = threading.Lock()
        self._file = SameFile(path)
        self._copies: list[_Copy] = []
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []
        if not read_only:
            private.make_file(path)
        try:
            with self.write():
                pass
        except StoreNotWritableError:
            if not path.is_file():
                raise
            with self.read() as connection:
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction: each statement sees one state.

        Raises:
            StoreGoneError: if the file is not there any more.
            StoreError: if the database cannot be read.
        """
        with self._lent(self._to_read) as connection:
            yield connection

    @contextmanager
    def _lent(self, take: Callable[[], _Lent]) -> Iterator[sqlite3.Connection]:
        with in_words(self.path):
            self._leave_replaced()
            file = self._file.known
            connection, keep = take()
            try:
                yield connection
            except BaseException:
                # Closing rolls back, whatever state the failure left the connection in.
                connection.close()
                raise
            if keep is not None and file in (None, self._file.known):
                keep(connection)
            else:
                connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that excludes every other writer from its start.

        It is committed at the end of the block, and rolled back if the block raises.

        Raises:
            StoreFullError: if the disk or a quota is full.
            StoreNotWritableError: if it is read-only.
            StoreGoneError: if the file is not there any more.
            StoreError: if the database is locked or damaged.
        """
        if self._read_only:
            raise StoreReadOnlyError(NOTHING_KEPT)
        with self._lent(self._idle_or_new) as connection:
            # A deferred transaction that reads first and writes later can fail with "locked" at
            # once, without waiting.
            connection.execute("BEGIN IMMEDIATE")
            if not self._prepared:
                self._prepare(connection)
            yield connection
            connection.execute("COMMIT")
            self._prepared = True

    def close(self) -> None:
        """Closes the connections that nobody is using; the next block opens a new one."""
        with self._lock:
            self._leave_inherited()
            idle, self._idle, self._copies = [*self._idle, *self._copies], [], []
        for connection in idle:
            connection.close()

    def _to_read(self) -> _Lent:
        return self._take() if self._prepared else self._passing()

    def _take(self) -> _Lent:
        """A connection to read from."""
        if self._read_only:
            return self._still_or_copy()
        try:
            return self._idle_or_new()
        except sqlite3.OperationalError as error:
            if not self.path.is_file() or error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise
            try:
                return self._still_or_copy()
            except (sqlite3.Error, OSError):
                raise error from None

    def _still_or_copy(self) -> _Lent:
        """What reads without a trace, on the disk."""
        return (self._open_still(), None) if self._is_still() else self._copy()

    def _passing(self) -> _Lent:
        """The same, with what stands in for tables that could not be made yet; not kept unless it
        is a copy, which can be of much and has nobody to wait for."""
        connection, keep = self._take()
        if self._stand_in is not None:
            self._stand_in(connection)
        return connection, keep if isinstance(connection, _Copy) else None

    def _idle_or_new(self) -> _Lent:
        with self._lock:
            self._leave_inherited()
            if self._idle:
                return self._idle.pop(), self._give_back
        # One for reading only would make all others of this process so, also once more is allowed.
        return self._open(), self._give_back if os.access(self.path, os.W_OK) else None

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            kept = len(self._idle) < MOST_IDLE
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.close()

    def _leave_inherited(self) -> None:
        """A forked child may neither use nor close its parent's connections: it keeps them."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited += self._idle
            self._idle = []

    def _leave_replaced(self) -> None:
        """Forgets what is known of a file that another one has replaced."""
        with self._lock:
            if not self._file.replaced():
                return
            self._leave_inherited()
            stale: list[sqlite3.Connection] = [*self._idle, *self._copies]
            self._idle, self._copies, self._prepared = [], [], False
        for connection in stale:
            connection.close()

    def _is_still(self) -> bool:
        """Whether all that was ever committed is in the file itself and not in a log beside it."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return not (log.is_file() and log.stat().st_size)

    def _open_still(self) -> sqlite3.Connection:
        """The file as one that does not change, for as long as one block reads it."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        return self._equipped(connection)

    def _copy(self) -> _Lent:
        """The file and its log as they are now, in memory; read once while they stay so."""
        stamp = write_ahead.stamp(self.path)
        with self._lock:
            copies, self._copies = self._copies, []
        while copies:
            found = copies.pop()
            if found.stamp == stamp:
                with self._lock:
                    self._copies += copies
                return found, self._keep_copy
            found.close()
        found = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, factory=_Copy
        )
        found.deserialize(write_ahead.read(self.path))
        found.stamp = stamp
        self._equipped(found)
        return found, self._keep_copy

    def _keep_copy(self, connection: sqlite3.Connection) -> None:
        assert isinstance(connection, _Copy)
        with self._lock:
            self._copies.append(connection)

    def _equipped(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.row_factory = sqlite3.Row
        for name, function in self._functions.items():
            connection.create_function(name, 1, function)
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._equipped(connection)
            _use_write_ahead_log(connection)
            # With the log, this loses at most the last commits in a power failure, and never
            # damages the database.
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        if self._file.known is None:
            self._file.opened()
        return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switches a new file to WAL; SQLite does not wait by itself for this one lock."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
