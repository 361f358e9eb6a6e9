"""The job table for those who want something computed: submitting, cancelling, naming."""

import json
import sqlite3
from collections.abc import Collection, Iterable

from ntk_uq.base.errors import SpecError, StoreError
from ntk_uq.store import log
from ntk_uq.store.reading import Reading
from ntk_uq.store.records import Job, JobState

LONGEST_LABEL = 60
"""Characters of a job's label."""

LONGEST_TAG = 24
"""Characters of a tag."""

MOST_TAGS = 8
"""Tags of one job."""

_NEXT_TURN = "(SELECT coalesce(max(turn), 0) + 1 FROM jobs)"


class Asking(Reading):
    """The job table for pages and the command line."""

    def submit(
        self,
        job_id: str,
        kind: str,
        spec: str,
        *,
        total: int = 0,
        priority: int = 0,
        former_kinds: Collection[str] = (),
        launched: bool = False,
        passing: bool = False,
    ) -> Job:
        """Asks for a job; returns it as it stands then. Asking twice makes one job.

        - New, or ended: it is queued. What it computed before is in the results, so its engine
          computes only what is missing. ``submissions`` starts at 1. It is not archived any more.
        - Queued or running: it stays so, counts one submission more, and moves to the front of
          its priority; a queued one takes the higher of the two priorities.
        - Running and told to stop: the same, and it is queued again once it has stopped.
        - Interrupted: it is queued, with one submission more.

        Args:
            job_id: digest of the spec.
            kind: which function of the engine runs it.
            spec: what to compute, JSON text.
            total: results in all; 0 while unknown.
            priority: higher runs first.
            former_kinds: what earlier versions of the program called the kind: a job of one of
                these, waiting or running, is the same job.
            launched: whether a person asks for it, by a button or a command, and not a page by
                itself. Once launched, it stays so.
            passing: whether it is wanted only for as long as somebody looks at it; see
                :meth:`withdraw`. A job that anybody asks for otherwise stays.

        Raises:
            StoreError: if a job of this id is waiting or running with another kind or spec.
        """
        with self._database.write() as connection:
            waiting = self._read(connection, job_id)
            if waiting is not None and waiting.kind in former_kinds and not waiting.state.ended:
                kind = waiting.kind  # its engine may be of that version
            stays = waiting is not None and not waiting.state.ended and not waiting.passing
            self._submit(connection, job_id, kind, spec, total, priority)
            connection.execute(
                "UPDATE jobs SET passing = ?, withdrawn = 0 WHERE id = ?",
                (passing and not stays, job_id),
            )
            if launched:
                _launch(connection, job_id)
            return self._existing(connection, job_id)

    def retry(self, job_id: str) -> Job:
        """Submits a job again that did not come to its end; returns it as it stands then.

        What it computed is in the results, so only what is missing is computed.

        Raises:
            StoreError: if there is no such job, or it is queued, running or done.
        """
        with self._database.write() as connection:
            job = self._existing(connection, job_id)
            stopping = job.state is JobState.RUNNING and job.cancel_requested
            if job.state not in _RETRIED and not stopping:
                raise StoreError(
                    f"Job {job_id} is {job.state}; only one that has failed, was cancelled or "
                    "interrupted can be tried again."
                )
            self._submit(connection, job.id, job.kind, job.spec, job.total, job.priority)
            connection.execute("UPDATE jobs SET withdrawn = 0 WHERE id = ?", (job_id,))
            _launch(connection, job_id)
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

    def withdraw(self, job_id: str) -> bool:
        """Cancels a job that is wanted only while somebody looks, if nobody has launched it.

        Returns:
            Whether it is cancelled, or asked to stop, by this. The job says that it was withdrawn,
            so that a page that shows it again asks for it again.
        """
        with self._database.write() as connection:
            job = self._read(connection, job_id)
            if job is None or job.state.ended or not job.passing or job.launched:
                return False
            asked_again = connection.execute(
                "SELECT 1 FROM jobs WHERE id = ? AND queue_again", (job_id,)
            ).fetchone()
            if job.cancel_requested and asked_again is None:
                return False
            self._note(connection, job_id, "Nobody looks at it any more, and nobody launched it.")
            self._cancel(connection, job)
            connection.execute("UPDATE jobs SET withdrawn = 1 WHERE id = ?", (job_id,))
            return True

    def set_label(self, job_id: str, label: str) -> Job:
        """Names a job, for everybody to see; an empty label takes the name away.

        Raises:
            SpecError: if the label is longer than :data:`LONGEST_LABEL`.
            StoreError: if there is no such job.
        """
        label = " ".join(label.split())
        if len(label) > LONGEST_LABEL:
            raise SpecError(
                f"The label has {len(label)} characters; at most {LONGEST_LABEL} are allowed."
            )
        if not label.isprintable():
            raise SpecError(f"The label {label!r} has characters that cannot be shown.")
        with self._database.write() as connection:
            self._existing(connection, job_id)
            connection.execute("UPDATE jobs SET label = ? WHERE id = ?", (label, job_id))
            return self._existing(connection, job_id)

    def set_tags(self, job_id: str, tags: Collection[str]) -> Job:
        """Gives a job these tags, for everybody to see, and no others.

        Raises:
            SpecError: if one is longer than :data:`LONGEST_TAG`, or holds a comma or what cannot be
                shown; or if there are more than :data:`MOST_TAGS`.
            StoreError: if there is no such job.
        """
        wanted = sorted({_tag(tag) for tag in tags} - {""})
        if len(wanted) > MOST_TAGS:
            raise SpecError(f"{len(wanted)} tags are given; a run has at most {MOST_TAGS}.")
        with self._database.write() as connection:
            self._existing(connection, job_id)
            connection.execute(
                "UPDATE jobs SET tags = ? WHERE id = ?",
                (json.dumps(wanted, ensure_ascii=False), job_id),
            )
            return self._existing(connection, job_id)

    def archive(self, job_id: str, archived: bool = True) -> Job:
        """Leaves a job out of lists, or takes it in again; nothing of it is deleted.

        Raises:
            StoreError: if there is no such job, or it has not ended.
        """
        with self._database.write() as connection:
            job = self._existing(connection, job_id)
            if archived and job.state in (JobState.QUEUED, JobState.RUNNING):
                raise StoreError(
                    f"Job {job_id} is {job.state}; cancel it, or wait for its end, before it is "
                    "archived."
                )
            connection.execute("UPDATE jobs SET archived = ? WHERE id = ?", (archived, job_id))
            return self._existing(connection, job_id)

    def remove(self, jobs: Iterable[Job]) -> int:
        """Forgets jobs that have ended, with their logs; their results stay.

        Returns:
            how many: one that is not any more as it is given here, since somebody asked for it
            again or named it, is left.
        """
        with self._database.write() as connection:
            gone = [
                job for job in jobs if job.state.ended and self._read(connection, job.id) == job
            ]
            for job in gone:
                connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                connection.execute("DELETE FROM log WHERE job = ?", (job.id,))
            if gone:
                connection.execute("UPDATE changes SET count = count + 1")
        return len(gone)

    def note(self, job_id: str, text: str) -> None:
        """Adds a line to what happened to a job. Raises StoreError if there is no such job."""
        with self._database.write() as connection:
            self._existing(connection, job_id)
            self._note(connection, job_id, text)

    def _submit(
        self,
        connection: sqlite3.Connection,
        job_id: str,
        kind: str,
        spec: str,
        total: int,
        priority: int,
    ) -> None:
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
            self._note(connection, job_id, "Asked for.")
        elif job.state.ended:
            connection.execute(
                "UPDATE jobs SET kind = :kind, spec = :spec, state = 'queued', done = 0,"
                " total = :total, message = '', error = '', submitted = :now,"
                f" requested = :now, turn = {_NEXT_TURN}, started = NULL, finished = NULL,"
                " heartbeat = NULL, engine = NULL, priority = :priority, archived = 0,"
                " cancel_requested = 0, queue_again = 0, submissions = 1 WHERE id = :id",
                values,
            )
            self._note(connection, job_id, f"Asked for again: {_BEFORE[job.state]}.")
        else:
            _require_same(job, kind, spec)
            connection.execute(
                "UPDATE jobs SET submissions = submissions + 1, requested = :now, archived = 0,"
                f" turn = {_NEXT_TURN}, queue_again = cancel_requested WHERE id = :id",
                values,
            )
            if job.abandoned:
                queue(connection, job_id)
                self._note(connection, job_id, "Asked for again: it was interrupted.")
            elif job.cancel_requested:
                self._note(connection, job_id, "Asked for again while it was being stopped.")
            if job.state is not JobState.RUNNING:
                connection.execute(
                    "UPDATE jobs SET priority = max(priority, :priority) WHERE id = :id",
                    values,
                )

    def _cancel(self, connection: sqlite3.Connection, job: Job) -> None:
        if job.state is JobState.RUNNING:
            connection.execute(
                "UPDATE jobs SET cancel_requested = 1, queue_again = 0, submissions = 0"
                " WHERE id = ?",
                (job.id,),
            )
            if not job.cancel_requested:
                self._note(connection, job.id, "Its engine is asked to stop.")
        elif not job.state.ended:
            self._end(connection, job.id, JobState.CANCELLED, "")
            # Also for the engine of an interrupted job, should it come back.
            connection.execute(
                "UPDATE jobs SET cancel_requested = 1, submissions = 0 WHERE id = ?", (job.id,)
            )

    def _end(
        self, connection: sqlite3.Connection, job_id: str, state: JobState, error: str
    ) -> None:
        connection.execute(
            "UPDATE jobs SET state = :state, error = :error, finished = :now, queue_again = 0,"
            " cancel_requested = (:state = 'cancelled' AND cancel_requested) WHERE id = :id",
            {"id": job_id, "state": str(state), "error": error, "now": self._clock()},
        )
        self._note(connection, job_id, f"{_ENDS[state]}{f': {error}' if error else '.'}")

    def _note(self, connection: sqlite3.Connection, job_id: str, text: str) -> None:
        log.add(connection, job_id, self._clock(), text)


_RETRIED = (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)
_BEFORE = {
    JobState.DONE: "it was done",
    JobState.FAILED: "it had failed",
    JobState.CANCELLED: "it was cancelled",
}
_ENDS = {
    JobState.DONE: "Finished",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Stopped; what is computed is kept",
}


def queue(connection: sqlite3.Connection, job_id: str) -> None:
    """Back to the queue, at the place of its last request; what was done stays on show."""
    connection.execute(
        "UPDATE jobs SET state = 'queued', engine = NULL, started = NULL, heartbeat = NULL,"
        " cancel_requested = 0, queue_again = 0 WHERE id = ?",
        (job_id,),
    )


def _launch(connection: sqlite3.Connection, job_id: str) -> None:
    connection.execute("UPDATE jobs SET launched = 1 WHERE id = ?", (job_id,))


def _tag(text: str) -> str:
    tag = " ".join(text.split())
    if len(tag) > LONGEST_TAG:
        raise SpecError(
            f"The tag {tag[:40]!r} has {len(tag)} characters; at most {LONGEST_TAG} are allowed."
        )
    # A comma stands between tags, in a link a star for none.
    if "," in tag or "*" in tag or not tag.isprintable():
        raise SpecError(
            f"The tag {tag!r} has a comma, a star, or a character that cannot be shown."
        )
    return tag


def _require_same(job: Job, kind: str, spec: str) -> None:
    if (job.kind, job.spec) != (kind, spec):
        raise StoreError(
            f"Job {job.id} is {job.state} with another specification ({job.kind}: {job.spec}) "
            f"than the one submitted ({kind}: {spec}). Two programs of different versions share "
            "this store: update the older one."
        )
