"""One run: what it computes, how far it is, what happened to it, and what can be done with it."""

import time
from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from ntk_uq.base.counting import listed
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs import describe, kinds
from ntk_uq.store import LONGEST_LABEL, MOST_TAGS, Job, JobState, Store
from ntk_uq.ui import own, say, session, stop, who
from ntk_uq.ui.pages.runs import states as run_states
from ntk_uq.ui.pages.runs.openings import beside, opening
from ntk_uq.ui.pages.runs.states import LOOKS, moment
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain

SHORT = 12
"""Characters of an id that tell jobs apart; the command line takes them, too."""

_REFUSED = "runs_refused"
_LOG_HEIGHT = 220  # pixels


def details(store: Store, job: Job) -> None:
    """Everything about a job."""
    st.markdown(f"## {LOOKS[job.state].icon} {plain(heading(job))}")
    with place():
        _now(job)
    forbidden = who.no_change(store, [job])
    if forbidden:
        _shut(store, job, forbidden)
    else:
        _actions(store, job)
    with place():
        _open(job)
    left, right = st.columns([2, 3])
    with left:
        st.markdown("### What and when")
        _facts(store, job)
        with st.expander("Specification"):
            st.caption(f"id {job.id}")
            fields = {n: describe.shown(v) for n, v in describe.flat(_spec(job)).items()}
            st.table(_column(fields), hide_header=True)
    with right:
        st.markdown("### Log")
        log(store, job)


def _now(job: Job) -> None:
    """What it computes where its heading does not say it, how far it is, and what went wrong."""
    if job.label:
        st.markdown(plain(describe.words(job.kind, job.spec)))
    refused = st.session_state.pop(_REFUSED, None)
    if refused:
        say.error(refused)
    if job.total and job.state in _MOVING:
        text = plain(job.message) or run_states.state_word(job)
        st.progress(min(1.0, job.done / job.total), text=text)
    if job.error:
        say.error(job.error)


def heading(job: Job) -> str:
    """What a job is called: its label or, without one, what it computes."""
    return job.label or describe.words(job.kind, job.spec)


def log(store: Store, job: Job) -> None:
    """What happened to a job, the last first: that is what somebody looks for."""
    lines = store.jobs.log(job.id)
    if not lines:
        st.caption("Nothing is written down of this run.")
        return
    text = "\n".join(f"{moment(line.time)}  {line.text}" for line in reversed(lines))
    st.code(text, language=None, wrap_lines=True, height=_LOG_HEIGHT)


def _facts(store: Store, job: Job) -> None:
    now = time.time()
    asked = f"{moment(job.requested)}, {run_states.seconds_in_words(now - job.requested)} ago"
    units = describe.amount(job).replace("/", " of ") if job.total else "–"
    owners = list(store.people.owners(job.id).values())
    asked_by = listed(owners or ["somebody"])
    if not owners and not describe.launched(job):
        asked_by = "a page, to show it"
    rows = {
        "state": run_states.state_word(job) + (", archived" if job.archived else ""),
        "kind": kinds.name_of(job.kind),
        "results": units,
        "asked for": asked,
        "asked by": asked_by,
        "started": moment(job.started),
        "finished": moment(job.finished),
        "duration": run_states.duration(job, now) or "–",
        "engine": job.engine or "–",
        "id": job.id[:SHORT],
    }
    st.table(_column(rows), hide_header=True)


def _open(job: Job) -> None:
    found = opening(job)
    if found is None:
        return
    with st.container(horizontal=True):
        found.draw()
        also = beside(job)
        if also is not None:
            also.draw()
    if found.notice:
        st.caption(found.notice)


def _actions(store: Store, job: Job) -> None:
    """The buttons: those that mean nothing now are not there."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Label",
            job.label,
            # Somebody else's change is another box: this session's text must not undo it.
            key=_label_key(job),
            max_chars=LONGEST_LABEL,
            placeholder="a name for this run",
            help="Everybody who opens this page sees it; Enter saves it.",
            on_change=_name,
            args=(store, job),
            width=320,
        )
        st.multiselect(
            "Tags",
            sorted({*store.jobs.tags(own.hidden()), *job.tags}),
            job.tags,
            key=_tags_key(job),
            max_selections=MOST_TAGS,
            accept_new_options=True,
            placeholder="words to find it by",
            help="Everybody who opens this page sees them. Type a new one and press Enter.",
            on_change=_tag,
            args=(store, job),
            width=320,
        )
        if job.state in (*_MOVING, JobState.INTERRUPTED):
            with session.told():
                # Whoever launched it may be anywhere.
                stop.button(store, [job], f"stop_{job.id}", always_asks=True)
        if job.state in (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED):
            _button(
                "Retry",
                "retry",
                ":material/replay:",
                lambda: who.acting(store).retry(job.id),
                "Computes only what is missing.",
            )
        if job.archived:
            _button(
                "Take out of the archive",
                "unarchive",
                ":material/unarchive:",
                lambda: who.acting(store).archive(job.id, False),
            )
        elif job.state not in _MOVING:
            _button(
                "Archive",
                "archive",
                ":material/archive:",
                lambda: who.acting(store).archive(job.id),
                "Leaves it out of the list. Nothing is deleted.",
            )


def _shut(store: Store, job: Job, why: str) -> None:
    """The buttons for whoever may not press them, with the reason."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if job.state in (*_MOVING, JobState.INTERRUPTED):
            stop.button(store, [job], f"stop_{job.id}")
        if job.state not in _MOVING:
            icon = ":material/archive:"
            st.button("Archive", key="run_archive", icon=icon, help=why, disabled=True)


def _button(
    label: str,
    key: str,
    icon: str,
    act: Callable[[], object],
    help: str | None = None,
) -> None:
    if st.button(label, key=f"run_{key}", icon=icon, help=help):
        with session.told():
            act()
        st.rerun()


def _name(store: Store, job: Job) -> None:
    try:
        who.acting(store).set_label(job.id, st.session_state[_label_key(job)])
    except NtkUqError as error:
        st.session_state[_REFUSED] = str(error)


def _tag(store: Store, job: Job) -> None:
    try:
        who.acting(store).set_tags(job.id, st.session_state[_tags_key(job)])
    except NtkUqError as error:
        st.session_state[_REFUSED] = str(error)


def _tags_key(job: Job) -> str:
    return f"run_tags_{job.id}_{','.join(job.tags)}"


def _label_key(job: Job) -> str:
    return f"run_label_{job.id}_{job.label}"


def _spec(job: Job) -> object:
    try:
        return parse_json(job.spec)
    except NtkUqError:
        return job.spec


def _column(rows: Mapping[str, str]) -> pd.DataFrame:
    """Names and texts as a table with neither number nor title."""
    return pd.DataFrame({"": {plain(name): plain(text) for name, text in rows.items()}})


_MOVING = (JobState.QUEUED, JobState.RUNNING)
