"""What may go from a store: runs that came to nothing, and results that nothing refers to.

Nothing here removes what a named view shows. Where it cannot be told what a view, or a run that
stays, refers to, nothing is removed that might be it.
"""

import copy
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum, auto

from ntk_uq.analysis.shown import read_all, view_of_named
from ntk_uq.base import settings
from ntk_uq.base.counting import counted
from ntk_uq.base.errors import NtkUqError, SpecError, StoreError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs import kinds
from ntk_uq.store import Entry, Job, JobState, NotedResults, SavedItem, SavedKind, Store
from ntk_uq.store.named_views import NamedView

DAY = 86400.0
"""Seconds."""


class Rule(StrEnum):
    """Why something goes.

    ENDED: a run that failed or was cancelled, and that nobody gave a label or a tag.
    ARCHIVED: a run that was archived.
    UNREFERENCED: a result to which no run that stays and no named view refers.
    """

    ENDED = auto()
    ARCHIVED = auto()
    UNREFERENCED = auto()


@dataclass(frozen=True)
class Prunable:
    """What would be removed.

    Attributes:
        runs: those that go, by rule.
        results: those that go.
        protected: how many runs stay although a rule says otherwise, since a named view shows
            results of theirs.
        withheld: why rules remove nothing, in sentences.
        notices: what else is to be known before, in sentences.
    """

    runs: dict[Rule, tuple[Job, ...]]
    results: tuple[Entry, ...]
    protected: int
    withheld: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """What the results take that go."""
        return sum(entry.bytes for entry in self.results)


@dataclass(frozen=True)
class Removed:
    """How many runs and results were removed, and the bytes of these."""

    runs: int
    results: int
    bytes: int


def plan(
    store: Store,
    days: float = 30.0,
    rules: Collection[Rule] = tuple(Rule),
    now: float | None = None,
) -> Prunable:
    """What would be removed from a store. Reads all of its results, and changes nothing.

    Args:
        store: the store.
        days: a run goes that ended, a result that was stored, longer ago.
        rules: those that are applied.
        now: unix seconds; None for those of the clock.

    Raises:
        StoreError: if the store cannot be read.
    """
    before = (time.time() if now is None else now) - days * DAY
    shown, unread = _shown(store)
    jobs = store.jobs.list(limit=store.jobs.count())
    if unread:
        return Prunable({}, (), 0, (_withheld_by_views(unread),), ())
    wanted = {job.id: rule for job in jobs if (rule := _rule(job, before, rules)) is not None}
    look_up_all = Rule.UNREFERENCED in rules
    referred, going, protected, unknown, empty = set(shown), [], 0, [], 0
    for job in jobs:
        if job.id not in wanted and not look_up_all:
            continue
        try:
            asked, there = _keys_of(store, job)
        except NtkUqError as error:
            asked, there = set(), 1
            if job.id not in wanted:
                unknown.append(str(error))
        if job.id in wanted and not asked & shown:
            going.append(job)
            continue
        protected += job.id in wanted
        referred |= asked
        empty += job.state is JobState.DONE and bool(asked) and not there
    results: tuple[Entry, ...] = ()
    if look_up_all and not unknown:
        entries = store.results.entries()
        results = tuple(e for e in entries if e.key not in referred and e.stored < before)
    return Prunable(
        {rule: tuple(job for job in going if wanted[job.id] is rule) for rule in Rule},
        results,
        protected,
        (_withheld_by_runs(unknown),) if unknown and look_up_all else (),
        (_changed(empty),) if empty and results else (),
    )


def carry_out(store: Store, found: Prunable) -> Removed:
    """Removes what a plan says, but for runs that have changed since it was made.

    Raises:
        StoreError: if the store cannot be written; what was removed before stays so.
    """
    runs = store.jobs.remove(job for jobs in found.runs.values() for job in jobs)
    gone = [entry for entry in found.results if store.results.delete(entry.key)]
    return Removed(runs, len(gone), sum(entry.bytes for entry in gone))


def _rule(job: Job, before: float, rules: Collection[Rule]) -> Rule | None:
    """Which of the rules a run goes by."""
    ended = job.requested if job.finished is None else job.finished
    if not job.state.ended or ended >= before:
        return None
    if job.archived:
        return Rule.ARCHIVED if Rule.ARCHIVED in rules else None
    came_to_nothing = job.state is not JobState.DONE and not job.label and not job.tags
    return Rule.ENDED if came_to_nothing and Rule.ENDED in rules else None


def _shown(store: Store) -> tuple[set[str], dict[str, str]]:
    """Keys of all that named views show, and why some of these cannot be looked up."""
    found: set[str] = set()
    unread: dict[str, str] = {}
    # Reports hold their figures themselves.
    owned = (item for item in store.saved.list() if item.kind is SavedKind.VIEW)
    named: list[NamedView | SavedItem] = [*store.views.list(), *owned]
    for saved in named:
        for tf32 in (False, True):
            noted = copy.copy(store)
            noted.results = asking = NotedResults(store.results)
            try:
                with settings.tf32_as(tf32):
                    read_all(noted, view_of_named(saved))
            except StoreError:
                raise
            except NtkUqError as error:
                unread[saved.name] = str(error)
            found |= asking.asked
    return found, unread


def _keys_of(store: Store, job: Job) -> tuple[set[str], int]:
    """Keys of all results of a run, there or not, and how many of them are there.

    Raises:
        NtkUqError: if they cannot be looked up.
    """
    kind = kinds.find(job.kind)
    if kind is None:
        raise SpecError(f"This version has no kind of job {job.kind!r:.80}.")
    spec = kind.spec.from_json(parse_json(job.spec))
    asked: set[str] = set()
    for tf32 in (False, True):  # whatever the pages' setting is
        noted = NotedResults(store.results)
        with settings.tf32_as(tf32):
            kind.result(noted, spec)
        asked |= noted.asked
    return asked, sum(key in store.results for key in asked)


def _withheld_by_views(unread: dict[str, str]) -> str:
    name, reason = next(iter(unread.items()))
    more = f" ({len(unread) - 1} more are so)" if len(unread) > 1 else ""
    return (
        f"Nothing is removed: it cannot be told what the named view {name!r} shows{more}. {reason} "
        "Put its files back, or delete the view on a page."
    )


def _withheld_by_runs(reasons: Iterable[str]) -> str:
    told = list(reasons)
    return (
        f"No result is removed: it cannot be told which are those of {counted(len(told), 'run')}. "
        f"{told[0]} Put the files back; or archive these runs, and have them removed first."
    )


def _changed(count: int) -> str:
    return (
        f"Of {counted(count, 'run')} that came to an end no result is found: data files, or this "
        "program's version, have changed since. What was computed before that is among the results "
        "to which nothing refers."
    )
