"""One job behind a part of a page: asked for once, followed, and retried by a button."""

import streamlit as st

from ntk_uq.base.fields import Spec
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.engines import kept_words
from ntk_uq.store import JobState, Store
from ntk_uq.ui import links, polling, say, session
from ntk_uq.ui.plain_text import plain

_ASKED = "asked_once"

NO_ENGINE = (
    "No engine is running, so nothing is computed. What is asked for stays in the queue: start one "
    "with `make run`, or `python -m ntk_uq engine` beside this page."
)


def engine_words(store: Store) -> str:
    """What is wrong with the engines where something is to be computed: none is alive, or what they
    compute cannot be kept; empty if nothing is."""
    engines = store.jobs.engines()
    if not engines:
        return NO_ENGINE
    return next((words for words in map(kept_words, engines) if words), "")


def warn_of_engine(store: Store) -> None:
    """Says that, where there is anything to say."""
    words = engine_words(store)
    if words:
        st.warning(words, icon=":material/power_off:" if words == NO_ENGINE else ":material/save:")


def follow(store: Store, spec: Spec, what: str) -> bool:
    """Shows how far a job is whose result is not there yet, and asks for it the first time.

    Args:
        store: the store.
        spec: what the job computes.
        what: what is computed, as the beginning of a sentence.

    Returns:
        Whether the result may still come by itself.
    """
    job_id = spec.digest()
    asked: set[str] = st.session_state.setdefault(_ASKED, set())
    job = store.jobs.get(job_id)
    if job is None or (job_id not in asked and job.state.ended):
        with session.kept():
            job = submit(store.jobs, spec)
            asked.add(job_id)
    else:
        asked.add(job_id)
    if job is None:
        return False
    if job.state.ended:
        tell, text = _ENDS[job.state]
        tell(f"{what} {text.format(job.error)}")
        if st.button("Try again", key=f"again_{job_id}"):
            submit(store.jobs, spec)
            polling.asked()
            links.again()
        return False
    told = plain(job.message or str(job.state))
    st.caption(f":material/hourglass_top: {what} is being computed: {told}…")
    warn_of_engine(store)
    return True


_ENDS = {
    JobState.FAILED: (say.error, "could not be computed: {}"),
    JobState.CANCELLED: (say.info, "was stopped before it was complete."),
    JobState.DONE: (say.info, "was damaged or has been removed."),
}
