"""One line beside every page: what computes, whether it is busy, and what waits.

Below it, for who wants it, the browser's notifications: both have to look at the runs now and then.
"""

import threading
import time
from dataclasses import dataclass

import streamlit as st

from ntk_uq.base import login_settings, settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.jobs import describe
from ntk_uq.jobs.engines import Pulse, pulse
from ntk_uq.jobs.words import own_titles
from ntk_uq.people import hidden_owner
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import links, notify, own, prepared_views, session, visibility
from ntk_uq.ui.plain_text import plain

CALM_SECONDS = 4.0

ROOM = "engine_line"
"""Busy or idle, it is as high (:mod:`ntk_uq.ui.look`): what stands below it stays where it is."""

_TELL, _SINCE = "notify_toggle", "notify_since"
_WANTED = "notify_wanted"
NOTICE = "notice_shown"
"""Under it, the notice to all that stands above this session's page."""

_read: dict[str, tuple[str, "_Beside"]] = {}
_lock = threading.Lock()


def draw() -> None:
    """Draws the line into the sidebar; it looks again only while something may change."""
    try:
        store = session.store()
        if store.read_only:
            with st.sidebar, st.container(key=ROOM):
                st.caption(f":material/inventory_2: {prepared_views.LINE}")
            return
        now = _beside(store).pulse
        # Where several look, one of them may have something to say to all.
        comes = bool(login_settings.login()) or (not now.on and settings.with_engine())
    except NtkUqError:
        return  # the page says so
    wanted = bool(st.session_state.get(_WANTED))
    asleep = visibility.last_known() and not wanted
    with st.sidebar:
        every = CALM_SECONDS if (now.changes or comes) and not asleep else None
        st.fragment(_line, run_every=every)()


def _line() -> None:
    try:
        store = session.store()
        now = _beside(store)
        with st.container(key=ROOM):
            st.caption(f":material/memory: {plain(now.pulse.words())}")
        _notifications(store)
        changed = now.notice != st.session_state.get(NOTICE, now.notice)
    except NtkUqError as error:
        st.caption(plain(str(error)))
        return
    if changed:
        links.follow(None)


def _notifications(store: Store) -> None:
    # Streamlit forgets a control of a page that was left: this one is of all of them.
    st.session_state.setdefault(_TELL, bool(st.session_state.get(_WANTED)))
    wanted = st.toggle(
        "Tell me when a run ends",
        key=_TELL,
        help=(
            f"A notification of the browser when a run that somebody launched ends after "
            f"{describe.LONG_SECONDS:.0f} s or more."
        ),
        on_change=_begin,
    )
    st.session_state[_WANTED] = wanted
    if wanted:
        answer = notify.notify(ended_since(store, st.session_state.get(_SINCE, time.time())))
        if notify.WORDS[answer]:
            st.caption(notify.WORDS[answer])


def _begin() -> None:
    st.session_state[_SINCE] = time.time()


def ended_since(store: Store, moment: float) -> list[notify.RunEnd]:
    """The launched runs that took long and have ended since a moment (unix seconds)."""
    filters = describe.chosen((), only_launched=True)
    ends, hidden = (JobState.DONE, JobState.FAILED), own.hidden()
    with own_titles(own.title_of):
        return [
            notify.RunEnd(f"{job.id}-{job.finished}", _name(job), f"{job.state} ({job.error})")
            if job.error
            else notify.RunEnd(f"{job.id}-{job.finished}", _name(job), str(job.state))
            for job in store.jobs.list(ends, limit=50, **filters)
            if job.finished is not None
            and job.finished >= moment
            and describe.long_seconds(job) is not None
            and hidden_owner(job.spec, hidden) is None
        ]


def _name(job: Job) -> str:
    return job.label or describe.words(job.kind, job.spec)


@dataclass(frozen=True)
class _Beside:
    """What the line shows, and what stands above the page."""

    pulse: Pulse
    notice: str


def notice(store: Store) -> str:
    """What an admin has to say to all; empty for nothing."""
    return _beside(store).notice


def _beside(store: Store) -> _Beside:
    """What the engines do, and the notice; while the stamp of the runs is the same, what they were:
    a new notice changes it, too."""
    key, stamp = str(store.directory), store.jobs.stamp()
    with _lock:
        known = _read.get(key)
    if known is not None and known[0] == stamp:
        return known[1]
    said = store.notice.read()
    found = _Beside(pulse(store.jobs), said.text if said else "")
    with _lock:
        _read[key] = (stamp, found)
    return found
