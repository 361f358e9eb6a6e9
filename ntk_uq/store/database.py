"""Connections to a SQLite file for any number of threads, and their transactions."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ntk_uq.store.failures import BUSY_TIMEOUT, in_words


class Database:
    """A SQLite file in WAL mode: readers never wait, writers wait for each other.

    A connection serves one block at a time and is kept for the next one: opening one for each
    would make SQLite copy its log back every time the last is closed.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], object]) -> None:
        """Opens or creates ``path``; ``prepare`` makes what is missing in it, in one transaction.

        Raises:
            StoreError: if the file cannot be made, or is not a database.
        """
        self.path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []
        with self.write() as connection:
            prepare(connection)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction: each statement sees one state.

        Raises:
            StoreError: if the database cannot be read.
        """
        with in_words(self.path):
            connection = self._take()
            try:
                yield connection
            except BaseException:
                # Closing rolls back, whatever state the failure left the connection in.
                connection.close()
                raise
            self._give_back(connection)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that excludes every other writer from its start.

        It is committed at the end of the block, and rolled back if the block raises.

        Raises:
            StoreFullError: if the disk or a quota is full.
            StoreError: if the database is locked, read-only or damaged.
        """
        with self.read() as connection:
            # A deferred transaction that reads first and writes later can fail with "locked" at
            # once, without waiting.
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the connections that nobody is using; the next block opens a new one."""
        with self._lock:
            self._leave_inherited()
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            self._leave_inherited()
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._idle.append(connection)

    def _leave_inherited(self) -> None:
        """A forked child may neither use nor close its parent's connections: it keeps them."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited += self._idle
            self._idle = []

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            _use_write_ahead_log(connection)
            # With the log, this loses at most the last commits in a power failure, and never
            # damages the database.
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
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
