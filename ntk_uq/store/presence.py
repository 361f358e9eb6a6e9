"""That an engine is alive, said without a byte of room: locks on a file that is there already.

A heartbeat is a row, and on a full disk no row can be written. So an engine whose row cannot be
written holds locks on the store's version file, which ends with its process whatever happens, and
everybody asks the system who holds some. A lock is on one byte, far beyond the file's end, whose
place follows from the engine's id; the bytes behind it say why it cannot write.
"""

import contextlib
import hashlib
import os
import struct
import sys
import threading
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

# Locks of an open file, not of the process: others of a process end when it closes any file of
# that name, and every opening of a store reads this one. Where the system has none, heartbeats in
# the table are all that is known.
_SET, _GET = (getattr(fcntl, name, None) for name in ("F_OFD_SETLK", "F_OFD_GETLK"))
_SUPPORTED = _SET is not None and sys.maxsize > 2**32
_FLOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, process
_BYTES = 4  # of an engine: that it is there, and one for each reason


class Trouble(IntEnum):
    """Why an engine cannot write. Each is the place of a byte."""

    FULL = 1
    REFUSED = 2


class Presence:
    """Who says by locks on one file that he is there. May be shared by threads."""

    def __init__(self, path: Path) -> None:
        """``path`` is the file; where it is missing, nobody says anything."""
        self.path = path
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}  # engine -> file descriptor

    def hold(self, engine_id: str, trouble: Trouble | None = None) -> None:
        """Says that an engine is there and, if it cannot write, why; in place of what it said."""
        with self._lock:
            before = self._held.pop(engine_id, None)
            file = self._locked(engine_id, trouble)
            if file is not None:
                self._held[engine_id] = file
            # Only now: there is no moment at which nothing is said.
            if before is not None:
                os.close(before)

    def holds(self, engine_id: str) -> bool:
        """Whether :meth:`hold` has said here that an engine is there."""
        return engine_id in self._held

    def release(self, engine_id: str) -> None:
        """Says nothing any more: the row does."""
        with self._lock:
            self._drop(engine_id)

    def present(self, engine_id: str | None) -> bool:
        """Whether an engine says so."""
        return engine_id is not None and self._is_held(_place(engine_id))

    def trouble(self, engine_id: str) -> Trouble | None:
        """Why an engine cannot write; None if it says nothing of the kind."""
        return next((t for t in Trouble if self._is_held(_place(engine_id) + t)), None)

    def strangers(self, known: list[str]) -> list[Trouble | None]:
        """What engines say that are none of ``known``: those whose row was never written."""
        places, found, start = {_place(name) for name in known}, [], 0
        with self._opened() as file:
            while file is not None and (held := _first_from(file, start)) is not None:
                place = held - held % _BYTES
                if place not in places:
                    found.append(next((t for t in Trouble if _first(file, place + t, 1)), None))
                start = place + _BYTES
        return found

    def _is_held(self, place: int) -> bool:
        with self._opened() as file:
            return file is not None and _first(file, place, 1)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int | None]:
        """The file, to ask who has locks on it; None where nobody can."""
        if not _SUPPORTED:
            yield None
            return
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield None
            return
        try:
            yield file
        finally:
            os.close(file)

    def _locked(self, engine_id: str, trouble: Trouble | None) -> int | None:
        """The file with its locks; None where it is missing or cannot have any."""
        if not _SUPPORTED:
            return None
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            for byte in (0,) if trouble is None else (0, trouble):
                _ask(file, _SET, fcntl.F_RDLCK, _place(engine_id) + byte, 1)
        except OSError:
            os.close(file)
            return None
        return file

    def _drop(self, engine_id: str) -> None:
        file = self._held.pop(engine_id, None)
        if file is not None:
            os.close(file)


def _place(engine_id: str) -> int:
    digest = hashlib.sha256(engine_id.encode()).digest()
    # Not from 0 on: whoever locks the file's own bytes is no engine.
    return (int.from_bytes(digest[:7]) + 1) * _BYTES


def _first(file: int, start: int, length: int) -> bool:
    return _holder(file, start, length) is not None


def _first_from(file: int, start: int) -> int | None:
    """Where the first lock from ``start`` on begins."""
    # The system tells of any lock in a range; halving the range finds the first.
    low, high = max(start, _BYTES), (2**56 + 2) * _BYTES
    if not _first(file, low, high - low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _first(file, low, middle - low):
            high = middle
        else:
            low = middle
    return low


def _holder(file: int, start: int, length: int) -> int | None:
    """The beginning of some lock in a range of bytes; None if there is none."""
    try:
        kind, _, found, *_ = _FLOCK.unpack(_ask(file, _GET, fcntl.F_WRLCK, start, length))
    except OSError:
        return None
    return None if kind == fcntl.F_UNLCK else int(found)


def _ask(file: int, command: Any, kind: int, start: int, length: int) -> bytes:
    asked = _FLOCK.pack(kind, os.SEEK_SET, start, length, 0)
    return fcntl.fcntl(file, command, asked)
