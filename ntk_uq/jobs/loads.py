"""What each person has running, waiting and kept."""

from collections import Counter
from dataclasses import dataclass

from ntk_uq.datasets.own.holders import Holders, holders
from ntk_uq.datasets.own.storage import is_own
from ntk_uq.jobs import describe
from ntk_uq.jobs.usage import own_sizes
from ntk_uq.store import JobState, Store

PAGES = "pages, to show something"
"""Whose runs are that nobody has launched."""

NOBODY = "nobody in particular"
"""Whose data and launched runs are that have no owner."""

_UNDER_WAY = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)
_MOST = 10_000  # runs that are counted


@dataclass(frozen=True)
class PersonLoad:
    """What a person has on a server; what two have is counted for each.

    Attributes:
        person: her id; empty for runs and data that have no owner.
        name: for people.
        role: that an admin gave her; empty for what newcomers have, and without a person.
        seen: when she last logged in, in unix seconds; None if never.
        running: how many of her runs are computed.
        waiting: how many wait.
        data_sets: how many own data sets she keeps.
        bytes: of these.
    """

    person: str
    name: str
    role: str
    seen: float | None
    running: int
    waiting: int
    data_sets: int
    bytes: int


def loads(store: Store) -> tuple[PersonLoad, ...]:
    """Everybody who has logged in, the last first, and whoever else has something here.

    Raises:
        StoreError: if the store cannot be read.
    """
    running, waiting, names = _queue(store)
    sets, sizes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for name, size in own_sizes().items():
        keeping = {one.person: one.name for one in _holders(name) if one.kept}
        for person, called in (keeping or {"": NOBODY}).items():
            key = (person, "" if person else NOBODY)
            sets[key] += 1
            sizes[key] += size
            names.setdefault(person, called)
    people = {one.id: one for one in store.people.all()}
    keys = dict.fromkeys([*((id, "") for id in people), *running, *waiting, *sets])
    return tuple(
        PersonLoad(
            person,
            called or (people[person].name if person in people else names[person]),
            people[person].role if person in people else "",
            people[person].seen if person in people else None,
            running[person, called],
            waiting[person, called],
            sets[person, called],
            sizes[person, called],
        )
        for person, called in keys
    )


def _holders(name: str) -> Holders:
    return holders(name) if is_own(name) else ()


def _queue(
    store: Store,
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]], dict[str, str]]:
    """Runs that are computed and that wait, by their owner's id, or by who has none; and names."""
    running, waiting = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    names: dict[str, str] = {}
    jobs = store.jobs.list(_UNDER_WAY, limit=_MOST)
    owners = store.people.owners_of(job.id for job in jobs)
    for job in jobs:
        of = owners.get(job.id, {})
        names |= of
        keys = [(person, "") for person in of]
        for key in keys or [("", NOBODY if describe.launched(job) else PAGES)]:
            (running if job.state is JobState.RUNNING else waiting)[key] += 1
    return running, waiting, names
