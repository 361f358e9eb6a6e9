"""Jobs behind a page: asked for once a view, followed until they end, retried by a button."""

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import streamlit as st

from ntk_uq.base.errors import StoreNotWritableError
from ntk_uq.jobs.asking import submit
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import links, polling, say, session
from ntk_uq.ui.follow import warn_of_engine

_ASKED, _WATCHER = "asked_jobs", "watcher"

Found = TypeVar("Found")


class Asked(Protocol):
    """What a job computes."""

    @property
    def spec(self) -> Any:
        """The job's specification."""

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""


class Growing(Asked, Protocol):
    """What a job computes result by result: a curve and its points, say."""

    @property
    def raw(self) -> Sequence[Any]:
        """The results that are there."""

    @property
    def size(self) -> int:
        """How many there will be."""


def ask(store: Store, curves: Sequence[Asked]) -> None:
    """Submits what is missing of some curves, once each time the view changes to them.

    What this session asked for before and shows no longer is cancelled, unless somebody else
    looks at it; what it computed is kept. A closed tab cancels nothing.
    """
    asked: set[str] = st.session_state.setdefault(_ASKED, set())
    wanted = {curve.spec.digest(): curve for curve in curves}
    with session.kept():
        store.watchers.watch(_watcher(), wanted)
        for job_id in asked - wanted.keys():
            job = store.jobs.get(job_id)
            if job is None or job.state.ended or store.watchers.watched(job_id, but=_watcher()):
                continue
            store.jobs.request_cancel(job_id)
        # The last one asked for runs first, and the first curve is the one to see first.
        for job_id, curve in reversed(wanted.items()):
            if job_id not in asked and not curve.complete:
                submit(store.jobs, curve.spec)
        if asked != wanted.keys():
            polling.asked()
        st.session_state[_ASKED] = set(wanted)


def _watcher() -> str:
    """This browser session, for as long as it lasts."""
    name: str = st.session_state.setdefault(_WATCHER, uuid.uuid4().hex)
    return name


def pending(store: Store, curves: Sequence[Asked]) -> bool:
    """Whether more points may come by themselves."""
    return any(not job.state.ended for job in _jobs(store, curves).values())


def once(found: Found, complete: bool, again: Callable[[], Found]) -> Callable[[], Found]:
    """What was just read, for the first drawing of it; later drawings read again.

    Where it is not complete, the first one does so too: what was missing may have come before the
    page looked whether anybody computes it.

    Args:
        found: what was read.
        complete: whether nothing of it is missing.
        again: reads it.
    """
    kept = [found] if complete else []
    return lambda: kept.pop() if kept else again()


def progress(store: Store, curves: Sequence[Growing], unit: str = "points") -> None:
    """How many points, or what ``unit`` says, are there and, while more may come, a button to stop.

    One row of fixed height, always there: the plots below stand still.
    """
    done = sum(len(curve.raw) for curve in curves)
    total = sum(curve.size for curve in curves)
    text = f"{done} of {total} {unit} computed"
    running = [job for job in _jobs(store, curves).values() if not job.state.ended]
    if running:
        with suppress(StoreNotWritableError):  # the page has said so already
            store.watchers.watch(_watcher(), [curve.spec.digest() for curve in curves])
    stopping = bool(running) and all(job.cancel_requested for job in running)
    if stopping:
        text += ", stopping after the one in hand"
    with st.container(height=_ROW_HEIGHT, border=False):
        left, right = st.columns([5, 1], vertical_alignment="center")
        if running:
            left.progress(done / total, text=text)
        else:
            left.caption(text)
        if running and right.button(
            "Stop", key="stop_jobs", disabled=stopping, help="What is computed already is kept."
        ):
            for job in running:
                store.jobs.request_cancel(job.id)
    if running:
        warn_of_engine(store)


def ended(store: Store, curves: Sequence[Growing], labels: Sequence[str]) -> None:
    """Why curves are not complete although nobody computes them, and a button to go on."""
    jobs = _jobs(store, curves)
    missing: list[Any] = []
    reasons: dict[tuple[bool, str], list[str]] = {}
    for curve, label in zip(curves, labels, strict=True):
        job = jobs.get(curve.spec.digest())
        if job is not None and job.state.ended:
            missing.append(curve.spec)
            failed = job.state is JobState.FAILED
            reason = job.error if failed else _REASONS[job.state]
            reasons.setdefault((failed, reason), []).append(label)
    for (failed, reason), concerned in reasons.items():
        tell = say.error if failed else say.info
        tell(f"{', '.join(concerned)}: {reason}")
    if missing and st.button("Compute what is missing", key="compute_missing"):
        for spec in reversed(missing):
            submit(store.jobs, spec)
        polling.asked()
        links.again()


_REASONS = {
    JobState.CANCELLED: "stopped before it was complete.",
    JobState.DONE: "some of its results were damaged or have been removed.",
}
_ROW_HEIGHT = 56  # pixels


def _jobs(store: Store, curves: Sequence[Asked]) -> dict[str, Job]:
    missing = [curve.spec.digest() for curve in curves if not curve.complete]
    return store.jobs.get_many(missing) if missing else {}
