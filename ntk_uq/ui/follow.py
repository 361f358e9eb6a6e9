"""One job behind a part of a page: asked for once, followed, and retried by a button."""

from contextlib import suppress

import streamlit as st

from ntk_uq.base.errors import StoreNotWritableError
from ntk_uq.base.fields import Spec
from ntk_uq.costs.theory import TheoryCost
from ntk_uq.jobs.asking import cost_of, submit
from ntk_uq.store import JobState, Store
from ntk_uq.ui import job_panel, links, polling, requests, say, session, watching, who
from ntk_uq.ui.engine_words import warn_of_engine
from ntk_uq.ui.plain_text import plain

_ASKED = "asked_once"


def follow(store: Store, spec: Spec, what: str) -> bool:
    """Shows how far a job is whose result is not there yet, and asks for it the first time.

    Args:
        store: the store.
        spec: what the job computes.
        what: what is computed, as the beginning of a sentence.

    Returns:
        Whether the result may still come by itself.
    """
    if store.read_only:
        st.caption(f":material/inventory_2: {what}: not among the prepared results.")
        return False
    job_id = spec.digest()
    asked: set[str] = st.session_state.setdefault(_ASKED, set())
    job, cost = store.jobs.get(job_id), cost_of(spec)
    with suppress(StoreNotWritableError):  # said below, if there is something to ask for
        watching.watch(store, [job_id])
    gone = job is not None and job.withdrawn and job.state is JobState.CANCELLED
    if job is None or gone or (job_id not in asked and job.state.ended):
        if not requests.by_itself(cost):
            _offer(store, spec, what, cost)
            return False
        with session.kept():
            if not requests.hand_in(store, [spec]):
                st.caption(f":material/hourglass_top: {what}: {requests.full(1)}")
                return True
            job = store.jobs.get(job_id)
            asked.add(job_id)
    else:
        asked.add(job_id)
    if job is None:
        return False
    if job.state.ended:
        tell, text = _ENDS[job.state]
        tell(f"{what} {text.format(job.error)}")
        forbidden = who.no_launch(store)
        if st.button(
            "Try again",
            key=f"again_{job_id}",
            disabled=bool(forbidden),
            help=forbidden or None,
        ):
            with session.told():
                submit(store.jobs, spec, launched=True, by=who.acting(store))
            polling.asked()
            links.again()
        return False
    told = plain(job.message or str(job.state))
    st.caption(f":material/hourglass_top: {what} is being computed: {told}…")
    warn_of_engine(store)
    return True


def coming(store: Store, spec: Spec) -> bool:
    """Whether a result may come by itself that :func:`follow` shows."""
    if store.read_only:
        return False
    job = store.jobs.get(spec.digest())
    return requests.by_itself(cost_of(spec)) if job is None else not job.state.ended


def _offer(store: Store, spec: Spec, what: str, cost: TheoryCost | None) -> None:
    """What it costs, and the button."""

    def draw() -> None:
        left, right = st.columns([3, 1], vertical_alignment="center")
        told = "" if cost is None else f" To do: {requests.in_words(cost)}."
        left.markdown(f"**{what}** is more than a page asks for by itself.{told}")
        forbidden = who.no_launch(store)
        if right.button(
            "Compute",
            key=f"launch_{spec.digest()}",
            icon=":material/play_arrow:",
            disabled=bool(forbidden),
            help=forbidden or None,
        ):
            requests.hand_in(store, [spec], launched=True)
            st.session_state[_ASKED].add(spec.digest())
            links.again()

    job_panel.offer(store, draw, key=spec.digest())


_ENDS = {
    JobState.FAILED: (say.error, "could not be computed: {}"),
    JobState.CANCELLED: (say.info, "was stopped before it was complete."),
    JobState.DONE: (say.info, "was damaged or has been removed."),
}
