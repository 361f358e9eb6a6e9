"""The table of jobs: who wants what, who computes it, how far it is.

    submit -> QUEUED -- claim --> RUNNING -- finish --> DONE, FAILED, CANCELLED -- submit --> QUEUED
                 ^------ release ----'  '-- silence --> INTERRUPTED -- claim --> RUNNING

An engine shows that it is alive by `beat` (and `claim`, `progress`). A running job whose engine
has been silent for HEARTBEAT_TIMEOUT *reads* as INTERRUPTED; nobody has to write that, so it holds
when every engine is dead. Any other engine may claim it; the one that lost it gets False from
then on. If the silent engine comes back before that, the job is running again.

A cancelled job that somebody submits again before its engine has stopped cannot simply go on: the
engine may have dropped chunks already. It is marked, keeps `cancel_requested` until the engine
reports CANCELLED (or releases it, or dies), and is queued again at that moment. If the engine
reports DONE or FAILED instead, that is the answer to the new submission too.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ntk_uq.errors import StoreError
from ntk_uq.store.database import Database
from ntk_uq.store.records import Engine, Job, JobState

HEARTBEAT_TIMEOUT = 15.0
"""Seconds of silence after which an engine counts as dead."""

_FORGET_ENGINES = 24 * 3600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    submitted REAL NOT NULL,
    requested REAL NOT NULL,
    turn INTEGER NOT NULL,
    started REAL,
    finished REAL,
    heartbeat REAL,
    engine TEXT,
    priority INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    queue_again INTEGER NOT NULL DEFAULT 0,
    submissions INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs (turn);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, priority, turn);
CREATE TABLE IF NOT EXISTS engines (
    id TEXT PRIMARY KEY,
    info TEXT NOT NULL,
    started REAL NOT NULL,
    heartbeat REAL NOT NULL
)
"""

# abs: after the clock was set back, heartbeats of dead engines lie in the future.
_SILENT = "abs(:now - heartbeat) > :timeout"
_ABANDONED = f"(state = 'running' AND {_SILENT})"
_STOPPING = "(cancel_requested AND NOT queue_again)"

# The state as every reader sees it. Of an engine that died while it was told to stop, nothing is
# left to wait for.
_STATE = (
    f"CASE WHEN NOT {_ABANDONED} THEN state "
    f"WHEN {_STOPPING} THEN 'cancelled' ELSE 'interrupted' END"
)
_COLUMNS = ", ".join(
    f"{_STATE} AS state" if field.name == "state" else field.name for field in fields(Job)
)
_CLAIMABLE = (
    f"((state = 'queued' OR ({_ABANDONED} AND engine <> :engine AND NOT {_STOPPING}))"
    " AND (:least IS NULL OR priority >= :least))"
)
_NEXT_TURN = "(SELECT coalesce(max(turn), 0) + 1 FROM jobs)"
_AMONG_IDS = "id IN (SELECT value FROM json_each(:ids))"
_HELD = "state = 'running' AND engine = :engine"

JobList = list[Job]  # `list` is a method below


class JobTable:
    """Jobs and engines in one SQLite file, for any number of threads and processes.

    Every method raises StoreError, in words, if the database is locked, read-only or damaged,
    and those that write StoreFullError if the disk is full.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        timeout: float = HEARTBEAT_TIMEOUT,
    ) -> None:
        """Opens or creates the table in ``path``; ``clock`` gives unix seconds."""
        self._clock = clock
        self._timeout = timeout
        self._database = Database(path, _SCHEMA)

    # For those who want something computed.

    def submit(
        self, job_id: str, kind: str, spec: str, *, total: int = 0, priority: int = 0
    ) -> Job:
        """Asks for a job; returns it as it stands then. Asking twice makes one job.

        - New, or ended: it is queued. What it computed before is in the results, so its engine
          computes only what is missing. ``submissions`` starts at 1.
        - Queued or running: it stays so, counts one submission more, and moves to the front of
          its priority; a queued one takes the higher of the two priorities.
        - Running and told to stop: the same, and it is queued again once it has stopped.
        - Interrupted: it is queued, with one submission more.

        Raises:
            StoreError: if a job of this id is waiting or running with another kind or spec.
        """
        with self._database.write() as connection:
            job = self._read(connection, job_id)
            values = {
                "id": job_id,
                "kind": kind,
                "spec": spec,
                "total": total,
                "priority": priority,
                "now": self._clock(),
            }
            if job is None:
                connection.execute(
                    "INSERT INTO jobs"
                    " (id, kind, spec, state, total, priority, submitted, requested, turn)"
                    " VALUES (:id, :kind, :spec, 'queued', :total, :priority, :now, :now,"
                    f" {_NEXT_TURN})",
                    values,
                )
            elif job.state.ended:
                connection.execute(
                    "UPDATE jobs SET kind = :kind, spec = :spec, state = 'queued', done = 0,"
                    " total = :total, message = '', error = '', submitted = :now,"
                    f" requested = :now, turn = {_NEXT_TURN}, started = NULL, finished = NULL,"
                    " heartbeat = NULL, engine = NULL, priority = :priority,"
                    " cancel_requested = 0, queue_again = 0, submissions = 1 WHERE id = :id",
                    values,
                )
            else:
                _require_same(job, kind, spec)
                connection.execute(
                    "UPDATE jobs SET submissions = submissions + 1, requested = :now,"
                    f" turn = {_NEXT_TURN}, queue_again = cancel_requested WHERE id = :id",
                    values,
                )
                if job.state is JobState.INTERRUPTED:
                    _queue(connection, job_id)
                if job.state is not JobState.RUNNING:
                    connection.execute(
                        "UPDATE jobs SET priority = max(priority, :priority) WHERE id = :id",
                        values,
                    )
            return self._existing(connection, job_id)

    def request_cancel(self, job_id: str) -> Job:
        """Cancels a job, whoever asked for it; returns it as it stands then.

        A queued or interrupted one is cancelled at once; of a running one, the engine is asked to
        stop; one that has ended stays as it is.

        Raises:
            StoreError: if there is no such job.
        """
        with self._database.write() as connection:
            self._cancel(connection, self._existing(connection, job_id))
            return self._existing(connection, job_id)

    # For engines.

    def claim(
        self, engine_id: str, limit: int = 1, *, least_priority: int | None = None
    ) -> JobList:
        """Takes up to ``limit`` jobs, which are running from now on; no two engines get the same.

        Queued and interrupted ones, higher priority first, then the one asked for last. An engine
        that was silent itself does not get its own jobs again: it still has them. Jobs below
        ``least_priority`` are left to others.
        """
        values = {
            **self._times(),
            "engine": engine_id,
            "limit": max(limit, 0),
            "least": least_priority,
        }
        with self._database.read() as connection:
            # An idle engine that asks often shall not take the lock of those who write.
            any_job = connection.execute(f"SELECT 1 FROM jobs WHERE {_CLAIMABLE} LIMIT 1", values)
            if any_job.fetchone() is None:
                return []
        with self._database.write() as connection:
            values |= self._times()
            rows = connection.execute(
                f"SELECT id FROM jobs WHERE {_CLAIMABLE}"
                " ORDER BY priority DESC, turn DESC LIMIT :limit",
                values,
            ).fetchall()
            for row in rows:
                connection.execute(
                    "UPDATE jobs SET state = 'running', engine = :engine, started = :now,"
                    " heartbeat = :now, cancel_requested = 0, queue_again = 0 WHERE id = :id",
                    {**values, "id": row["id"]},
                )
            return [self._existing(connection, row["id"]) for row in rows]

    def progress(self, job_id: str, engine_id: str, done: int, total: int, message: str) -> bool:
        """Reports how far a job is, and that its engine is alive.

        Returns False, changing nothing, if the engine does not have the job (any more): it should
        stop computing it.
        """
        with self._database.write() as connection:
            cursor = connection.execute(
                "UPDATE jobs SET done = :done, total = :total, message = :message,"
                f" heartbeat = :now WHERE id = :id AND {_HELD}",
                {
                    "id": job_id,
                    "engine": engine_id,
                    "done": done,
                    "total": total,
                    "message": message,
                    "now": self._clock(),
                },
            )
            return cursor.rowcount == 1

    def finish(self, job_id: str, engine_id: str, state: JobState, error: str = "") -> bool:
        """Ends a job: ``state`` is DONE, FAILED or CANCELLED, ``error`` why it failed.

        CANCELLED queues it again if it was submitted again after it was told to stop. Returns
        False, changing nothing, if the engine does not have the job (any more).

        Raises:
            ValueError: for another state.
        """
        if not state.ended:
            raise ValueError(f"a job ends as done, failed or cancelled, not {state}")
        with self._database.write() as connection:
            row = _held(connection, job_id, engine_id)
            if row is None:
                return False
            if state is JobState.CANCELLED and row["queue_again"]:
                _queue(connection, job_id)
            else:
                self._end(connection, job_id, state, error)
            return True

    def release(self, job_id: str, engine_id: str) -> bool:
        """Gives a job back unfinished, at an orderly shutdown: it is queued at its old place.

        One that was told to stop is cancelled, unless it was submitted again since. Returns False,
        changing nothing, if the engine does not have the job (any more).
        """
        with self._database.write() as connection:
            row = _held(connection, job_id, engine_id)
            if row is None:
                return False
            self._release(connection, row)
            return True

    def cancel_requested(self, job_ids: Iterable[str]) -> set[str]:
        """Those of ``job_ids`` that shall stop, or were cancelled while their engine was silent."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT id FROM jobs WHERE cancel_requested AND {_AMONG_IDS}",
                {"ids": json.dumps(list(job_ids))},
            ).fetchall()
            return {row["id"] for row in rows}

    def beat(self, engine_id: str, info: Mapping[str, Any]) -> set[str]:
        """Says that an engine is alive, and what it is; returns the ids of the jobs it has.

        To be called every few seconds from a thread of its own. ``info`` is JSON: pid, host,
        device, memory limit, workers and the like. The id must be new at each start of an engine,
        since jobs of an id that beats are never taken for interrupted.
        """
        values = {
            "engine": engine_id,
            "info": json.dumps(dict(info), allow_nan=False),
            "now": self._clock(),
            "forget": _FORGET_ENGINES,
        }
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO engines (id, info, started, heartbeat)"
                " VALUES (:engine, :info, :now, :now)"
                " ON CONFLICT (id) DO UPDATE SET info = excluded.info, heartbeat = :now",
                values,
            )
            connection.execute("DELETE FROM engines WHERE :now - heartbeat > :forget", values)
            connection.execute(f"UPDATE jobs SET heartbeat = :now WHERE {_HELD}", values)
            rows = connection.execute(f"SELECT id FROM jobs WHERE {_HELD}", values).fetchall()
            return {row["id"] for row in rows}

    def stopped(self, engine_id: str) -> None:
        """Says that an engine has ended in good order; what it still had is released."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM engines WHERE id = ?", (engine_id,))
            held = connection.execute(
                f"SELECT * FROM jobs WHERE {_HELD}", {"engine": engine_id}
            ).fetchall()
            for row in held:
                self._release(connection, row)

    # For everybody.

    def engines(self) -> list[Engine]:
        """The engines that are alive, the one that started first first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM engines WHERE NOT {_SILENT} ORDER BY started, id", self._times()
            ).fetchall()
        return [
            Engine(row["id"], json.loads(row["info"]), row["started"], row["heartbeat"])
            for row in rows
        ]

    def get(self, job_id: str) -> Job | None:
        """The job, or None if there is none of this id."""
        with self._database.read() as connection:
            return self._read(connection, job_id)

    def get_many(self, job_ids: Iterable[str]) -> dict[str, Job]:
        """Those of the jobs that exist, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE {_AMONG_IDS}",
                {**self._times(), "ids": json.dumps(list(job_ids))},
            ).fetchall()
        return {row["id"]: _job(row) for row in rows}

    def list(self, states: Collection[JobState] | None = None, limit: int = 100) -> JobList:
        """Jobs in one of ``states`` (None: any), the one asked for last first."""
        wanted = JobState if states is None else states
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs"
                f" WHERE {_STATE} IN (SELECT value FROM json_each(:states))"
                " ORDER BY turn DESC LIMIT :limit",
                {
                    **self._times(),
                    "states": json.dumps([str(state) for state in wanted]),
                    "limit": max(limit, 0),
                },
            ).fetchall()
        return [_job(row) for row in rows]

    def close(self) -> None:
        """Closes idle connections; the table opens again when used."""
        self._database.close()

    def _times(self) -> dict[str, Any]:
        return {"now": self._clock(), "timeout": self._timeout}

    def _read(self, connection: sqlite3.Connection, job_id: str) -> Job | None:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = :id", {**self._times(), "id": job_id}
        ).fetchone()
        return None if row is None else _job(row)

    def _existing(self, connection: sqlite3.Connection, job_id: str) -> Job:
        job = self._read(connection, job_id)
        if job is None:
            raise StoreError(f"There is no job {job_id} in {self._database.path}; submit it first.")
        return job

    def _cancel(self, connection: sqlite3.Connection, job: Job) -> None:
        if job.state is JobState.RUNNING:
            connection.execute(
                "UPDATE jobs SET cancel_requested = 1, queue_again = 0, submissions = 0"
                " WHERE id = ?",
                (job.id,),
            )
        elif not job.state.ended:
            self._end(connection, job.id, JobState.CANCELLED, "")
            # Also for the engine of an interrupted job, should it come back.
            connection.execute(
                "UPDATE jobs SET cancel_requested = 1, submissions = 0 WHERE id = ?", (job.id,)
            )

    def _release(self, connection: sqlite3.Connection, row: sqlite3.Row) -> None:
        if row["cancel_requested"] and not row["queue_again"]:
            self._end(connection, row["id"], JobState.CANCELLED, "")
        else:
            _queue(connection, row["id"])

    def _end(
        self, connection: sqlite3.Connection, job_id: str, state: JobState, error: str
    ) -> None:
        connection.execute(
            "UPDATE jobs SET state = :state, error = :error, finished = :now, queue_again = 0,"
            " cancel_requested = (:state = 'cancelled' AND cancel_requested) WHERE id = :id",
            {"id": job_id, "state": str(state), "error": error, "now": self._clock()},
        )


def _queue(connection: sqlite3.Connection, job_id: str) -> None:
    """Back to the queue, at the place of its last request; what was done stays on show."""
    connection.execute(
        "UPDATE jobs SET state = 'queued', engine = NULL, started = NULL, heartbeat = NULL,"
        " cancel_requested = 0, queue_again = 0 WHERE id = ?",
        (job_id,),
    )


def _held(connection: sqlite3.Connection, job_id: str, engine_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM jobs WHERE id = :id AND {_HELD}", {"id": job_id, "engine": engine_id}
    ).fetchone()
    return row


def _require_same(job: Job, kind: str, spec: str) -> None:
    if (job.kind, job.spec) != (kind, spec):
        raise StoreError(
            f"Job {job.id} is {job.state} with another specification ({job.kind}: {job.spec}) "
            f"than the one submitted ({kind}: {spec}). Two programs of different versions share "
            "this store: update the older one."
        )


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    values["state"] = JobState(values["state"])
    values["cancel_requested"] = bool(values["cancel_requested"])
    return Job(**values)
