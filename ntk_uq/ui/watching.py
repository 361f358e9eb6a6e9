"""Which jobs a session's page shows, said to the store for as long as a browser is connected.

Not by the page itself: a tab in the background runs nothing for a minute and is there all the same,
and a tab that is closed says no goodbye. Streamlit knows which sessions have a connection, and a
thread beside it says so; what nobody says for some seconds, engines withdraw.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base.errors import NtkUqError
from ntk_uq.store import Store
from ntk_uq.store.watchers import SAY_SECONDS

log = logging.getLogger(__name__)

_WATCHER, _SHOWN = "watcher", "watched_jobs"
_FORGOTTEN_AFTER = 600.0  # seconds without a connection; Streamlit keeps a session for two minutes


@dataclass
class _Session:
    """What a session shows, and when it was last seen to have a connection."""

    store: Store
    watcher: str
    jobs: set[str] = field(default_factory=set)
    seen: float = field(default_factory=time.monotonic)


_sessions: dict[str, _Session] = {}  # by Streamlit's id; written by threads of pages and by ours
_lock = threading.Lock()
_thread: threading.Thread | None = None


def begin() -> None:
    """Says that the page is run anew: what it showed before, it has to show again."""
    shown().clear()


def shown() -> set[str]:
    """Ids of the jobs that the page shows."""
    jobs: set[str] = st.session_state.setdefault(_SHOWN, set())
    return jobs


def watcher() -> str:
    """This browser session, for as long as it lasts."""
    name: str = st.session_state.setdefault(_WATCHER, uuid.uuid4().hex)
    return name


def watch(store: Store, job_ids: Iterable[str]) -> None:
    """Says that the page shows these jobs, too.

    Raises:
        StoreError: as :meth:`ntk_uq.store.Watchers.watch`.
    """
    jobs = shown()
    new = set(job_ids) - jobs
    jobs |= new
    context = get_script_run_ctx()
    if context is not None and connected(context.session_id):
        with _lock:
            _sessions[context.session_id] = _Session(store, watcher(), jobs)
        _start()
    if new:
        store.watchers.watch(watcher(), jobs)


def connected(session: str) -> bool:
    """Whether a browser is connected to a session, by Streamlit's id of it."""
    # Tests of pages have a stand-in for the runtime, whose answer is not a truth value.
    return runtime.exists() and runtime.get_instance().is_active_session(session) is True


def _start() -> None:
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_go_on_saying, daemon=True, name="watchers")
            _thread.start()


def _go_on_saying() -> None:
    while True:
        time.sleep(SAY_SECONDS)
        try:
            say(connected)
        except Exception as error:  # or nobody would say so any more, and all be withdrawn
            log.error("who looks at which jobs could not be said", exc_info=error)


def say(connected: Callable[[str], bool]) -> None:
    """Says once what the sessions show that have a connection; forgets those long without."""
    now = time.monotonic()
    with _lock:
        sessions = list(_sessions.items())
    for name, session in sessions:
        if not connected(name):
            if now - session.seen > _FORGOTTEN_AFTER:
                with _lock:
                    _sessions.pop(name, None)
            continue
        session.seen = now
        jobs = set(session.jobs)
        try:
            # Nothing is written for what has ended: most open tabs show no more than that.
            if any(not job.state.ended for job in session.store.jobs.get_many(jobs).values()):
                session.store.watchers.watch(session.watcher, jobs)
        except NtkUqError as error:
            log.warning("a page's jobs may be withdrawn: %s", error)
