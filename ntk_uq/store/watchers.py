"""Who looks at which jobs: which of them are wanted by nobody any more."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ntk_uq.store.database import Database

FRESH_SECONDS = 6.0
"""A watcher that has not been seen for longer is gone: a closed tab says no goodbye, and for an
open one the web process says every :data:`SAY_SECONDS` that it is there. Long enough for a tab that
is loaded anew."""

SAY_SECONDS = 1.5
"""Pause between two signs of a watcher."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS watchers (
    watcher TEXT NOT NULL,
    job TEXT NOT NULL,
    seen REAL NOT NULL,
    PRIMARY KEY (watcher, job)
)
"""


class Watchers:
    """Sessions and the jobs that they show, in one SQLite file.

    Every method raises StoreError, in words, as :class:`~ntk_uq.store.jobs.JobTable` does.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        """Opens or creates the table in ``path``; ``clock`` gives unix seconds; ``read_only`` as in
        :class:`Database`."""
        self._clock = clock
        temporary = _SCHEMA.replace("CREATE TABLE", "CREATE TEMP TABLE")
        self._database = Database(
            path,
            lambda connection: connection.execute(_SCHEMA),
            # On a disk that cannot be written nobody can say so: nobody looks.
            lambda connection: connection.execute(temporary),
            read_only=read_only,
        )

    def watch(self, watcher: str, job_ids: Iterable[str]) -> None:
        """Says that ``watcher`` looks at these jobs now, and at no others any more."""
        values = {"watcher": watcher, "ids": json.dumps(list(job_ids)), "now": self._clock()}
        with self._database.write() as connection:
            # Everybody's old rows go too: nobody else would ever remove those of a closed tab.
            connection.execute(
                "DELETE FROM watchers WHERE watcher = :watcher OR abs(:now - seen) > :fresh",
                {**values, "fresh": FRESH_SECONDS},
            )
            connection.execute(
                "INSERT INTO watchers SELECT :watcher, value, :now FROM json_each(:ids)", values
            )

    def watched(self, job_id: str, but: str) -> bool:
        """Whether anybody but this watcher looks at the job."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM watchers WHERE job = :job AND watcher <> :but"
                " AND abs(:now - seen) <= :fresh",
                {"job": job_id, "but": but, "now": self._clock(), "fresh": FRESH_SECONDS},
            ).fetchone()
        return row is not None

    def forsaken(self) -> list[str]:
        """Jobs that pages asked for by themselves, that nobody launched and nobody looks at now."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id FROM jobs WHERE passing AND NOT launched"
                " AND state IN ('queued', 'running') AND (queue_again OR NOT cancel_requested)"
                " AND NOT EXISTS (SELECT 1 FROM watchers WHERE job = jobs.id"
                " AND abs(:now - seen) <= :fresh)",
                {"now": self._clock(), "fresh": FRESH_SECONDS},
            ).fetchall()
        return [row["id"] for row in rows]

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        self._database.close()
