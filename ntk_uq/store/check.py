"""Whether the files of a store are sound, without changing any of them."""

import contextlib
import os
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import StoreError
from ntk_uq.store import write_ahead
from ntk_uq.store.directory import FORMAT, VERSION_FILE, found_format, is_begun
from ntk_uq.store.disk import BytesDisk, DamagedEntryError
from ntk_uq.store.failures import UNSAYABLE, said
from ntk_uq.store.job_row import is_job

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

JOBS = "jobs.sqlite"
RESULTS = "results"
CACHE = "cache.db"

_DMS = 128  # the byte of a file's shared memory that each process locks that uses the file
_FLOCK = struct.Struct("hhqqi4x")


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file of the store.

    Attributes:
        path: which file.
        reason: what SQLite, or a reader, says of it.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class Checked:
    """What a look at a store has found.

    Attributes:
        damaged: the files that cannot be used any more.
        results: entries of the results that are sound.
        spoilt: entries that are not: they are computed again when they are asked for.
        jobs: how many there are; None where their table cannot be read.
    """

    damaged: tuple[Damage, ...]
    results: int
    spoilt: int
    jobs: int | None


def checked(directory: Path) -> Checked:
    """Looks at all files of the store in ``directory``.

    Not for a process that has the store open: reading a file, it would give up SQLite's locks.

    Raises:
        StoreError: if it is no store, or one of another format.
        OSError: if a file cannot be read for another reason than what is in it.
    """
    version, damaged = directory / VERSION_FILE, []
    if not version.exists():
        if not is_begun(directory):
            raise StoreError(f"{directory} is not a store: it has no {VERSION_FILE}.")
        damaged.append(Damage(version, "it is missing"))
    elif (found := found_format(version)) is None:
        damaged.append(Damage(version, "it does not say which format the store has"))
    elif found != FORMAT:
        raise StoreError(f"The store {directory} has format {found}, this program {FORMAT}.")
    jobs, results, spoilt = None, 0, 0
    with contextlib.suppress(FileNotFoundError):
        reason, connection = _opened(directory / JOBS)
        if reason:
            damaged.append(Damage(directory / JOBS, reason))
        elif connection is not None:
            jobs, wrong = _jobs_in(connection)
            if wrong:
                damaged.append(Damage(directory / JOBS, f"{counted(wrong, 'row')} that are no job"))
    with contextlib.suppress(FileNotFoundError):
        reason, connection = _opened(directory / RESULTS / CACHE)
        if reason:
            damaged.append(Damage(directory / RESULTS / CACHE, reason))
        elif connection is not None:
            disk = BytesDisk(str(directory / RESULTS))
            for row in connection.execute("SELECT mode, filename, value FROM Cache"):
                sound = is_sound(disk, *row)
                results, spoilt = results + sound, spoilt + (not sound)
    return Checked(tuple(damaged), results, spoilt, jobs)


def _jobs_in(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many jobs a sound file has, and how many rows that are none."""
    connection.row_factory = sqlite3.Row
    rows = [is_job(dict(row)) for row in connection.execute("SELECT * FROM jobs")]
    return sum(rows), len(rows) - sum(rows)


def is_sound(disk: BytesDisk, mode: object, filename: object, value: object) -> bool:
    """Whether the value of an entry is what was written."""
    try:
        disk.fetch(mode, filename, value, False)
    except DamagedEntryError:
        return False
    return True


def user_of(directory: Path) -> int | None:
    """The number of some other process that uses the store's files; None where none is known."""
    if fcntl is None:
        return None
    for path in (directory / JOBS, directory / RESULTS / CACHE):
        with contextlib.suppress(OSError):
            file = os.open(path.with_name(f"{path.name}-shm"), os.O_RDONLY)
            try:
                asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _DMS, 1, 0)
                kind, _, _, _, process = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
            finally:
                os.close(file)
            if kind != fcntl.F_UNLCK:
                return int(process)
    return None


def _opened(path: Path) -> tuple[str, sqlite3.Connection | None]:
    """What is wrong with a database; or, in memory, a copy of one that is sound.

    Raises:
        FileNotFoundError: if there is none.
    """
    image = write_ahead.read(path)
    if not image:
        return "", None  # nothing has been written into it yet
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(image)
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    except (sqlite3.DatabaseError, UNSAYABLE) as error:
        return said(error), None
    if found != ["ok"]:
        return "; ".join(" ".join(str(line).split()) for line in found)[:200], None
    return "", connection
