"""The page "Runs": every job, how far it is, and what can be done with it."""

import time
from collections.abc import Iterable, Iterator

import streamlit as st

from ntk_uq.jobs.engines import computes_on, describe_engine, troubles
from ntk_uq.jobs.words import own_titles
from ntk_uq.people import hidden_owner, not_shown
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import export, links, own, pages, say, session, visibility
from ntk_uq.ui.engine_words import warn_of_engine
from ntk_uq.ui.pages.runs import comparison as run_comparison
from ntk_uq.ui.pages.runs import controls
from ntk_uq.ui.pages.runs import details as run_details
from ntk_uq.ui.pages.runs import table as run_table
from ntk_uq.ui.pages.runs.exhibit import exhibit
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import RunsView

POLL_SECONDS = 1.5
_LOCKED = ":material/lock:"
_JUST_DRAWN = "runs_just_drawn"
_MAY_CHANGE = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)


def page() -> None:
    """The whole page."""
    links.set_controls(RunsView, controls.fill)
    with session.told():
        store = session.store()
        # Before anything is read: what changes, or ends, meanwhile is still to be shown.
        stamp, busy = store.jobs.stamp(), waiting(store)
        view = controls.draw(store.jobs.kinds(), store.jobs.tags(own.hidden()))
        total = run_table.count(store, view)
        view = run_table.with_page(view, total)
        links.keep(view)
        # Also later, in what is made on a click: the context is this run's alone.
        with own_titles(own.title_of):
            runs(store, view, total, busy)
    follow(stamp, busy)


def runs(store: Store, view: RunsView, total: int, busy: bool) -> None:
    """The list, and below it what is selected."""
    others = run_table.left_out(store, view, total)
    with place():
        if not total:
            say.info(nothing(view), icon=pages.page_of(view).icon)
        else:
            jobs = run_table.jobs_of(store, view)
            run_table.table(jobs, view.selected, session.dark(), controls.select)
            run_table.pager(view, total, controls.turn_to)
    with place():
        if others:
            st.caption(
                f"{others:,} more that pages asked for by themselves: the switch “Also what pages "
                "asked for” lists them."
            )
        if busy:
            warn_of_engine(store)
        computing(store)
    found = store.jobs.get_many(view.selected)
    with place():
        for job_id in view.selected:
            if job_id not in found:
                say.info(f"There is no run {job_id} in this store.", icon=":material/search_off:")
        chosen = list(shown(found[job_id] for job_id in view.selected if job_id in found))
    if len(chosen) == 2:
        run_comparison.comparison(store, *chosen)
    elif chosen:
        run_details.details(store, chosen[0])
    if total:
        export.panel(lambda: exhibit(view, jobs, total, time.time()))


def shown(jobs: Iterable[Job]) -> Iterator[Job]:
    """Those of the jobs that are shown to whoever looks; why the others are not is said."""
    hidden = own.hidden()
    for job in jobs:
        owner = hidden_owner(job.spec, hidden)
        if owner is None:
            yield job
        else:
            say.info(f"Run {job.id[: run_details.SHORT]}: {not_shown(owner)}", icon=_LOCKED)


def computing(store: Store) -> None:
    """On which devices, and what keeps them from it."""
    for engine in store.jobs.engines():
        told = computes_on(engine)
        if told:
            st.caption(plain(f"Computing: {describe_engine(engine)}, on {told}."))
        for words in troubles(engine):
            say.warning(words, icon=":material/memory:")


def nothing(view: RunsView) -> str:
    """Why the list is empty."""
    if view.mine and not (view.states or view.kinds or view.text or view.tags):
        return "You have launched nothing yet. The switch “Mine alone” hides everybody else's runs."
    if view.states or view.kinds or view.text or view.tags:
        return "No run is like that. Choose other states or kinds, or search for less."
    if view.archived:
        return "Nothing is archived."
    return (
        "Nothing has been launched yet. Train ensembles, compute a phase map or fetch a data set: "
        "such runs are listed here."
    )


def waiting(store: Store) -> bool:
    """Whether there are jobs of which more may come."""
    return store.jobs.count(_MAY_CHANGE, archived=False) > 0


def follow(stamp: str, busy: bool) -> None:
    """Draws the page again when something has changed, as long as something may.

    Nothing is asked while all jobs have ended or the tab is hidden. While some run, a fragment
    that draws nothing reads one row; only where that has changed, the page is drawn again.
    """
    hidden = visibility.hidden()
    if busy and not hidden:
        st.session_state[_JUST_DRAWN] = True
        st.fragment(tick, run_every=POLL_SECONDS)(stamp)


def tick(stamp: str) -> None:
    """Draws the page again if it does not show what is there any more.

    Not at once after it was drawn, though: a job that reports faster than a page is drawn would
    have it drawn without a pause.
    """
    if st.session_state.pop(_JUST_DRAWN, False):
        return
    with session.told():
        changed = session.store().jobs.stamp() != stamp
    if changed:
        links.follow(None)  # a list that stands still while runs go on would lie
