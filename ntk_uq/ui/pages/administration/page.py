"""The page "Administration": who is here, what is computed where, and what went wrong."""

import time

import streamlit as st

from ntk_uq.base import login_settings
from ntk_uq.base.counting import duration
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.settings import format_bytes
from ntk_uq.jobs import describe
from ntk_uq.jobs.engines import describe_device, describe_engine, devices, troubles
from ntk_uq.jobs.health import health
from ntk_uq.jobs.words import own_titles
from ntk_uq.people import announce, check_admin
from ntk_uq.store import LONGEST_NOTICE, Store
from ntk_uq.ui import fitted_table, own, say, session, who
from ntk_uq.ui.pages.administration import changes, people
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain

_TEXT, _REFUSED = "admin_notice", "admin_refused"
_DAY = 24 * 3600.0
_MOST_ERRORS = 100


def page() -> None:
    """The whole page; a sentence for whoever is no admin."""
    with session.told():
        store = session.store()
        check_admin(who.person(store))
        notice(store)
        with place():
            people.table(store)
        if login_settings.login():
            changes.draw(store)
        workers(store)
        with own_titles(own.title_of):
            errors(store)


def notice(store: Store) -> None:
    """The message to all: what it is, and a box for another one."""
    st.header("Message to all", anchor=False)
    with place():
        refused = st.session_state.pop(_REFUSED, None)
        if refused:
            say.error(refused)
    now = store.notice.read()
    # Another admin's message is another box: this session's text must not undo it.
    key = f"{_TEXT}_{now.since if now else 0}"
    text = st.text_input(
        "Message",
        now.text if now else "",
        key=key,
        max_chars=LONGEST_NOTICE,
        placeholder="The server restarts at six",
        help="It stands above every page within some seconds, until it is cleared.",
    )
    with st.container(horizontal=True):
        st.button("Show to all", key="admin_say", on_click=_say, args=(store, text))
        st.button("Clear", key="admin_clear", on_click=_say, args=(store, ""), disabled=not now)
    with place():
        if now:
            st.caption(f"Of {plain(now.author)}, since {duration(time.time() - now.since)}.")


def _say(store: Store, text: str) -> None:
    try:
        announce(store, who.person(store), text)
    except NtkUqError as error:
        st.session_state[_REFUSED] = str(error)


def workers(store: Store) -> None:
    """Engines with their workers' devices, the queue, and the room that is left."""
    st.header("Workers", anchor=False)
    found = health(store)
    states = ", ".join(f"{count} {state}" for state, count in found.under_way.items() if count)
    waited = "" if found.waited is None else f"; the oldest waits {duration(found.waited)}"
    st.markdown(
        f"{states or 'No run is under way'}{waited}. "
        f"{format_bytes(found.free)} of {format_bytes(found.total)} of the store's disk are free."
    )
    if not found.engines:
        st.info("No engine is alive; `ntk-uq engine` starts one.")
    rows = [
        {"engine": plain(describe_engine(engine)), "computes on": plain(describe_device(state))}
        for engine in found.engines
        for state in devices(engine)
    ]
    fitted_table.draw(rows, "admin_devices")
    for engine in found.engines:
        if not devices(engine):
            st.caption(plain(describe_engine(engine)))
        for words in troubles(engine):
            say.warning(words, icon=":material/memory:")


def errors(store: Store) -> None:
    """What went wrong within a day, by the logs of the runs."""
    st.header("Errors of the last day", anchor=False)
    found = store.jobs.failures(time.time() - _DAY, _MOST_ERRORS)
    if not found:
        st.markdown("None.")
        return
    jobs = store.jobs.get_many({job_id for job_id, _ in found})
    owners = store.people.owners_of(jobs)
    rows = [
        {
            "when": f"{duration(time.time() - line.time)} ago",
            "run": plain(_named(jobs[job_id].label, jobs[job_id].kind, jobs[job_id].spec)),
            "of": plain(", ".join(owners.get(job_id, {}).values()) or "–"),
            "what": plain(line.text),
        }
        for job_id, line in found
        if job_id in jobs
    ]
    fitted_table.draw(rows, "admin_errors")
    if len(found) == _MOST_ERRORS:
        st.caption(f"The last {_MOST_ERRORS} are shown.")


def _named(label: str, kind: str, spec: str) -> str:
    return label or describe.words(kind, spec)
