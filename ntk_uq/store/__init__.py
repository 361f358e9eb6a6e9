"""The store: the one meeting point of web processes, command line and engines.

    VERSION.json   the format of what follows
    results/       finished results, by digest of what was computed
    views/         views that somebody saved under a name, and nobody owns
    reports/       reports that somebody saved under a name
    jobs.sqlite    jobs and engines, who looks, who logs in, what is saved, and whose all that is

Any number of processes of one machine use it at once. None of them has to run for the others to
read, and each may be killed at any time.
"""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreError
from ntk_uq.store.asking import LONGEST_LABEL, LONGEST_TAG, MOST_TAGS
from ntk_uq.store.check import Checked, Damage, checked
from ntk_uq.store.copying import REPORTS, Copied, back_up, bring_back
from ntk_uq.store.directory import FORMAT, is_store, prepare, shared_file_system_warning
from ntk_uq.store.jobs import HEARTBEAT_TIMEOUT, JobTable
from ntk_uq.store.named_views import NamedViews
from ntk_uq.store.notice import LONGEST_NOTICE, Notice, NoticeBoard
from ntk_uq.store.noting import NotedResults
from ntk_uq.store.people import People, PersonRecord
from ntk_uq.store.quotas import QuotaTable, SpentHour
from ntk_uq.store.records import EngineRecord, Job, JobState, LogLine, Queue
from ntk_uq.store.rescue import ASIDE, Rescued, repair
from ntk_uq.store.results import Entry, ResultsCache, json_bytes, record_of
from ntk_uq.store.saved import Items, Saved, SavedItem, SavedKind
from ntk_uq.store.selecting import JobOrder
from ntk_uq.store.turn_order import NOBODY, TurnOrder
from ntk_uq.store.volume import Volume, files_in, volume
from ntk_uq.store.watchers import Watchers

__all__ = [
    "ASIDE",
    "FORMAT",
    "HEARTBEAT_TIMEOUT",
    "LONGEST_LABEL",
    "LONGEST_NOTICE",
    "LONGEST_TAG",
    "MOST_TAGS",
    "NOBODY",
    "Checked",
    "Copied",
    "Damage",
    "EngineRecord",
    "Entry",
    "Items",
    "Job",
    "JobOrder",
    "JobState",
    "JobTable",
    "LogLine",
    "NotedResults",
    "Notice",
    "NoticeBoard",
    "People",
    "PersonRecord",
    "Queue",
    "QuotaTable",
    "Rescued",
    "ResultsCache",
    "Saved",
    "SavedItem",
    "SavedKind",
    "SpentHour",
    "Store",
    "TurnOrder",
    "Volume",
    "Watchers",
    "back_up",
    "bring_back",
    "checked",
    "files_in",
    "is_store",
    "json_bytes",
    "open_store",
    "record_of",
    "repair",
    "shared_file_system_warning",
    "volume",
]


class Store:
    """A store directory, opened. May be shared by threads.

    Attributes:
        directory: where it is.
        read_only: whether nothing is ever written to it, whatever its rights allow.
        results: finished results.
        jobs: jobs and engines.
        watchers: who looks at which jobs.
        people: who logs in, and whose jobs are whose.
        notice: what an admin has to say to all.
        quotas: how much each may have, and has had.
        views: those that somebody saved under a name, and nobody owns.
        saved: views that somebody owns, and all reports, saved under a name.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
    ) -> None:
        """Opens the store in ``directory``, making it where it is missing, unless it is to be
        ``read_only``.

        Raises:
            StoreFullError: if there is no store yet and the disk is full.
            StoreNotWritableError: if there is none yet and nothing may be written. A store that is
                there is read, and only what writes raises these two.
            StoreError: if the directory is a file, not a store, or one of another format; or if a
                database in it is damaged.
        """
        self.directory, self.read_only = directory.absolute(), read_only
        if read_only and not is_store(self.directory):
            raise StoreError(f"There is no store in {self.directory}, or not all of one.")
        prepare(self.directory)
        table = self.directory / "jobs.sqlite"
        self.results = ResultsCache(self.directory / "results", read_only=read_only)
        self.jobs = JobTable(table, clock=clock, read_only=read_only)
        self.watchers = Watchers(table, clock=clock, read_only=read_only)
        self.people = People(table, clock=clock, read_only=read_only)
        self.notice = NoticeBoard(table, clock=clock, read_only=read_only)
        self.quotas = QuotaTable(table, clock=clock, read_only=read_only)
        self.views = NamedViews(self.directory / "views", read_only=read_only)
        self.saved = Saved(table, self.directory / REPORTS, clock=clock, read_only=read_only)

    def close(self) -> None:
        """Closes the connections that this thread may close; they open again when used."""
        self.results.close()
        self.jobs.close()
        self.watchers.close()
        self.people.close()
        self.saved.close()
        self.notice.close()
        self.quotas.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_store(directory: Path) -> Store:
    """The store in ``directory``, made where it is missing; in a demo it is only read, and none is
    made. Raises StoreError as Store does."""
    demo = settings.demo() is not None
    if demo and not is_store(directory):
        raise StoreError(
            f"There is no demo in {directory}, or not all of one. Run `python -m ntk_uq demo "
            "build` first: it computes what is shown."
        )
    return Store(directory, read_only=demo)
