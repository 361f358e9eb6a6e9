"""The button that stops jobs, and its question where others look at them, too."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ntk_uq.store import Job, Store
from ntk_uq.ui import links, session, watching, who


def columns(jobs: Sequence[Job], key: str) -> list[DeltaGenerator]:
    """A place for how far jobs are, and one for :func:`button` of the same ``key``."""
    return st.columns([3, 2] if _asked(jobs, key) else [5, 1], vertical_alignment="center")


def state(store: Store, jobs: Sequence[Job], key: str) -> str:
    """What there is to say of stopping, to be set behind how far the jobs are; mostly empty."""
    if stopping(jobs):
        return ", stopping"
    asked = _asked(jobs, key) and _others_look(store, jobs)
    return "; another page shows this, too" if asked else ""


def stopping(jobs: Sequence[Job]) -> bool:
    """Whether all of these jobs have been told to stop."""
    return bool(jobs) and all(job.cancel_requested for job in jobs)


def button(
    store: Store,
    jobs: Sequence[Job],
    key: str,
    *,
    always_asks: bool = False,
    stopped: Callable[[], None] = lambda: None,
) -> None:
    """Draws "Stop"; or, once it was pressed and others look at these jobs, whether they shall stop
    for all.

    Args:
        store: the store.
        jobs: what is stopped; what they have computed is kept.
        key: of the button.
        always_asks: also where nobody else looks, since somebody may have launched them for later.
        stopped: is called when they are.
    """
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", width="content"
    ):
        forbidden = who.no_change(store, jobs)
        if _asked(jobs, key) and not forbidden:
            _question(store, jobs, key, stopped)
        elif st.button(
            "Stop",
            key=key,
            icon=":material/stop_circle:",
            disabled=stopping(jobs) or bool(forbidden),
            help=forbidden or "What is computed already is kept.",
        ):
            if always_asks or _others_look(store, jobs):
                st.session_state[_name(key)] = {job.id for job in jobs}
            else:
                _stop(store, jobs, key, stopped)
            links.again()


def _question(store: Store, jobs: Sequence[Job], key: str, stopped: Callable[[], None]) -> None:
    if st.button(
        "Stop for all",
        key=f"{key}_for_all",
        icon=":material/stop_circle:",
        help="What is computed already is kept.",
    ):
        _stop(store, jobs, key, stopped)
        links.again()
    if st.button("Go on", key=f"{key}_not"):
        del st.session_state[_name(key)]
        links.again()


def _stop(store: Store, jobs: Sequence[Job], key: str, stopped: Callable[[], None]) -> None:
    st.session_state.pop(_name(key), None)
    with session.told():
        acting = who.acting(store)
        for job in jobs:
            acting.stop(job.id)
    stopped()


def _others_look(store: Store, jobs: Sequence[Job]) -> bool:
    return any(store.watchers.watched(job.id, watching.watcher()) for job in jobs)


def _asked(jobs: Sequence[Job], key: str) -> bool:
    """Whether the question stands; not of others than it was asked about."""
    asked: set[str] = st.session_state.get(_name(key), set())
    return not stopping(jobs) and bool(jobs) and {job.id for job in jobs} <= asked


def _name(key: str) -> str:
    return f"asked_whether_{key}"
