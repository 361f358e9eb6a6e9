"""Launching an ensemble: what it costs, the button, how far it is, stopping and going on."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.counting import counted, duration
from ntk_uq.base.settings import format_bytes
from ntk_uq.costs.training import Cost, cost_of, member_seconds
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.kinds import ensemble
from ntk_uq.results.ensembles.stored import Ensembles
from ntk_uq.results.speed import DEFAULT_SPEED, stored_speed
from ntk_uq.specs import CalibrationSpec, EnsembleSpec
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import job_panel, links, polling, refused, session, who
from ntk_uq.ui.plain_text import plain


def calibrate(store: Store) -> None:
    """Has the speed of training measured, unless somebody has."""
    if stored_speed(store.results) is None and not store.read_only:
        job = store.jobs.get(CalibrationSpec().digest())
        if job is None or job.state is JobState.DONE:
            submit(store.jobs, CalibrationSpec())


def running(store: Store, *specs: EnsembleSpec) -> bool:
    """Whether some of the networks are being trained, or wait for it."""
    return any(not job.state.ended for job in _jobs(store, specs))


def panel(store: Store, *several: Ensembles) -> None:
    """What is to do and the button; or the progress, and a button to stop.

    Raises:
        NtkUqError: where what is missing is too much for the settings' limits.
    """
    jobs = _jobs(store, [ensembles.spec for ensembles in several])
    costs = [cost_of(store.results, e.spec, e.missing) for e in several]
    wanted = sum(ensembles.spec.n_members for ensembles in several)
    by_id = {job.id: job for job in jobs}
    done = sum(_done(ensembles, by_id.get(ensembles.spec.digest())) for ensembles in several)
    finished = None
    if all(ensembles.complete for ensembles in several):
        seconds = sum(ensembles.provenance()["seconds"] for ensembles in several)
        finished = (
            f"All {wanted:,} networks are trained: {duration(seconds)} together, some at the same "
            "time."
        )

    def left() -> str:
        pairs = zip(several, costs, strict=True)
        guessed = sum(cost.seconds * pace(store, e) for e, cost in pairs) / settings.workers()
        rest = sum(cost.seconds for cost in costs)
        key = "_".join(ensembles.spec.digest() for ensembles in several)
        return job_panel.time_left(key, rest, guessed)

    job_panel.panel(
        store,
        jobs,
        finished=finished,
        offer=lambda: _offer(store, several, costs, wanted),
        share=done / wanted,
        text=f"{done:,} of {wanted:,} networks trained",
        left=left,
        stopped="Stopped before all networks were trained. What is trained is kept.",
        key="stop_training",
    )


def _jobs(store: Store, specs: Sequence[EnsembleSpec]) -> list[Job]:
    return list(store.jobs.get_many([spec.digest() for spec in specs]).values())


def _done(ensembles: Ensembles, job: Job | None) -> int:
    """Networks that are there; the engine may know of some that were not there when we looked."""
    if job is None or job.state.ended or job.total != ensembles.spec.n_members:
        return ensembles.done
    return max(ensembles.done, job.done)


def _offer(store: Store, several: Sequence[Ensembles], costs: Sequence[Cost], wanted: int) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    done = sum(ensembles.done for ensembles in several)
    cached = f", {done:,} of them trained already" if done else ""
    measured = "" if stored_speed(store.results) else " (not measured on this machine yet)"
    left.markdown(
        f"{_in_words(several)} **{counted(wanted, 'network')}**{cached}. To do: "
        f"{_operations(sum(cost.flops for cost in costs))}, about "
        f"**{duration(sum(cost.seconds for cost in costs))}** of one worker{measured}, "
        f"{format_bytes(max(cost.bytes for cost in costs))} of memory. "
        "Every network is kept when it is trained; you can close this page."
    )
    forbidden = who.no_launch(store)
    if right.button(
        "Train what is missing" if done else "Train",
        type="primary",
        key="launch",
        icon=":material/play_arrow:",
        disabled=refused.stale() or bool(forbidden),
        help=forbidden or None,
    ):
        with session.told():
            by = who.acting(store)
            for ensembles, cost in zip(several, costs, strict=True):
                if not ensembles.complete:
                    submit(store.jobs, ensembles.spec, seconds=cost.seconds, by=by)
        polling.asked()
        links.again()


def _in_words(several: Sequence[Ensembles]) -> str:
    """What a launch trains, in sentences: the specification that is sent, and no control."""
    return " ".join(f"Trains networks on {plain(ensemble.in_full(e.spec))}." for e in several)


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
