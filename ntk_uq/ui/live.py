"""Jobs behind a page: asked for once a view, followed until they end, retried by a button."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import streamlit as st

from ntk_uq.base import settings
from ntk_uq.base.errors import NotAllowedError
from ntk_uq.base.fields import Spec
from ntk_uq.costs.theory import TheoryCost, together
from ntk_uq.jobs.asking import cost_of
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import (
    job_panel,
    links,
    polling,
    refused,
    requests,
    say,
    session,
    stop,
    watching,
    who,
)
from ntk_uq.ui.engine_words import warn_of_engine

_ASKED, _DECIDED, _OFFER, _HELD = "asked_jobs", "asked_at_once", "theory_offer", "held_jobs"
_STOP, _STOP_ROW = "stop_theory", "stop_jobs"

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

    Where that takes longer than the settings' limit, nothing is submitted: :func:`offer` has its
    cost and a button. What this session asked for before and shows no longer is withdrawn, unless
    somebody else looks at it or has launched it; what it computed is kept. So is, by the engine and
    some seconds later, what a tab asked for that is closed. A store that is only read is asked for
    nothing.
    """
    if store.read_only:
        return
    before: set[str] = st.session_state.setdefault(_ASKED, set())
    wanted = {curve.spec.digest(): curve for curve in curves}
    missing = {job_id: curve for job_id, curve in wanted.items() if not curve.complete}
    cost = _cost(missing.values())
    decided: dict[tuple[str, ...], bool] = st.session_state.setdefault(_DECIDED, {})
    # Decided when it is shown first, so that a view does not change its mind while it grows.
    at_once = decided.setdefault(tuple(sorted(wanted)), requests.by_itself(cost))
    st.session_state[_OFFER] = None if at_once else _Offer(cost, _specs(missing.values()))
    with session.kept():
        watching.watch(store, missing)
        for job_id in before - wanted.keys():
            if not store.watchers.watched(job_id, but=watching.watcher()):
                store.jobs.withdraw(job_id)
        st.session_state[_ASKED] = set(wanted)
        if before != wanted.keys():
            polling.asked()
        if at_once:
            gone = _withdrawn(store, missing)
            new = [job_id for job_id in missing if job_id not in before or job_id in gone]
            kept = [spec for spec in _held() if spec.digest() in missing]
            _hand_in(store, [*kept, *(missing[job_id].spec for job_id in new)])
        else:
            _hand_in(store, [spec for spec in _held() if spec.digest() in missing])


@dataclass(frozen=True)
class _Offer:
    """What a view would take that is not computed without being launched.

    Attributes:
        cost: of what is missing.
        specs: of its jobs, the first to run first.
    """

    cost: TheoryCost
    specs: tuple[Spec, ...]


def _cost(curves: Iterable[Asked]) -> TheoryCost:
    costs = (cost_of(curve.spec, curve) for curve in curves)
    return together(cost for cost in costs if cost is not None)


def _specs(curves: Iterable[Asked]) -> tuple[Spec, ...]:
    return tuple(curve.spec for curve in curves)


def _held() -> tuple[Spec, ...]:
    """What waits here for room, the first to run first."""
    held: tuple[Spec, ...] = st.session_state.get(_HELD, ())
    return held


def _hand_in(store: Store, specs: Iterable[Spec]) -> None:
    """Asks for jobs as far as there is room, and holds the others."""
    wanted = tuple(dict.fromkeys(specs))
    taken = 0
    if wanted:
        launched = st.session_state.get(_OFFER) is not None
        taken = requests.hand_in(store, wanted, launched=launched)
    st.session_state[_HELD] = wanted[taken:]


def _withdrawn(store: Store, job_ids: Iterable[str]) -> set[str]:
    """Those that were withdrawn while this session had no connection, say."""
    jobs = store.jobs.get_many(job_ids).values()
    return {job.id for job in jobs if job.withdrawn and job.state is JobState.CANCELLED}


def pending(store: Store, curves: Sequence[Asked]) -> bool:
    """Whether more points may come by themselves."""
    jobs = _jobs(store, curves)
    if any(not job.state.ended for job in jobs.values()):
        return True
    return any(curve.spec in _held() for curve in curves)


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

    One row of fixed height, always there: the plots below stand still. Where it is to be launched,
    the panel of a launch stands there instead.
    """
    done = sum(len(curve.raw) for curve in curves)
    total = sum(curve.size for curve in curves)
    text = f"{done} of {total} {unit} computed"
    if st.session_state.get(_OFFER) is not None:
        offer(store, curves, unit)
        return
    _go_on(store, curves)
    running = [job for job in _jobs(store, curves).values() if not job.state.ended]
    with st.container(height=_ROW_HEIGHT, border=False):
        left, right = stop.columns(running, _STOP_ROW)
        if running:
            left.progress(done / total, text=text + stop.state(store, running, _STOP_ROW))
            with right:
                stop.button(store, running, _STOP_ROW, stopped=_wait_no_more)
        else:
            left.caption(text)
    _tell(store, running)


def offer(store: Store, curves: Sequence[Growing], unit: str = "points") -> None:
    """The panel of a launch for what is not computed without one; nothing where all else is."""
    found: _Offer | None = st.session_state.get(_OFFER)
    missing = [curve for curve in curves if not curve.complete]
    if found is None or not (missing or found.specs):
        return
    _go_on(store, curves)
    ids = [spec.digest() for spec in found.specs]
    done = sum(len(curve.raw) for curve in curves)
    total = sum(curve.size for curve in curves)

    def left() -> str:
        rest = _cost(missing).seconds
        return job_panel.time_left("_".join(ids), rest, rest / settings.workers())

    job_panel.panel(
        store,
        list(store.jobs.get_many(ids).values()),
        finished=None if missing else f"All {total:,} {unit} are there.",
        offer=lambda: _launch(store, found, f"{done:,} of {total:,} {unit} are there"),
        share=done / total,
        text=f"{done:,} of {total:,} {unit} computed",
        left=left,
        stopped=f"Stopped before all {unit} were computed. What is computed is kept.",
        key=_STOP,
        when_stopped=_wait_no_more,
    )
    _tell(store, ())


def _launch(store: Store, found: _Offer, there: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(
        f"**Infinite width**, {there}. To do: {requests.in_words(found.cost)}. That is more than a "
        "page asks for by itself. Every point is kept when it is computed; you can close this page."
    )
    forbidden = who.no_launch(store)
    if right.button(
        "Compute",
        type="primary",
        key="launch_theory",
        icon=":material/play_arrow:",
        disabled=refused.stale() or bool(forbidden),
        help=forbidden or None,
    ):
        _hand_in(store, found.specs)
        links.again()


def _go_on(store: Store, curves: Sequence[Asked]) -> None:
    """Asks for what waits here for room, and again for what was withdrawn."""
    missing = {curve.spec.digest(): curve.spec for curve in curves if not curve.complete}
    wanted = list(_held())
    if st.session_state.get(_OFFER) is None:
        wanted += [missing[job_id] for job_id in _withdrawn(store, missing)]
    if wanted:
        with session.kept():
            watching.watch(store, missing)
            try:
                _hand_in(store, wanted)
            except NotAllowedError as error:
                _wait_no_more()  # it is offered again
                say.error(error)


def _wait_no_more() -> None:
    """What waits here for room was stopped, too."""
    st.session_state[_HELD] = ()


def _tell(store: Store, running: Sequence[Job]) -> None:
    """What there is to say of jobs that wait."""
    if held := len(_held()):
        st.caption(f":material/hourglass_top: {requests.full(held)}")
    if running:
        warn_of_engine(store)


def ended(store: Store, curves: Sequence[Growing], labels: Sequence[str]) -> None:
    """Why curves are not complete although nobody computes them, and a button to go on."""
    if store.read_only or st.session_state.get(_OFFER) is not None:
        return  # the page, or the panel, says so
    jobs = _jobs(store, curves)
    missing: list[Asked] = []
    reasons: dict[tuple[bool, str], list[str]] = {}
    for curve, label in zip(curves, labels, strict=True):
        job = jobs.get(curve.spec.digest())
        if job is not None and job.state.ended and curve.spec not in _held():
            missing.append(curve)
            failed = job.state is JobState.FAILED
            reason = job.error if failed else _REASONS[job.state]
            reasons.setdefault((failed, reason), []).append(label)
    for (failed, reason), concerned in reasons.items():
        tell = say.error if failed else say.info
        tell(f"{', '.join(concerned)}: {reason}")
    if missing and st.button("Compute what is missing", key="compute_missing"):
        _hand_in(store, [*_held(), *_specs(missing)])
        links.again()


_REASONS = {
    JobState.CANCELLED: "stopped before it was complete.",
    JobState.DONE: "some of its results were damaged or have been removed.",
}
_ROW_HEIGHT = 56  # pixels


def _jobs(store: Store, curves: Sequence[Asked]) -> dict[str, Job]:
    missing = [curve.spec.digest() for curve in curves if not curve.complete]
    return store.jobs.get_many(missing) if missing else {}
