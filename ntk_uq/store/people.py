"""People whom the pages know, and which runs are whose."""

import functools
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base.errors import StoreError
from ntk_uq.store import schema
from ntk_uq.store.database import Database


@dataclass(frozen=True)
class PersonRecord:
    """Somebody as the store knows her.

    Attributes:
        id: see :class:`ntk_uq.people.Claims`.
        name: for people, as her last login gave it.
        role: what an admin has given her; empty for what newcomers have.
        seen: when she last logged in, in unix seconds.
    """

    id: str
    name: str
    role: str
    seen: float


class People:
    """People and owners, in one SQLite file.

    Every method raises StoreError, in words, as :class:`~ntk_uq.store.jobs.JobTable` does.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        """Of the tables in ``path``, which is opened when it is used first: where nobody logs in,
        hardly ever. ``clock`` gives unix seconds; ``read_only`` as in :class:`Database`."""
        self._path, self._clock, self._read_only = path, clock, read_only

    @functools.cached_property
    def _database(self) -> Database:
        return Database(self._path, schema.prepare, schema.stand_in, read_only=self._read_only)

    def see(self, person: str, name: str) -> None:
        """Remembers somebody who has logged in."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO people (id, name, seen) VALUES (:id, :name, :now)"
                " ON CONFLICT (id) DO UPDATE SET name = :name, seen = :now",
                {"id": person, "name": name, "now": self._clock()},
            )

    def role(self, person: str) -> str:
        """The role that an admin gave somebody; empty without one."""
        with self._database.read() as connection:
            row = connection.execute("SELECT role FROM people WHERE id = ?", (person,)).fetchone()
        return "" if row is None else str(row["role"])

    def set_role(self, person: str, role: str) -> None:
        """Gives somebody a role. Raises StoreError if nobody of this id was ever here."""
        with self._database.write() as connection:
            done = connection.execute("UPDATE people SET role = ? WHERE id = ?", (role, person))
            if not done.rowcount:
                raise StoreError(f"Nobody of the id {person[:40]} was ever here.")

    def all(self) -> list[PersonRecord]:
        """Everybody who ever logged in, the last first."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM people ORDER BY seen DESC").fetchall()
        return [PersonRecord(r["id"], r["name"], r["role"], r["seen"]) for r in rows]

    def own(self, job_id: str, person: str) -> None:
        """Makes somebody an owner of a run, beside those that it has."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", (job_id, person, self._clock())
            )

    def let_go(self, job_id: str, person: str) -> None:
        """Takes somebody from a run's owners."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM owners WHERE job = ? AND person = ?", (job_id, person))

    def owners(self, job_id: str) -> dict[str, str]:
        """Names of a run's owners by their ids, the first of them first."""
        return self.owners_of([job_id]).get(job_id, {})

    def jobs_of(self, person: str) -> list[str]:
        """Ids of the runs that somebody owns."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT job FROM owners WHERE person = ?", (person,)
            ).fetchall()
        return [row["job"] for row in rows]

    def owners_of(self, job_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """Of each of these runs that has owners, their names by their ids, as :meth:`owners`."""
        found: dict[str, dict[str, str]] = {}
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT job, person, coalesce(name, 'somebody') AS name FROM owners LEFT JOIN"
                " people ON people.id = owners.person"
                " WHERE job IN (SELECT value FROM json_each(?)) ORDER BY since, person",
                (json.dumps([*job_ids]),),
            ).fetchall()
        for row in rows:
            found.setdefault(row["job"], {})[row["person"]] = row["name"]
        return found

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        if "_database" in self.__dict__:
            self._database.close()
