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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ntk_uq.base.errors import StoreError, StoreFullError
from ntk_uq.store.asking import Asking, queue
from ntk_uq.store.presence import Trouble
from ntk_uq.store.reading import HEARTBEAT_TIMEOUT, JobList
from ntk_uq.store.records import JobState
from ntk_uq.store.selecting import ABANDONED, AMONG_IDS, STOPPING
from ntk_uq.store.turn_order import MAY_BEGIN, ONE_PERSON, PLACE, PRIORITY, TurnOrder

__all__ = ["HEARTBEAT_TIMEOUT", "JobTable"]

_FORGET_ENGINES = 24 * 3600.0
_CLAIMABLE = (
    f"((state = 'queued' OR ({ABANDONED} AND engine <> :engine AND NOT {STOPPING}))"
    f" AND (:least IS NULL OR {PRIORITY} >= :least) AND (:below IS NULL OR {PRIORITY} < :below)"
    f" AND {MAY_BEGIN})"
)
_HELD = "state = 'running' AND engine = :engine"


class JobTable(Asking):
    """Jobs and engines in one SQLite file, for any number of threads and processes.

    What everybody reads is in :class:`~ntk_uq.store.reading.Reading`, what pages and the command
    line ask for in :class:`~ntk_uq.store.asking.Asking`, and what engines do is here.

    Every method raises StoreError, in words, if the database is locked, read-only or damaged,
    and those that write StoreFullError if the disk is full.
    """

    def claim(
        self,
        engine_id: str,
        limit: int = 1,
        *,
        least_priority: int | None = None,
        below_priority: int | None = None,
        order: TurnOrder = ONE_PERSON,
    ) -> JobList:
        """Takes up to ``limit`` jobs, which are running from now on; no two engines get the same.

        Queued and interrupted ones, higher priority first, then the one asked for last. An engine
        that was silent itself does not get its own jobs again: it still has them. Jobs below
        ``least_priority``, and from ``below_priority`` on, are left to others, or to another call.

        Of one priority, jobs of those go first whose turn it is by ``order``, which also says
        whose jobs wait; jobs that nobody owns go as if one more had launched them.
        """
        values = {
            **self._times(),
            "engine": engine_id,
            "limit": max(limit, 0),
            "least": least_priority,
            "below": below_priority,
            **order.values(),
        }
        with self._database.read() as connection:
            # An idle engine that asks often shall not take the lock of those who write.
            any_job = connection.execute(f"SELECT 1 FROM jobs WHERE {_CLAIMABLE} LIMIT 1", values)
            if any_job.fetchone() is None:
                return []
        with self._database.write() as connection:
            values |= self._times()
            rows = connection.execute(
                f"SELECT id, engine, heartbeat FROM jobs WHERE {_CLAIMABLE}"
                f" ORDER BY {PRIORITY} DESC, {PLACE}, priority DESC, turn DESC LIMIT :limit",
                values,
            ).fetchall()
            for row in rows:
                connection.execute(
                    "UPDATE jobs SET state = 'running', engine = :engine, started = :now,"
                    " heartbeat = :now, cancel_requested = 0, queue_again = 0 WHERE id = :id",
                    {**values, "id": row["id"]},
                )
                taken = f"Taken by engine {engine_id}."
                if row["engine"] is not None:
                    silence = abs(values["now"] - row["heartbeat"])
                    taken = (
                        f"Taken over by engine {engine_id}: {row['engine']} has been silent for "
                        f"{silence:.0f} s."
                    )
                self._note(connection, row["id"], taken)
            return [self._existing(connection, row["id"]) for row in rows]

    def progress(
        self,
        job_id: str,
        engine_id: str,
        done: int,
        total: int,
        message: str,
        *,
        written: int = 0,
    ) -> bool:
        """Reports how far a job is, and that its engine is alive; ``written`` are bytes of results
        that it has written since the last report.

        Returns False, changing nothing, if the engine does not have the job (any more): it should
        stop computing it.
        """
        with self._database.write() as connection:
            cursor = connection.execute(
                "UPDATE jobs SET done = :done, total = :total, message = :message,"
                f" written = written + :written, heartbeat = :now WHERE id = :id AND {_HELD}",
                {
                    "written": written,
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
                queue(connection, job_id)
                self._note(connection, job_id, "Stopped, and queued: it was asked for again.")
            else:
                self._end(connection, job_id, state, error)
            return True

    def release(self, job_id: str, engine_id: str, why: str = "") -> bool:
        """Gives a job back unfinished, at an orderly shutdown, or for the reason that is given: it
        is queued at its old place.

        One that was told to stop is cancelled, unless it was submitted again since. Returns False,
        changing nothing, if the engine does not have the job (any more).
        """
        with self._database.write() as connection:
            row = _held(connection, job_id, engine_id)
            if row is None:
                return False
            self._release(connection, row, why)
            return True

    def note(self, job_id: str, text: str) -> None:
        """Adds a line to a job's log; see :meth:`log`. Of a long one, the beginning is kept."""
        with self._database.write() as connection:
            self._note(connection, job_id, text)

    def cancel_requested(self, job_ids: Iterable[str]) -> set[str]:
        """Those of ``job_ids`` that shall stop, or were cancelled while their engine was silent."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT id FROM jobs WHERE cancel_requested AND {AMONG_IDS}",
                {"ids": json.dumps(list(job_ids))},
            ).fetchall()
            return {row["id"] for row in rows}

    def beat(
        self, engine_id: str, info: Mapping[str, Any], trouble: StoreError | None = None
    ) -> set[str]:
        """Says that an engine is alive, and what it is; returns the ids of the jobs it has.

        To be called every few seconds from a thread of its own. ``info`` is JSON: pid, host,
        device, memory limit, workers and the like. The id must be new at each start of an engine,
        since jobs of an id that beats are never taken for interrupted.

        Where nothing can be written, the engine is known to be alive all the same, as long as its
        process is or until it beats again, and why it cannot write. That is known, too, where this
        row could be written and ``trouble`` is why results cannot be.
        """
        values = {
            "engine": engine_id,
            "info": json.dumps(dict(info), allow_nan=False),
            "now": self._clock(),
            "forget": _FORGET_ENGINES,
        }
        with self._seen(engine_id, trouble), self._database.write() as connection:
            connection.execute(
                "INSERT INTO engines (id, info, started, heartbeat)"
                " VALUES (:engine, :info, :now, :now)"
                " ON CONFLICT (id) DO UPDATE SET info = excluded.info, heartbeat = :now",
                values,
            )
            connection.execute(
                "DELETE FROM engines WHERE :now - heartbeat > :forget AND NOT present(id)", values
            )
            connection.execute(f"UPDATE jobs SET heartbeat = :now WHERE {_HELD}", values)
            rows = connection.execute(f"SELECT id FROM jobs WHERE {_HELD}", values).fetchall()
            return {row["id"] for row in rows}

    @contextmanager
    def _seen(self, engine_id: str, trouble: StoreError | None) -> Iterator[None]:
        """While the block writes that an engine is alive, and after it where that fails, it is
        known without that."""
        if not self._presence.holds(engine_id):
            self._presence.hold(engine_id)
        try:
            yield
        except StoreError as error:
            self._presence.hold(engine_id, _trouble(error))
            raise
        if trouble is None:
            self._presence.release(engine_id)
        else:
            self._presence.hold(engine_id, _trouble(trouble))

    def stopped(self, engine_id: str) -> None:
        """Says that an engine has ended in good order; what it still had is released."""
        self._presence.release(engine_id)
        with self._database.write() as connection:
            connection.execute("DELETE FROM engines WHERE id = ?", (engine_id,))
            held = connection.execute(
                f"SELECT * FROM jobs WHERE {_HELD}", {"engine": engine_id}
            ).fetchall()
            for row in held:
                self._release(connection, row)

    def _release(self, connection: sqlite3.Connection, row: sqlite3.Row, why: str = "") -> None:
        if row["cancel_requested"] and not row["queue_again"]:
            self._end(connection, row["id"], JobState.CANCELLED, "")
        else:
            queue(connection, row["id"])
            why = why or f"Given back by engine {row['engine']}, which ends."
            self._note(connection, row["id"], why)


def _trouble(error: StoreError) -> Trouble:
    return Trouble.FULL if isinstance(error, StoreFullError) else Trouble.REFUSED


def _held(connection: sqlite3.Connection, job_id: str, engine_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM jobs WHERE id = :id AND {_HELD}", {"id": job_id, "engine": engine_id}
    ).fetchone()
    return row
