"""How people share the engines: whose job is claimed next, and whose waits.

The expressions are for the table of jobs; :meth:`TurnOrder.values` has what they refer to.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

NOBODY = ""
"""In whose place those jobs go that nobody in particular has launched."""

_OWNED = "EXISTS (SELECT 1 FROM owners WHERE owners.job = jobs.id)"
_OWNERS_WITH_ROOM = (
    "FROM owners WHERE owners.job = jobs.id"
    " AND owners.person NOT IN (SELECT value FROM json_each(:full))"
)

PRIORITY = (
    f"(CASE WHEN priority > :lowest AND priority < :own_from AND {_OWNED}"
    " THEN :lowest ELSE priority END)"
)
"""A job's priority among those of all people."""

PLACE = (
    "coalesce((SELECT min(coalesce("
    "(SELECT value FROM json_each(:places) WHERE key = owners.person), -1))"
    f" {_OWNERS_WITH_ROOM}), (SELECT value FROM json_each(:places) WHERE key = ''), -1)"
)
"""The turn of those who want a job, the smallest first: that of the owner who is next."""

MAY_BEGIN = (
    f"(NOT {_OWNED} OR EXISTS (SELECT 1 {_OWNERS_WITH_ROOM}))"
    f" AND (:at IS NULL OR {PRIORITY} <> :at OR {PLACE} <= :latest)"
)
"""Whether some owner of a job has room, and it would not only wait behind what an engine has."""


@dataclass(frozen=True)
class TurnOrder:
    """Who is next, as one engine has served people.

    Attributes:
        places: by person, smaller is earlier. Whoever is not among them comes first of all.
        full: those who have used up what they may have: their jobs wait.
        lowest: jobs that somebody owns have this priority among those of all people, so that one
            kind of job holds nobody up; of one person, those of higher priority go first.
        own_from: priority from which on jobs keep their own, since they take a moment.
        at: a priority at which the engine has jobs that wait for a place;
        latest: the place of the first of them. Jobs of that priority that would come after it are
            left to others.
    """

    places: Mapping[str, int] = field(default_factory=dict)
    full: Collection[str] = ()
    lowest: int = 0
    own_from: int = 0
    at: int | None = None
    latest: int = 0

    def values(self) -> dict[str, Any]:
        """What the expressions refer to."""
        return {
            "places": json.dumps(dict(self.places)),
            "full": json.dumps([*self.full]),
            "lowest": self.lowest,
            "own_from": self.own_from,
            "at": self.at,
            "latest": self.latest,
        }

    def priority(self, priority: int, owned: bool) -> int:
        """The same as :data:`PRIORITY`, of a job that an engine has."""
        return self.lowest if owned and self.lowest < priority < self.own_from else priority

    def place(self, owners: Collection[str]) -> int:
        """The same as :data:`PLACE`."""
        with_room = [one for one in owners if one not in self.full]
        return min(self.places.get(one, -1) for one in with_room or (NOBODY,))


ONE_PERSON = TurnOrder()
"""All jobs as of one person, and nobody's waits."""


def ahead(connection: sqlite3.Connection, job_id: str) -> int:
    """How many other jobs run or go before one that waits, where people take turns."""
    rows = connection.execute(
        f"SELECT {_FIRST.format('other')} AS person, {_FIRST.format('mine')} AS me,"
        " count(*) AS number, sum(other.state = 'running'"
        " OR (other.priority, other.turn) > (mine.priority, mine.turn)) AS before"
        " FROM jobs AS mine JOIN jobs AS other ON other.id <> mine.id"
        " WHERE mine.id = ? AND mine.state = 'queued' AND other.state IN ('queued', 'running')"
        " GROUP BY 1",
        (job_id,),
    ).fetchall()
    own = sum(row["before"] for row in rows if row["person"] == row["me"])
    number = 0
    for row in rows:
        others = None not in (row["person"], row["me"]) and row["person"] != row["me"]
        number += min(row["number"], own + 1) if others else row["before"]
    return number


_FIRST = "(SELECT person FROM owners WHERE job = {}.id ORDER BY since, person LIMIT 1)"
