"""A copy of a store that is a store by itself, taken while others use it, and brought back.

The tables are copied by SQLite, each as it is at one moment, and then the files that the rows of
the copied table name: a result's file never changes. One that was replaced or removed meanwhile is
looked up again in the table of now. The version file comes last, so that what is not whole is no
store.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import private
from ntk_uq.base.errors import StoreError, StoreFullError
from ntk_uq.base.settings import format_bytes
from ntk_uq.store.check import CACHE, JOBS, RESULTS, checked
from ntk_uq.store.database import Database
from ntk_uq.store.directory import FORMAT, VERSION_FILE, found_format, is_store
from ntk_uq.store.disk import BytesDisk, DamagedEntryError
from ntk_uq.store.failures import in_words
from ntk_uq.store.volume import files_in, table_bytes

OWN = "own"
"""The folder of a backup that holds users' own data sets, which are no part of a store."""

VIEWS, REPORTS = "views", "reports"
_STAGING = ".unfinished-copy"
_TRIES = 5
_KEPT = (".val", ".json", ".npz")
_NAMED = "SELECT rowid, key, filename FROM Cache WHERE filename IS NOT NULL"
_SAME = (
    "SELECT store_time, access_time, size, mode, filename, value FROM Cache"
    " WHERE key = ? AND raw = 1"
)


@dataclass(frozen=True)
class Copied:
    """What a copy holds.

    Attributes:
        jobs: how many.
        results: how many.
        own: how many of users' own data sets.
        bytes: in all.
    """

    jobs: int
    results: int
    own: int
    bytes: int


def back_up(directory: Path, own: Path, target: Path) -> Copied:
    """Copies the store in ``directory`` into a new folder, with users' own data sets beside it.

    Programs may go on using the store. The copy is as the store is at one moment, but that it
    knows no engine: what ran then waits there.

    Args:
        directory: of the store.
        own: the folder of users' own data sets; it need not be there.
        target: the new folder; what is above it has to be there.

    Raises:
        StoreFullError: if there is no room for it; nothing is kept then.
        StoreError: if there is no store, something is at ``target`` already, or it cannot be
            written; nothing is kept then.
    """
    target = target.absolute()
    if target.resolve().is_relative_to(directory.resolve()):
        raise StoreError(
            f"{target} is inside the store {directory}; a backup belongs elsewhere, best on "
            "another disk."
        )
    if target.exists() or target.is_symlink():
        raise StoreError(f"{target} is there already; a backup is written into a new folder.")
    with in_words(target):
        private.make_folder(target)
    try:
        return _copy(directory, own, target, target / OWN)
    except BaseException:
        with contextlib.suppress(OSError):
            target.rmdir()
        raise


def bring_back(backup: Path, directory: Path, own: Path) -> Copied:
    """Makes a store of a backup in ``directory``, which is empty or not there yet, and puts the
    own data sets that it holds where those are kept. The backup stays as it is.

    Raises:
        StoreFullError: if there is no room for it; no store is made then.
        StoreError: if ``backup`` is no store, one of a newer version, or damaged; or if there is
            something in ``directory``; nothing is changed then.
    """
    backup, directory = backup.absolute(), directory.absolute()
    _require_readable(backup)
    with in_words(directory):
        there = directory.exists()
        if there and (not directory.is_dir() or any(directory.iterdir())):
            raise StoreError(
                f"{directory} is not empty; a backup is only brought back into a folder that is, "
                "or is not there yet. Move what is there away first."
            )
        private.make_folder(directory, parents=True, exist_ok=True)
    try:
        return _copy(backup, backup / OWN, directory, own)
    except BaseException:
        if not there:
            with contextlib.suppress(OSError):
                directory.rmdir()
        raise


def _require_readable(backup: Path) -> None:
    if not is_store(backup):
        raise StoreError(
            f"{backup} is no backup: a whole one has {VERSION_FILE}, {JOBS} and results."
        )
    found = found_format(backup / VERSION_FILE)
    if isinstance(found, int) and found > FORMAT:
        raise StoreError(
            f"The backup {backup} is of a newer version of this program (format {found}; this one "
            f"knows {FORMAT}). Install that version and bring it back with that."
        )
    damaged = checked(backup).damaged
    if damaged:
        files = ", ".join(f"{d.path.relative_to(backup)} ({d.reason})" for d in damaged)
        raise StoreError(
            f"The backup {backup} is damaged: {files}. Take another; or copy it, have the copy "
            "repaired by `ntk-uq store check --repair`, and bring that back."
        )


def _copy(source: Path, own_source: Path, target: Path, own_target: Path) -> Copied:
    """Copies into an empty folder; all of it or nothing."""
    staging = target / _STAGING
    if not is_store(source):
        raise StoreError(f"There is no whole store in {source}.")
    _require_room(source, own_source, target)
    with _in_words_of(target), _removed_on_failure(staging):
        private.make_folder(staging)
        private.make_folder(staging / RESULTS)
        # Jobs first: the results of one that is done there were written before.
        jobs = _copy_table(source / JOBS, staging / JOBS, _forget_engines)
        results = _copy_results(source / RESULTS, staging / RESULTS)
        for name in (VIEWS, REPORTS):
            _copy_views(source / name, staging / name)
        own = _copy_own(own_source, own_target, staging)
        _copy_file(source / VERSION_FILE, staging / VERSION_FILE)
        _flush()
        size = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
        for path in sorted(staging.iterdir(), key=lambda path: path.name == VERSION_FILE):
            path.rename(target / path.name)
        staging.rmdir()
    return Copied(jobs, results, own, size)


@contextlib.contextmanager
def _removed_on_failure(staging: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


@contextlib.contextmanager
def _in_words_of(target: Path) -> Iterator[None]:
    """A full disk in words of copying."""
    try:
        with in_words(target):
            yield
    except StoreFullError as error:
        raise StoreFullError(
            f"There is not enough room for the copy in {target}; nothing of it is kept. Make room "
            "there, or choose another disk."
        ) from error


def _require_room(source: Path, own_source: Path, target: Path) -> None:
    """Before anything is copied: what takes minutes should not fail at its end."""
    needed = table_bytes(source / JOBS) + table_bytes(source / RESULTS / CACHE)
    for folder in (source / RESULTS, source / VIEWS, source / REPORTS, own_source):
        kept = (size for path, size in files_in(folder) if path.suffix in _KEPT)
        needed += sum(kept)
    free = shutil.disk_usage(target).free
    if needed > free:
        raise StoreFullError(
            f"The copy takes {format_bytes(needed)}, and {format_bytes(free)} are free in {target}."
        )


def _copy_table(path: Path, copy: Path, change: Callable[[sqlite3.Connection], int]) -> int:
    """Copies a SQLite file as it is at one moment, with all that was committed; returns what
    ``change`` does of the copy, which is one file after it."""
    database = Database(path, lambda _: None)
    private.make_file(copy)
    made = sqlite3.connect(copy, isolation_level=None)
    try:
        with database.read() as connection:
            connection.backup(made)
        found = change(made)
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        made.execute("PRAGMA journal_mode = DELETE")  # no files beside it; it is changed at opening
    finally:
        made.close()
        database.close()
    return found


def _forget_engines(copy: sqlite3.Connection) -> int:
    """No engine has the copy: what runs is taken over at once, and nobody looks."""
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    for table in tables & {"engines", "watchers"}:
        copy.execute(f"DELETE FROM {table}")
    if "heartbeat" in {row[1] for row in copy.execute("PRAGMA table_info(jobs)")}:
        copy.execute("UPDATE jobs SET heartbeat = 0 WHERE state = 'running'")
    (count,) = copy.execute("SELECT count(*) FROM jobs").fetchone()
    return int(count)


def _copy_results(folder: Path, copy: Path) -> int:
    def files(made: sqlite3.Connection) -> int:
        disk = BytesDisk(str(folder))
        for row, key, name in made.execute(_NAMED).fetchall():
            if not _copied_file(disk, folder, copy, name):
                _look_again(made, row, key, disk, folder, copy)
        (count,) = made.execute("SELECT count(*) FROM Cache").fetchone()
        return int(count)

    return _copy_table(folder / CACHE, copy / CACHE, files)


def _copy_file(path: Path, copy: Path, *, follow_symlinks: bool = True) -> None:
    """Copies a file as what is kept; a link that is not followed stays one, and what it leads to as
    it is."""
    shutil.copyfile(path, copy, follow_symlinks=follow_symlinks)
    if not copy.is_symlink():
        private.keep(copy)


def _copied_file(disk: BytesDisk, folder: Path, copy: Path, name: object) -> bool:
    """Copies a result's file; False where it is gone, or no such file at all."""
    try:
        path = disk.path_of(name)
    except DamagedEntryError:
        return False
    place = copy / path.relative_to(folder.resolve())
    private.make_folder(place.parent, parents=True, exist_ok=True)
    try:
        _copy_file(path, place, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _look_again(
    made: sqlite3.Connection, row: int, key: str, disk: BytesDisk, folder: Path, copy: Path
) -> None:
    """A result whose file went while it was to be copied: as it is now, or not at all."""
    database = Database(folder / CACHE, lambda _: None)
    try:
        for _ in range(_TRIES):
            with database.read() as connection:
                now = connection.execute(_SAME, (key,)).fetchone()
            if now is None:
                break
            if now["filename"] is None or _copied_file(disk, folder, copy, now["filename"]):
                names = tuple(now.keys())
                changes = ", ".join(f"{name} = ?" for name in names)
                made.execute(f"UPDATE Cache SET {changes} WHERE rowid = ?", (*tuple(now), row))
                return
    finally:
        database.close()
    made.execute("DELETE FROM Cache WHERE rowid = ?", (row,))


def _copy_views(folder: Path, copy: Path) -> None:
    if folder.is_dir():
        private.make_folder(copy)
        for path in folder.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                _copy_file(path, copy / path.name)


def _copy_own(folder: Path, target: Path, staging: Path) -> int:
    """Copies own data sets that are not there yet: each is named by what is in it. Whose they are
    lies beside them, and comes first: nothing is there for a moment for everybody."""
    found = sorted(folder.glob("own-*.npz")) if folder.is_dir() else []
    records = sorted(folder.glob("own-*.json")) if folder.is_dir() else []
    inside = target.parent == staging.parent
    place = staging / OWN if inside else target
    if found or records:
        private.make_folder(place, parents=True, exist_ok=True)
    for path in (*records, *found):
        if not (place / path.name).exists():
            unfinished = place / f".{path.name}.unfinished"
            try:
                _copy_file(path, unfinished)
                unfinished.replace(place / path.name)
            finally:
                unfinished.unlink(missing_ok=True)
    return len(found)


def _flush() -> None:
    if hasattr(os, "sync"):
        os.sync()
