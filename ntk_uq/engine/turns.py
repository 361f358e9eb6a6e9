"""Who is next: people share an engine in turn, whatever each has launched, as far as quotas go."""

import math
import time
from collections import Counter
from collections.abc import Collection, Iterable

from ntk_uq.jobs import kinds
from ntk_uq.jobs.asking import QUICK_RANK
from ntk_uq.people import quotas
from ntk_uq.store import NOBODY, Store, TurnOrder

LOOK_SECONDS = 1.0
"""Between two looks at whose jobs are whose, and who has used up what."""


class TurnTaking:
    """Whose turn it is at one engine, and what each has to be charged with.

    Whoever has the fewest chunks out is next; of several, who was served longest ago. A job with
    several owners goes when the first of them is next, and counts as served to all. Its worker time
    is divided among them. What nobody in particular launched goes as if one more person had.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owners: dict[str, dict[str, str]] = {}  # by job; only those that have any
        self._full: dict[str, str] = {}  # who has no room left, and why in words
        self._served: dict[str, int] = {}  # by person, the number of the last turn
        self._out: dict[str, tuple[str, ...]] = {}  # by chunk, whose it is
        self._spent: dict[str, float] = {}  # by job, worker seconds that are not written yet
        self._number = 0
        self._looked = -math.inf

    def look(self, jobs: Collection[str], anew: bool = False) -> None:
        """Reads what others may have changed, if the last time was a moment ago, and writes what
        was spent; all of it ``anew`` where there is a further job.

        Raises:
            StoreError: where the store cannot be used; what was spent is written later.
        """
        if self._spent:
            charges = self._charges()
            if charges:
                self._store.quotas.spend(charges)
                anew = True
            self._spent = {}
        now = time.monotonic()
        if anew or now - self._looked >= LOOK_SECONDS:
            self._owners = self._store.people.owners_of(jobs)
            self._full = quotas.waiting(self._store)
            self._looked = now

    def order(self, waiting: Iterable[tuple[str, int]] = ()) -> TurnOrder:
        """Who is next.

        Args:
            waiting: id and priority of each job with a chunk that waits for a place: of the
                priority of the first of them, no job is to be claimed that would come after it.
        """
        first = min((self.rank(*one) for one in waiting), default=None)
        at, latest = (None, 0) if first is None else (-first[0], first[1])
        return self._as_served(at, latest)

    def rank(self, job_id: str, priority: int) -> tuple[int, int, int]:
        """The smallest is next: by priority among all, by whose turn it is, by priority among one
        person's jobs."""
        place = self._as_served().place(self._owners.get(job_id, ()))
        return -self.priority(job_id, priority), place, -priority

    def priority(self, job_id: str, priority: int) -> int:
        """Priority of a job among those of all people."""
        return self._as_served().priority(priority, job_id in self._owners)

    def out(self, chunk_id: str, job_id: str, *, counted: bool = True) -> None:
        """A chunk of a job goes out, to a place that others want, too, where it is ``counted``."""
        who = tuple(self._owners.get(job_id, ())) or (NOBODY,)
        self._number += 1
        self._served.update(dict.fromkeys(who, self._number))
        if counted:
            self._out[chunk_id] = who

    def ended(self, chunk_id: str, job_id: str, seconds: float) -> None:
        """A chunk has ended, on which a worker was for so long."""
        self._out.pop(chunk_id, None)
        if seconds > 0:
            self._spent[job_id] = self._spent.get(job_id, 0.0) + seconds

    def _charges(self) -> dict[str, float]:
        """What each owner has spent, by person."""
        found: dict[str, float] = {}
        # Read anew: who has launched a job is written just after the job.
        for job_id, owners in self._store.people.owners_of(self._spent).items():
            for owner in owners:
                found[owner] = found.get(owner, 0.0) + self._spent[job_id] / len(owners)
        return found

    def why_waiting(self, job_id: str) -> str:
        """Why nothing more of a job is to be begun, for people; empty where it goes on."""
        return quotas.why_waiting(self._full, self._owners.get(job_id, ()))

    def _as_served(self, at: int | None = None, latest: int = 0) -> TurnOrder:
        chunks = Counter(one for who in self._out.values() for one in who)
        known = sorted(self._served, key=lambda one: (chunks[one], self._served[one]))
        places = {person: place for place, person in enumerate(known)}
        return TurnOrder(places, tuple(self._full), kinds.lowest_rank(), QUICK_RANK, at, latest)
