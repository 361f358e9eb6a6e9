"""Launching a phase map: small ones by themselves, larger ones with their cost and a button."""

import streamlit as st

from ntk_uq.analysis.maps import MapCost, PhaseMap, check_map_cost, map_cost
from ntk_uq.base import settings
from ntk_uq.base.counting import counted, duration
from ntk_uq.base.errors import CostLimitError
from ntk_uq.base.settings import format_bytes
from ntk_uq.jobs.asking import submit
from ntk_uq.store import Store
from ntk_uq.ui import job_panel, links, refused, say, session, who

AT_ONCE_SECONDS = 10.0
"""A map that takes less than this is computed as soon as it is shown."""

_DECIDED = "maps_at_once"


def at_once(found: PhaseMap) -> bool:
    """Whether a map is computed without being launched; decided when it is shown first, so that it
    does not change its mind while it grows."""
    decided: dict[str, bool] = st.session_state.setdefault(_DECIDED, {})
    digest = found.spec.digest()
    if digest not in decided:
        decided[digest] = map_cost(found).seconds < AT_ONCE_SECONDS
    return decided[digest]


def panel(store: Store, found: PhaseMap) -> None:
    """The estimate and the button; or the progress, and a button to stop."""
    spec, cost = found.spec, map_cost(found)
    impossible = f", {found.failed:,} of them without a number" if found.failed else ""
    finished = None
    if found.complete:
        finished = (
            f"All {spec.n_cells:,} cells are there{impossible}: {duration(found.seconds)} of "
            "computing."
        )
    job_panel.panel(
        store,
        list(store.jobs.get_many([spec.digest()]).values()),
        finished=finished,
        offer=lambda: _offer(store, found, cost),
        share=found.done / spec.n_cells,
        text=f"{found.done:,} of {spec.n_cells:,} cells computed",
        left=lambda: f", about {duration(cost.seconds / settings.workers())} left",
        stopped="Stopped before all cells were computed. What is computed is kept.",
        key="stop_map",
    )


def _offer(store: Store, found: PhaseMap, cost: MapCost) -> None:
    spec = found.spec
    left, right = st.columns([3, 1], vertical_alignment="center")
    there = f", {found.done:,} of them there already" if found.done else ""
    left.markdown(
        f"**{counted(spec.n_cells, 'cell')}**{there}. To do: {counted(cost.points, 'point')}, "
        f"about **{duration(cost.seconds)}** of one worker, {format_bytes(cost.bytes)} of memory. "
        "Every cell is kept when it is there; you can close this page."
    )
    reason = ""
    try:
        check_map_cost(cost)
    except CostLimitError as error:
        reason = str(error)
    forbidden = who.no_launch(store)
    if right.button(
        "Compute what is missing" if found.done else "Compute",
        type="primary",
        key="launch_map",
        icon=":material/play_arrow:",
        disabled=bool(reason or forbidden) or refused.stale(),
        help=forbidden or reason or None,
    ):
        with session.told():
            submit(store.jobs, spec, seconds=cost.seconds, by=who.acting(store))
        links.again()
    if reason:
        say.error(reason)
