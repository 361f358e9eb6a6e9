"""What everybody reads of the job table: single jobs, lists of them, engines, logs, changes."""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ntk_uq.base.errors import SpecError, StoreDamagedError, StoreError
from ntk_uq.store import job_row, schema, turn_order
from ntk_uq.store.database import Database
from ntk_uq.store.directory import VERSION_FILE
from ntk_uq.store.failures import RESCUE
from ntk_uq.store.presence import Presence, Trouble
from ntk_uq.store.records import EngineRecord, Job, JobState, LogLine, Queue
from ntk_uq.store.selecting import (
    ABANDONED,
    AMONG_IDS,
    DEAD,
    HIDDEN,
    KIND,
    STATE,
    JobOrder,
    Words,
    marked,
    matcher,
    ordered,
    terms_of,
    told,
)

HEARTBEAT_TIMEOUT = 15.0
"""Seconds of silence after which an engine counts as dead."""

SHORTEST_PREFIX = 4
"""Characters of an id that a person has to give."""

_COLUMNS = ", ".join(
    f"{STATE} AS state" if field.name == "state" else field.name for field in fields(Job)
)
_ENGINE = (
    "id || ':' || CASE WHEN json_valid(info)"
    " THEN coalesce(json_array_length(info, '$.devices'), 0) ELSE '?' END"
)
"""An engine, and how many devices it has told of: one that is starting is another than the one that
it becomes, and has none yet."""

Failure = tuple[str, LogLine]
"""The id of a job, and what its log says went wrong."""

JobList = list[Job]  # `list` is a method below


class Reading:
    """The job table for those who only look."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        timeout: float = HEARTBEAT_TIMEOUT,
        read_only: bool = False,
    ) -> None:
        """Opens or creates the table in ``path``; ``clock`` gives unix seconds; ``read_only`` as in
        :class:`Database`."""
        self._clock = clock
        self._timeout = timeout
        self._presence = Presence(path.with_name(VERSION_FILE))
        self._database = Database(
            path,
            schema.prepare,
            schema.stand_in,
            {"present": self._presence.present},
            read_only=read_only,
        )

    def engines(self) -> list[EngineRecord]:
        """The engines that are alive, the one that started first first.

        One that cannot write has ``unwritable`` in its info: ``full`` where the disk is, else
        ``refused``. Of one that has never been able to, nothing else is known.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM engines WHERE NOT {DEAD} ORDER BY started, id", self._times()
            ).fetchall()
        known = [
            EngineRecord(
                row["id"],
                _info(row["info"]) | _unwritable(self._presence.trouble(row["id"])),
                row["started"],
                row["heartbeat"],
            )
            for row in rows
        ]
        return known + [
            EngineRecord(f"unnamed-{number}", _unwritable(trouble), self._clock(), self._clock())
            for number, trouble in enumerate(self._presence.strangers([row["id"] for row in rows]))
            if trouble is not None
        ]

    def get(self, job_id: str) -> Job | None:
        """The job, or None if there is none of this id."""
        with self._database.read() as connection:
            return self._read(connection, job_id)

    def existing(self, job_id: str) -> Job:
        """The job. Raises StoreError if there is none of this id."""
        with self._database.read() as connection:
            return self._existing(connection, job_id)

    def get_many(self, job_ids: Iterable[str]) -> dict[str, Job]:
        """Those of the jobs that exist, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE {AMONG_IDS}",
                {**self._times(), "ids": json.dumps([*job_ids])},
            ).fetchall()
        return {row["id"]: self._job(row) for row in rows}

    def find(self, prefix: str) -> Job:
        """The one job whose id is, or starts with, ``prefix``.

        Raises:
            SpecError: if the prefix is too short, or several jobs start with it.
            StoreError: if no job does.
        """
        with self._database.read() as connection:
            whole = self._read(connection, prefix)
            if whole is not None:
                return whole
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE substr(id, 1, length(:prefix)) = :prefix"
                " ORDER BY turn DESC LIMIT 4",
                {**self._times(), "prefix": prefix},
            ).fetchall()
        if len(prefix) < SHORTEST_PREFIX:
            raise SpecError(
                f"{prefix!r} is too short for the id of a job; give at least "
                f"{SHORTEST_PREFIX} characters of it."
            )
        if not rows:
            raise StoreError(f"There is no job {prefix} in {self._database.path}.")
        if len(rows) > 1:
            some = ", ".join(row["id"][: len(prefix) + 8] for row in rows[:3])
            raise SpecError(
                f"Several jobs start with {prefix}: {some}{', …' if len(rows) > 3 else ''}. "
                "Give more characters."
            )
        return self._job(rows[0])

    def list(
        self,
        states: Collection[JobState] | None = None,
        limit: int = 100,
        *,
        offset: int = 0,
        kinds: Collection[str] | None = None,
        former_kinds: Mapping[str, str] | None = None,
        text: str = "",
        archived: bool | None = None,
        tags: Collection[str] = (),
        launched: Collection[str] | None = None,
        order: JobOrder = JobOrder.NEWEST,
        words: Words | None = None,
        ids: Collection[str] | None = None,
        hidden: Collection[str] = (),
    ) -> JobList:
        """Some of the jobs, in an order.

        Args:
            states: those in one of these states; None for any.
            limit: at most so many,
            offset: after leaving out so many.
            kinds: those of one of these kinds; None for any.
            former_kinds: what kinds were called by the program that asked for a job, and what they
                are called now: a job is found, and sorted, by the name of now.
            text: those that have each of its words, in capitals or not, in their label, their
                kind, their tags, the beginning of their id, or in what ``words`` says of them. A
                number belongs to the word before it: ``depth 2`` is not found in
                ``depth 1, 2 draws``.
            archived: those that are, or are not; None for both.
            tags: those that have all of these.
            launched: those that were launched, or are of one of these kinds, which only people ask
                for, or to which somebody gave a label or a tag; None for all.
            order: see :class:`JobOrder`.
            words: says what a job computes; without it, the specification's JSON is searched.
            ids: those of these; None for any.
            hidden: names of which a specification may have one that is not shown: such a job is in
                no list that asks for a kind, a text or a tag, since that would tell what it is,
                and comes last where they are sorted by what they are.
        """
        with self._database.read() as connection:
            condition, values = self._condition(connection, states, kinds, text, archived, words)
            condition += marked(tags, launched, values)
            condition += told(ids, hidden, bool(kinds or text or tags), values)
            values["former"] = json.dumps(dict(former_kinds or {}))
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE {condition}"
                f" ORDER BY {ordered(order, hidden)} LIMIT :limit OFFSET :offset",
                {**values, "limit": max(limit, 0), "offset": max(offset, 0)},
            ).fetchall()
        return [self._job(row) for row in rows]

    def count(
        self,
        states: Collection[JobState] | None = None,
        *,
        kinds: Collection[str] | None = None,
        former_kinds: Mapping[str, str] | None = None,
        text: str = "",
        archived: bool | None = None,
        tags: Collection[str] = (),
        launched: Collection[str] | None = None,
        words: Words | None = None,
        ids: Collection[str] | None = None,
        hidden: Collection[str] = (),
    ) -> int:
        """How many jobs :meth:`list` would give without a limit."""
        with self._database.read() as connection:
            condition, values = self._condition(connection, states, kinds, text, archived, words)
            condition += marked(tags, launched, values)
            condition += told(ids, hidden, bool(kinds or text or tags), values)
            values["former"] = json.dumps(dict(former_kinds or {}))
            (number,) = connection.execute(
                f"SELECT count(*) FROM jobs WHERE {condition}", values
            ).fetchone()
        return int(number)

    def queue(self) -> Queue:
        """How many jobs are in each state, and since when the oldest of those that wait does."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {STATE} AS seen, count(*) AS number, min(submitted) AS oldest FROM jobs"
                " GROUP BY 1",
                self._times(),
            ).fetchall()
        found = {row["seen"]: row for row in rows}
        waiting = (found.get(state) for state in (JobState.QUEUED, JobState.INTERRUPTED))
        return Queue(
            {state: found[state]["number"] if state in found else 0 for state in JobState},
            min((row["oldest"] for row in waiting if row is not None), default=None),
        )

    def kinds(self) -> tuple[str, ...]:
        """The kinds of the jobs that there are, in alphabetical order."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT DISTINCT kind FROM jobs ORDER BY kind").fetchall()
        return tuple(row["kind"] for row in rows)

    def tags(self, hidden: Collection[str] = ()) -> tuple[str, ...]:
        """The tags that jobs have, in alphabetical order; but for those whose specification has one
        of these names in it."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT DISTINCT value FROM jobs, json_each(jobs.tags) WHERE NOT {HIDDEN}"
                " ORDER BY value",
                {"hidden": json.dumps([*hidden])},
            ).fetchall()
        return tuple(row["value"] for row in rows)

    def log(self, job_id: str, limit: int = 200) -> tuple[LogLine, ...]:
        """What happened to a job, the last ``limit`` lines, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT time, text FROM log WHERE job = ? ORDER BY number DESC LIMIT ?",
                (job_id, max(limit, 0)),
            ).fetchall()
        return tuple(LogLine(row["time"], row["text"]) for row in reversed(rows))

    def failures(self, since: float, limit: int = 100) -> tuple[Failure, ...]:
        """What the logs say went wrong after a moment (unix seconds), with the jobs' ids: runs
        and single chunks that failed; the last first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT job, time, text FROM log WHERE time > ? AND (text LIKE 'Failed%'"
                " OR text LIKE 'A chunk failed%') ORDER BY number DESC LIMIT ?",
                (since, max(limit, 0)),
            ).fetchall()
        return tuple((row["job"], LogLine(row["time"], row["text"])) for row in rows)

    def log_bytes(self) -> int:
        """Bytes of the texts of all logs."""
        with self._database.read() as connection:
            (found,) = connection.execute(
                "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM log"
            ).fetchone()
        return int(found)

    def ahead(self, job_id: str) -> int:
        """How many other jobs run, or go before a job that waits; 0 for one that does not. Of each
        other person, as many as take their turn before it."""
        with self._database.read() as connection:
            return turn_order.ahead(connection, job_id)

    def stamp(self) -> str:
        """A text that differs whenever anything has changed that a list of jobs shows.

        It is read without reading any job: the number of changes so far, that of running jobs
        whose engine has gone silent, which engines are alive with how many devices, since nobody
        counts these two, and what keeps engines from writing.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT (SELECT count FROM changes) AS changes,"
                f" (SELECT count(*) FROM jobs WHERE {ABANDONED}) AS abandoned,"
                f" (SELECT group_concat(one) FROM (SELECT {_ENGINE} AS one FROM engines"
                f" WHERE NOT {DEAD} ORDER BY id)) AS engines",
                self._times(),
            ).fetchone()
        stamp = f"{row['changes']}-{row['abandoned']}-{row['engines'] or 0}"
        troubles = self._presence.strangers([])
        return f"{stamp}-{troubles}" if any(troubles) else stamp

    def close(self) -> None:
        """Closes idle connections; the table opens again when used."""
        self._database.close()

    def _times(self) -> dict[str, Any]:
        return {"now": self._clock(), "timeout": self._timeout}

    def _job(self, row: sqlite3.Row) -> Job:
        values = dict(row)
        if not job_row.is_job(values):
            raise StoreDamagedError(
                f"The database {self._database.path} is damaged: its row {row['id']!r:.40} is no "
                f"job. {RESCUE}"
            )
        return job_row.job_of(values)

    def _read(self, connection: sqlite3.Connection, job_id: str) -> Job | None:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = :id", {**self._times(), "id": job_id}
        ).fetchone()
        return None if row is None else self._job(row)

    def _existing(self, connection: sqlite3.Connection, job_id: str) -> Job:
        job = self._read(connection, job_id)
        if job is None:
            raise StoreError(f"There is no job {job_id} in {self._database.path}; submit it first.")
        return job

    def _condition(
        self,
        connection: sqlite3.Connection,
        states: Collection[JobState] | None,
        kinds: Collection[str] | None,
        text: str,
        archived: bool | None,
        words: Words | None,
    ) -> tuple[str, dict[str, Any]]:
        """What follows WHERE, and its values."""
        parts, values = ["1"], self._times()
        if states is not None:
            parts.append(f"{STATE} IN (SELECT value FROM json_each(:states))")
            values["states"] = json.dumps([str(state) for state in states])
        if kinds is not None:
            parts.append(f"{KIND} IN (SELECT value FROM json_each(:kinds))")
            values["kinds"] = json.dumps([*kinds])
        if archived is not None:
            parts.append("archived = :archived")
            values["archived"] = archived
        terms = terms_of(text)
        if terms:
            # Python decides: SQLite folds the case of ASCII only, and the words are Python's.
            connection.create_function("matches", 5, matcher(terms, words))
            parts.append("matches(id, kind, spec, label, tags)")
        return " AND ".join(parts), values


def _unwritable(trouble: Trouble | None) -> dict[str, str]:
    return {} if trouble is None else {"unwritable": trouble.name.lower()}


def _info(text: Any) -> dict[str, Any]:
    """What an engine has said of itself; nothing where that was damaged: it says it again."""
    try:
        info = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}
