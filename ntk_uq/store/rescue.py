"""New files in place of damaged ones, with all that can be read of those.

The damaged files are moved into a folder beside them and never written to. What is new is whole
before anything is moved, so that a disk that is full, or whoever ends the program, costs nothing.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import private
from ntk_uq.base.errors import StoreError
from ntk_uq.store import schema, sqlite_file, write_ahead
from ntk_uq.store.check import CACHE, JOBS, RESULTS, checked, is_sound, user_of
from ntk_uq.store.database import Database
from ntk_uq.store.directory import FORMAT, VERSION_FILE, write_version
from ntk_uq.store.disk import BytesDisk, open_cache
from ntk_uq.store.failures import in_words
from ntk_uq.store.job_row import is_job
from ntk_uq.store.notice import NOTICE_TABLE
from ntk_uq.store.records import JobState
from ntk_uq.store.sqlite_file import Row, Scan

_JOB_COLUMNS = (
    *("id", "kind", "spec", "state", "done", "total", "message", "error", "submitted"),
    *("requested", "turn", "started", "finished", "heartbeat", "engine", "priority"),
    *("cancel_requested", "queue_again", "submissions", *schema.ADDED),
)
_FEWEST = len(_JOB_COLUMNS) - len(schema.ADDED)
_SAVED_COLUMNS = {
    **{"id": str, "kind": str, "name": str, "owner": str, "shared": int, "saved": int | float},
    **{"page": str, "query": str, "about": str},
}
_CACHE_COLUMNS = (
    *("key", "raw", "store_time", "expire_time", "access_time", "access_count", "tag"),
    *("size", "mode", "filename", "value"),
)
ASIDE = "damaged-"
"""What a folder of files is called, before date and time, that were put aside."""

_ENGINE = re.compile(r".+-\d+-[0-9a-f]{8}")
_ENDS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Rescued:
    """What became of a damaged file.

    Attributes:
        path: the file.
        what: what it holds, for people.
        rescued: how many of these are in the new file.
        lost: how many are known of that are not.
    """

    path: Path
    what: str
    rescued: int
    lost: int


def repair(directory: Path, now: float | None = None) -> tuple[tuple[Rescued, ...], Path | None]:
    """Puts new files in place of the damaged ones of the store in ``directory``.

    Returns:
        What became of each, and the folder where the damaged ones are now; None if all are sound.

    Raises:
        StoreFullError: if there is no room for the new files; nothing is changed then.
        StoreError: if a program uses the store, or a file cannot be read or written.
    """
    with in_words(directory):
        user = user_of(directory)
        if user is not None:
            raise StoreError(
                f"Process {user} uses the store {directory}. End the engine, the pages and other "
                "commands first: what they write while it is repaired would be lost."
            )
        damaged = {finding.path for finding in checked(directory).damaged}
        if not damaged:
            return (), None
        moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        aside = directory / f"{ASIDE}{moment}"
        private.make_folder(aside)
        try:
            made = [_made(path, aside) for path in (*_files(directory),) if path in damaged]
        except BaseException:
            _remove(aside)
            raise
        for path, new, _ in made:
            _replace(path, new, aside)
        return tuple(rescued for _, _, rescued in made), aside


def _files(directory: Path) -> tuple[Path, ...]:
    return directory / VERSION_FILE, directory / JOBS, directory / RESULTS / CACHE


def _made(path: Path, aside: Path) -> tuple[Path, Path, Rescued]:
    """A new file, in a folder of ``aside``, for a damaged one."""
    folder = aside / f"new-{path.name}"
    private.make_folder(folder)
    if path.name == VERSION_FILE:
        write_version(folder / VERSION_FILE)
        return path, folder / VERSION_FILE, Rescued(path, f"format {FORMAT}", 1, 0)
    found = sqlite_file.scan(write_ahead.read(path))
    make = _make_jobs if path.name == JOBS else _make_results
    return path, folder / path.name, make(path, folder, found)


def _make_jobs(path: Path, folder: Path, found: Scan) -> Rescued:
    jobs: dict[str, Row] = {}
    for row in filter(_is_job, found.rows):
        before = jobs.get(str(row[0]))
        # Of two, as after a page was moved, the one that was written last.
        if before is None or _age(row) >= _age(before):
            jobs[str(row[0])] = row
    lines = [row for row in found.rows if _is_line(row)]
    database = Database(folder / path.name, schema.prepare)
    with database.write() as connection:
        for row in jobs.values():
            _insert(connection, "jobs", _JOB_COLUMNS[: len(row)], row)
        _insert_all(connection, "log", ("job", "time", "text"), [row[1:] for row in lines])
        saved = {str(row[1]): row[1:] for row in found.rows if _is_saved(row)}
        _insert_all(connection, "saved", tuple(_SAVED_COLUMNS), saved.values())
        people = {str(row[0]) for row in found.rows if _is_person(row)}
        for table, (columns, belongs) in _OF_PEOPLE.items():
            rows = [row for row in found.rows if belongs(row, people, jobs.keys())]
            _insert_all(connection, table, columns, rows)
        said = [row for row in found.rows if _is_notice(row)]
        if said:
            connection.execute(NOTICE_TABLE)
            newest = max(said, key=lambda row: _number(row[3]))
            _insert(connection, "notice", ("id", "text", "author", "since"), (1, *newest[1:]))
    _finish(database)
    known = {str(row[0]) for row in found.entries if _names_job(row)} | {str(r[1]) for r in lines}
    others = people | jobs.keys()
    lost = {name for name in known if name not in others and not _ENGINE.fullmatch(name)}
    return Rescued(path, "jobs", len(jobs), max(len(lost), 0 if jobs else found.unreadable))


def _make_results(path: Path, folder: Path, found: Scan) -> Rescued:
    disk = BytesDisk(str(path.parent))
    entries: dict[str, Row] = {}
    for row in found.rows:
        if not _is_entry(row):
            continue
        *_, mode, filename, value = row
        before = entries.get(str(row[1]))
        newer = before is None or _number(row[3]) >= _number(before[3])
        if newer and is_sound(disk, mode, filename, value):
            entries[str(row[1])] = row
    open_cache(folder).close()
    database = Database(folder / path.name, lambda _: None)
    with database.write() as connection:
        _insert_all(connection, "Cache", _CACHE_COLUMNS, [row[1:] for row in entries.values()])
    _finish(database)
    known = {str(row[0]) for row in found.entries if _names_entry(row)}
    known |= {str(row[1]) for row in found.rows if _is_entry(row)}
    return Rescued(path, "results", len(entries), len(known - entries.keys()))


def _is_job(row: Row) -> bool:
    if not _FEWEST <= len(row) <= len(_JOB_COLUMNS):
        return False
    values = dict(zip(_JOB_COLUMNS, row, strict=False))
    numbers = isinstance(values["turn"], int | float)
    # Interrupted is how others read a running one, and never written.
    return numbers and is_job(values) and values["state"] != JobState.INTERRUPTED


def _is_line(row: Row) -> bool:
    kinds = (type(None), str, int | float, str)
    return len(row) == 4 and all(map(isinstance, row, kinds))


def _is_saved(row: Row) -> bool:
    kinds = (type(None), *_SAVED_COLUMNS.values())
    return len(row) == len(kinds) and all(map(isinstance, row, kinds))


def _is_notice(row: Row) -> bool:
    return len(row) == 4 and all(map(isinstance, row, (type(None), str, str, int | float)))


def _is_person(row: Row) -> bool:
    return len(row) == 4 and all(map(isinstance, row, (str, str, str, int | float)))


def _is_owner(row: Row, jobs: Collection[str]) -> bool:
    return len(row) == 3 and row[0] in jobs and isinstance(row[1], str) and _is_number(row[2])


def _is_limit(row: Row) -> bool:
    named = len(row) == 3 and isinstance(row[0], str) and row[1] in _QUOTAS
    return named and (row[2] is None or _is_number(row[2]))


def _is_spent(row: Row, people: Collection[str]) -> bool:
    return len(row) == 3 and row[0] in people and type(row[1]) is int and _is_number(row[2])


_QUOTAS = ("hours", "running", "data", "results")
_OF_PEOPLE: dict[
    str, tuple[tuple[str, ...], Callable[[Row, Collection[str], Collection[str]], bool]]
] = {
    "people": (("id", "name", "role", "seen"), lambda row, _, __: _is_person(row)),
    "owners": (("job", "person", "since"), lambda row, _, jobs: _is_owner(row, jobs)),
    "quotas": (("who", "quota", "amount"), lambda row, _, __: _is_limit(row)),
    "spent": (("person", "hour", "seconds"), lambda row, people, _: _is_spent(row, people)),
}
"""The tables of people, each with its columns and which rows are its own, by the people and jobs
that were found."""


def _is_entry(row: Row) -> bool:
    """Whether a row is one of the cache: a key that is text, as the store writes them."""
    return (
        len(row) == len(_CACHE_COLUMNS) + 1
        and row[0] is None
        and isinstance(row[1], str)
        and row[2] == 1
    )


def _names_job(row: Row) -> bool:
    return len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], int)


def _names_entry(row: Row) -> bool:
    return len(row) == 3 and isinstance(row[0], str) and row[1] == 1


def _age(row: Row) -> float:
    """When a job was last written, in unix seconds."""
    return max(_number(row[i]) for i in (9, 11, 12, 13))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _insert(connection: sqlite3.Connection, table: str, names: Sequence[str], row: Row) -> None:
    places = ", ".join("?" * len(names))
    connection.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({places})", row)


def _insert_all(
    connection: sqlite3.Connection, table: str, names: Sequence[str], rows: Iterable[Row]
) -> None:
    for row in rows:
        _insert(connection, table, names, row)


def _finish(database: Database) -> None:
    """Has all of a database in its one file."""
    with database.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _replace(path: Path, new: Path, aside: Path) -> None:
    for end in _ENDS:
        old = path.with_name(f"{path.name}{end}")
        if old.exists():
            old.rename(aside / old.name)
    new.rename(path)
    _remove(new.parent)


def _remove(folder: Path) -> None:
    """Removes a folder of files that were made here."""
    for inner in sorted(folder.rglob("*"), reverse=True):
        inner.rmdir() if inner.is_dir() else inner.unlink()
    folder.rmdir()
