"""Jobs that somebody launches: what they cost and the button, how far it is, stopping, its end."""

import time
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ntk_uq.base.counting import counted, duration
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import quota_lines, say, stop
from ntk_uq.ui.engine_words import warn_of_engine
from ntk_uq.ui.time_left import Pace

_SOON = ", waiting for the engine"
ROOM = "job_panel"
"""What the keys of these panels begin with: :mod:`ntk_uq.ui.look` gives all of them the same room,
whatever they say, so that the plots below stand still."""


def panel(
    store: Store,
    jobs: Sequence[Job],
    *,
    finished: str | None,
    offer: Callable[[], None],
    share: float,
    text: str,
    left: Callable[[], str],
    stopped: str,
    key: str,
    when_stopped: Callable[[], None] = lambda: None,
) -> None:
    """The offer; or the progress, and a button to stop; or that all is there.

    Args:
        store: the store.
        jobs: those of them that anybody ever asked for.
        finished: what to say where everything is there; None where it is not.
        offer: draws what it costs, and the button.
        share, text: how far it is, from 0 to 1 and in words.
        left: how long it still takes, in words.
        stopped: what to say where it was stopped.
        key: of the button that stops it.
        when_stopped: is called when it is.
    """
    active = [job for job in jobs if not job.state.ended]
    # Nothing follows what was there when the page was opened: its one line needs no more room.
    grown = f"room_of_{key}"
    if active or finished is None:
        st.session_state[grown] = True
    with _frame(key, bool(st.session_state.get(grown))):
        if active:
            _progress(store, active, share, text, left, key, when_stopped)
        elif finished is not None:
            st.markdown(f":material/check_circle: {finished}")
        elif store.read_only:
            st.markdown(f":material/inventory_2: {text}.")
        else:
            offer()
            quota_lines.before_launch(store)
    if active:
        warn_of_engine(store)
    if finished is not None:
        return
    for error in dict.fromkeys(job.error for job in jobs if job.state is JobState.FAILED):
        say.error(error)
    if any(job.state is JobState.CANCELLED for job in jobs):
        say.info(stopped)


def offer(store: Store, draw: Callable[[], None], key: str) -> None:
    """The offer alone, of what is followed elsewhere once it is launched; ``key`` is its own."""
    with _frame(key):
        draw()
        quota_lines.before_launch(store)


def _frame(key: str, grown: bool = True) -> DeltaGenerator:
    name = f"{ROOM if grown else 'done'}_{key}"
    return st.container(border=True, key=name, vertical_alignment="center")


def _progress(
    store: Store,
    active: Sequence[Job],
    share: float,
    text: str,
    left: Callable[[], str],
    key: str,
    when_stopped: Callable[[], None],
) -> None:
    bar, button = stop.columns(active, key)
    if not stop.stopping(active):
        text += _waiting(store, active) or left()
    bar.progress(min(1.0, share), text=text + stop.state(store, active, key))
    with button:
        stop.button(store, active, key, stopped=when_stopped)


def _waiting(store: Store, active: Sequence[Job]) -> str:
    """What all of these jobs wait for; empty where one of them goes on."""
    if all(job.state is JobState.QUEUED for job in active):
        why = quota_lines.waiting(store, active)
        if why:
            return f". {why}"
        others = min(store.jobs.ahead(job.id) for job in active)
        return f", waiting for {counted(others, 'other')}" if others else _SOON
    if all(job.state is JobState.INTERRUPTED for job in active):
        return ", the engine has gone silent; another one goes on"
    return ""


def time_left(key: str, rest: float, guessed: float) -> str:
    """How long it still takes, by how fast it went since this session looked at it first.

    Args:
        key: tells it from others.
        rest: what is left of it, in seconds of work as estimated.
        guessed: the same in seconds of waiting, as long as nothing was seen.
    """
    now, name = time.monotonic(), f"pace_{key}"
    seen = (st.session_state.get(name) or Pace.first(now, rest)).seen(now, rest)
    st.session_state[name] = seen
    return f", about {duration(seen.left(now, guessed / rest if rest else 0.0))} left"
