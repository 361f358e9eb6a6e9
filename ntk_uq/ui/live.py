"""Jobs behind a page: asked for once a view, followed until they end, retried by a button."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq.curves import Curve, stored_curve
from ntk_uq.engine.chunks import submit
from ntk_uq.specs import CurveSpec
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui.session import engine_alive

_ASKED = "asked_jobs"


def ask(store: Store, specs: Sequence[CurveSpec]) -> None:
    """Submits what is missing of some curves, once each time the view changes to them.

    What this session asked for before, and no view of it shows any more, it takes back: a job
    that nobody else asked for stops, and what it computed is kept.
    """
    asked: set[str] = st.session_state.setdefault(_ASKED, set())
    wanted = {spec.digest(): spec for spec in specs}
    for job_id in asked - wanted.keys():
        job = store.jobs.get(job_id)
        if job is not None and not job.state.ended:
            store.jobs.withdraw(job_id)
    # The last one asked for runs first, and the first curve is the one to see first.
    for job_id, spec in reversed(wanted.items()):
        if job_id not in asked and not stored_curve(store.results, spec).complete:
            submit(store.jobs, spec)
    st.session_state[_ASKED] = set(wanted)


def pending(store: Store, curves: Sequence[Curve]) -> bool:
    """Whether more points may come by themselves."""
    return any(not job.state.ended for job in _jobs(store, curves).values())


def progress(store: Store, curves: Sequence[Curve]) -> None:
    """How many points are there, a button to stop, and a word if nobody computes them."""
    done = sum(len(curve.raw) for curve in curves)
    total = sum(curve.spec.n_points for curve in curves)
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(done / total, text=f"{done} of {total} points computed")
    if right.button("Stop", key="stop_jobs", help="What is computed already is kept."):
        for job_id, job in _jobs(store, curves).items():
            if not job.state.ended:
                store.jobs.request_cancel(job_id)
    if not engine_alive(store):
        st.warning(
            "No engine is running, so nothing is computed. What is asked for stays in the queue: "
            "start one with `make run`, or `python -m ntk_uq engine` beside this page.",
            icon=":material/power_off:",
        )


def ended(store: Store, curves: Sequence[Curve], labels: Sequence[str]) -> None:
    """Why curves are not complete although nobody computes them, and a button to go on."""
    jobs = _jobs(store, curves)
    for curve, label in zip(curves, labels, strict=True):
        job = jobs.get(curve.spec.digest())
        if job is not None and job.state.ended:
            _ended(store, curve, label, job)


def _jobs(store: Store, curves: Sequence[Curve]) -> dict[str, Job]:
    missing = [curve.spec.digest() for curve in curves if not curve.complete]
    return store.jobs.get_many(missing) if missing else {}


def _ended(store: Store, curve: Curve, label: str, job: Job) -> None:
    reasons = {
        JobState.FAILED: job.error,
        JobState.CANCELLED: "stopped before it was complete.",
        JobState.DONE: "some of its results were damaged or have been removed.",
    }
    left, right = st.columns([5, 1], vertical_alignment="center")
    box = left.error if job.state is JobState.FAILED else left.info
    box(f"**{label}**: {reasons.get(job.state, '')}")
    if right.button("Compute", key=f"retry_{job.id}", help="Computes what is missing."):
        submit(store.jobs, curve.spec)
        st.rerun()
