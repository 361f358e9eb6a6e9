"""The page "Runs": every job, how far it is, and what can be done with it."""

import streamlit as st

from ntk_uq.store import JobState, Store
from ntk_uq.ui import links, run_comparison, run_details, run_table, session, visibility
from ntk_uq.ui.controls import runs as controls
from ntk_uq.ui.follow import NO_ENGINE
from ntk_uq.views import RunsView

POLL_SECONDS = 1.5
_MAY_CHANGE = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)


def page() -> None:
    """The whole page."""
    st.header("Runs", anchor=False)
    opened = links.opened_view(RunsView)
    if opened is not None:
        controls.fill(opened)
    with session.told():
        store = session.store()
        # Before anything is read: what changes meanwhile is a change.
        stamp = store.jobs.stamp()
        view = controls.draw(store.jobs.kinds())
        total = run_table.count(store, view)
        view = run_table.with_page(view, total)
        links.keep(view)
        runs(store, view, total)
    follow(store, stamp)


def runs(store: Store, view: RunsView, total: int) -> None:
    """The list, and below it what is selected."""
    if not total:
        st.info(nothing(view), icon=":material/list_alt:")
    else:
        jobs = run_table.jobs_of(store, view)
        run_table.table(jobs, view.selected, session.dark(), controls.select)
        run_table.pager(view, total, controls.turn_to)
    if waiting(store) and not session.engine_alive(store):
        st.warning(NO_ENGINE, icon=":material/power_off:")
    found = store.jobs.get_many(view.selected)
    for job_id in view.selected:
        if job_id not in found:
            st.info(f"There is no run {job_id} in this store.", icon=":material/search_off:")
    chosen = [found[job_id] for job_id in view.selected if job_id in found]
    if len(chosen) == 2:
        run_comparison.comparison(store, *chosen)
    elif chosen:
        run_details.details(store, chosen[0])


def nothing(view: RunsView) -> str:
    """Why the list is empty."""
    if view.states or view.kinds or view.text:
        return "No run is like that. Choose other states or kinds, or search for less."
    if view.archived:
        return "Nothing is archived."
    return (
        "Nothing has been computed yet. Open the scaling curves: what they ask for is listed here."
    )


def waiting(store: Store) -> bool:
    """Whether there are jobs of which more may come."""
    return store.jobs.count(_MAY_CHANGE, archived=False) > 0


def follow(store: Store, stamp: str) -> None:
    """Draws the page again when something has changed, as long as something may.

    Nothing is asked while all jobs have ended or the tab is hidden. While some run, a fragment
    that draws nothing reads one row; only where that has changed, the page is drawn again.
    """
    hidden = visibility.hidden()
    with session.told():
        if waiting(store) and not hidden:
            st.fragment(tick, run_every=POLL_SECONDS)(stamp)


def tick(stamp: str) -> None:
    """Draws the page again if it does not show what is there any more."""
    with session.told():
        changed = session.store().jobs.stamp() != stamp
    if changed:
        st.rerun()


session.run(page)
