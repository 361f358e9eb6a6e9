"""How much each may have, and what each has had: limits, worker seconds, running jobs, bytes."""

import functools
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.store import schema
from ntk_uq.store.database import Database

HOUR = 3600.0
_KEPT_HOURS = 24 * 35
# What is launched and has not ended, whatever has become of its engine.
_UNENDED = "jobs.state IN ('queued', 'running')"


@dataclass(frozen=True)
class SpentHour:
    """Worker time that somebody had within one hour.

    Attributes:
        hour: hours since 1970 at its beginning.
        seconds: of workers, which may be more than an hour has.
    """

    hour: int
    seconds: float


class QuotaTable:
    """Limits and what was used, in the file of the jobs.

    Every method raises StoreError, in words, as :class:`~ntk_uq.store.jobs.JobTable` does.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        """Of the tables in ``path``, which is opened when it is used first; ``clock`` gives unix
        seconds; ``read_only`` as in :class:`Database`."""
        self._path, self.clock, self._read_only = path, clock, read_only

    @functools.cached_property
    def _database(self) -> Database:
        return Database(self._path, schema.prepare, schema.stand_in, read_only=self._read_only)

    def limits(self) -> dict[str, dict[str, float | None]]:
        """By whom (a person's id or a role) and by quota: how much; None for no limit. What nobody
        has set is not among them."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT who, quota, amount FROM quotas").fetchall()
        found: dict[str, dict[str, float | None]] = {}
        for row in rows:
            found.setdefault(row["who"], {})[row["quota"]] = row["amount"]
        return found

    def set_limit(self, who: str, quota: str, amount: float | None) -> None:
        """Sets how much a person or a role may have; None is no limit, whatever the role has."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO quotas VALUES (:who, :quota, :amount)"
                " ON CONFLICT (who, quota) DO UPDATE SET amount = :amount",
                {"who": who, "quota": quota, "amount": amount},
            )

    def forget_limit(self, who: str, quota: str) -> None:
        """Takes a limit away: a person has her role's from now on, a role none."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM quotas WHERE who = ? AND quota = ?", (who, quota))

    def spend(self, seconds: Mapping[str, float]) -> None:
        """Adds worker seconds of several people to the hour that it is."""
        hour = math.floor(self.clock() / HOUR)
        with self._database.write() as connection:
            for person, amount in seconds.items():
                connection.execute(
                    "INSERT INTO spent VALUES (:person, :hour, :seconds)"
                    " ON CONFLICT (person, hour) DO UPDATE SET seconds = seconds + :seconds",
                    {"person": person, "hour": hour, "seconds": amount},
                )
            connection.execute("DELETE FROM spent WHERE hour < ?", (hour - _KEPT_HOURS,))

    def spent(self, days: float) -> dict[str, tuple[SpentHour, ...]]:
        """Worker time of each person within the last days, the oldest hour first."""
        first = math.floor((self.clock() - days * 24 * HOUR) / HOUR)
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM spent WHERE hour >= ? ORDER BY hour", (first,)
            ).fetchall()
        found: dict[str, tuple[SpentHour, ...]] = {}
        for row in rows:
            one = SpentHour(row["hour"], row["seconds"])
            found[row["person"]] = (*found.get(row["person"], ()), one)
        return found

    def running(self, but: str = "") -> dict[str, int]:
        """How many jobs of each person have not ended, one of them left out."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT person, count(*) AS number FROM owners JOIN jobs ON jobs.id = owners.job"
                f" WHERE jobs.launched AND {_UNENDED} AND jobs.id <> ? GROUP BY person",
                (but,),
            ).fetchall()
        return {row["person"]: row["number"] for row in rows}

    def written(self) -> dict[str, float]:
        """Bytes of the results of each person's runs that the table of jobs still has: those of a
        run with several owners are divided among them."""
        with self._database.read() as connection:
            rows = connection.execute(
                "WITH shares AS (SELECT job, count(*) AS n FROM owners GROUP BY job)"
                " SELECT person, sum(1.0 * jobs.written / shares.n) AS bytes FROM owners"
                " JOIN shares USING (job) JOIN jobs ON jobs.id = owners.job GROUP BY person"
            ).fetchall()
        return {row["person"]: row["bytes"] for row in rows}

    def stands(self, person: str, role: str) -> None:
        """Remembers as what somebody has launched a run: who is named an admin by a setting is
        known as one only to the process that has it."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO standings VALUES (?, ?)", (person, role))

    def standings(self) -> dict[str, str]:
        """The role of each who has ever launched a run, as of the last time."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT person, role FROM standings").fetchall()
        return {row["person"]: row["role"] for row in rows}

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        if "_database" in self.__dict__:
            self._database.close()
