"""Launching an ensemble: what it costs, the button, how far it is, stopping and going on."""

import streamlit as st

from ntk_uq import datasets, settings
from ntk_uq.ensembles.estimate import DEFAULT_SPEED, Cost, member_seconds
from ntk_uq.ensembles.stored import Ensembles, stored_speed
from ntk_uq.jobs import submit_calibration, submit_ensemble
from ntk_uq.settings import format_bytes
from ntk_uq.specs import CalibrationSpec, EnsembleSpec
from ntk_uq.store import JobState, Store
from ntk_uq.ui import job_panel
from ntk_uq.ui.job_panel import duration


def calibrate(store: Store) -> None:
    """Has the speed of training measured, unless somebody has."""
    if stored_speed(store.results) is None:
        job = store.jobs.get(CalibrationSpec().digest())
        if job is None or job.state is JobState.DONE:
            submit_calibration(store.jobs)


def running(store: Store, spec: EnsembleSpec) -> bool:
    """Whether the networks are being trained, or wait for it."""
    job = store.jobs.get(spec.digest())
    return job is not None and not job.state.ended


def panel(store: Store, ensembles: Ensembles, cost: Cost) -> None:
    """The estimate and the button; or the progress, and a button to stop."""
    spec = ensembles.spec
    job = store.jobs.get(spec.digest())
    finished = None
    if ensembles.complete:
        seconds = duration(ensembles.provenance()["seconds"])
        finished = (
            f"All {spec.n_members:,} networks are trained: {seconds} together, some at the same "
            "time."
        )
    done = ensembles.done
    if job is not None and job.total == spec.n_members:
        done = max(done, job.done)

    def left() -> str:
        left_over = cost.seconds * pace(store, ensembles) / settings.workers()
        return f", about {duration(left_over)} left"

    job_panel.panel(
        store,
        job,
        finished=finished,
        offer=lambda: _offer(store, ensembles, cost),
        share=done / spec.n_members,
        text=f"{done:,} of {spec.n_members:,} networks trained",
        left=left,
        stopped="Stopped before all networks were trained. What is trained is kept.",
        key="stop_training",
    )


def _offer(store: Store, ensembles: Ensembles, cost: Cost) -> None:
    spec = ensembles.spec
    left, right = st.columns([4, 1], vertical_alignment="center")
    cached = f", {ensembles.done:,} of them trained already" if ensembles.done else ""
    measured = "" if stored_speed(store.results) else " (not measured on this machine yet)"
    left.markdown(
        f"**{spec.n_members:,} networks**{cached}. To do: {_operations(cost.flops)}, about "
        f"**{duration(cost.seconds)}** of one worker{measured}, {format_bytes(cost.bytes)} of "
        "memory. Every network is kept when it is trained; you can close this page."
    )
    if right.button(
        "Train what is missing" if ensembles.done else "Train",
        type="primary",
        key="launch",
        icon=":material/play_arrow:",
    ):
        submit_ensemble(store.jobs, spec)
        st.rerun()


def pace(store: Store, ensembles: Ensembles) -> float:
    """How much longer networks took than estimated, of those that are there."""
    spec = ensembles.spec
    dataset = datasets.get(spec.data.dataset)
    speed = stored_speed(store.results) or DEFAULT_SPEED
    took, estimated = 0.0, 0.0
    for (width, n_train), members in ensembles.members.items():
        one = member_seconds(spec, width, n_train, dataset.n_features, dataset.n_outputs, speed)
        took += sum(m.seconds for m in members)
        estimated += len(members) * one
    return took / estimated if estimated and took else 1.0


def _operations(flops: float) -> str:
    for power, prefix in ((15, "P"), (12, "T"), (9, "G")):
        if flops >= 10**power:
            return f"{flops / 10**power:,.3g} {prefix}FLOP"
    return f"{flops / 1e6:,.3g} MFLOP"
