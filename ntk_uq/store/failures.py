"""What SQLite, the cache and the file system report, in words for the user."""

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import diskcache

from ntk_uq.base.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreNotWritableError,
)
from ntk_uq.base.settings import STORE

BUSY_TIMEOUT = 30.0
"""Seconds that a statement waits for another process's transaction."""

RESCUE = (
    "End the engine and the pages and run `ntk-uq store check --repair` (`python -m ntk_uq store "
    "check --repair`): it keeps all of it that can be read, and leaves the damaged file aside."
)
"""What to do with a file of the store that does not hold what was written into it."""

UNSAYABLE = UnicodeDecodeError
"""What Python raises instead of SQLite's error where that quotes, from a damaged file, a name that
is no text."""

_REPORTED = (sqlite3.Error, diskcache.Timeout, OSError, UNSAYABLE)
_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED_ERRNO = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DENIED_CODES = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


@contextmanager
def in_words(where: Path) -> Iterator[None]:
    """Runs the block; ``where`` is the file or directory that it reads or writes.

    Raises:
        StoreFullError: if the disk or a quota is full.
        StoreNotWritableError: if it may not be written.
        StoreError: if the database is locked or damaged, or a file cannot be used.
    """
    outer = sys.exception()
    try:
        yield
    except _REPORTED as error:
        # Misuse of SQLite (a wrong statement, a closed connection) is a defect, not a condition
        # of the store; it is the other subclasses of DatabaseError.
        if isinstance(error, sqlite3.Error) and not _is_condition(error):
            raise
        raise _translated(_chain(error, outer), where) from error


def _is_condition(error: sqlite3.Error) -> bool:
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _chain(error: BaseException, outer: BaseException | None) -> list[BaseException]:
    """The error and what it was raised from, up to what the caller was already handling.

    A full disk makes SQLite roll back by itself; the explicit rollback that follows then fails
    with another error, so that the cause is only found in the context.
    """
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current is not outer and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _translated(chain: list[BaseException], where: Path) -> StoreError:
    if any(_is_full(error) for error in chain):
        return StoreFullError(
            f"{where} could not be written because the disk, or a quota, is full. Free space "
            f"there, or set {STORE} to a directory that has some; what was stored before is kept."
        )
    # The innermost error is the cause; those around it are about cleaning up after it.
    cause = next(e for e in reversed(chain) if isinstance(e, _REPORTED))
    code = _primary_code(cause)
    if code in _DAMAGED_CODES or isinstance(cause, UNSAYABLE):
        return StoreDamagedError(f"The database {where} is damaged ({said(cause)}). {RESCUE}")
    if code in _DENIED_CODES or (isinstance(cause, OSError) and cause.errno in _DENIED_ERRNO):
        return StoreNotWritableError(
            f"{where} cannot be opened or written ({cause}). Give this user the right to write "
            f"there, or set {STORE} to another directory."
        )
    if code in _BUSY_CODES or isinstance(cause, diskcache.Timeout):
        return StoreError(
            f"{where} stayed locked by another process for {BUSY_TIMEOUT:.0f} s. Try again; if "
            "it stays so, end the process that holds it."
        )
    return StoreError(
        f"{where} cannot be used: {cause}. Check the disk, or set {STORE} to another directory."
    )


def said(error: BaseException) -> str:
    """What is reported, in its own words where it has some."""
    return "a name in it is no text" if isinstance(error, UNSAYABLE) else str(error)


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNO
    # The second: no room for the memory that readers and writers of a database share.
    extended = getattr(error, "sqlite_errorcode", None)
    return _primary_code(error) == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_SHMSIZE


def _primary_code(error: BaseException) -> int | None:
    """SQLite's result code without its extension (the low byte), None for other errors."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & 0xFF
    # Errors that no connection raised carry no code, only SQLite's text.
    return sqlite3.SQLITE_FULL if "disk is full" in str(error) else None
