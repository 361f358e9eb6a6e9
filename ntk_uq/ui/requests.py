"""What a session asks for: what a page asks for by itself, and how many jobs a session may have."""

from collections.abc import Iterable

import streamlit as st

from ntk_uq.base import settings
from ntk_uq.base.counting import duration
from ntk_uq.base.fields import Spec
from ntk_uq.base.settings import format_bytes
from ntk_uq.costs.theory import TheoryCost
from ntk_uq.jobs.asking import submit
from ntk_uq.store import Store
from ntk_uq.ui import polling, who

_MINE, _LAUNCHED = "my_jobs", "my_launches"


def by_itself(cost: TheoryCost | None) -> bool:
    """Whether a page asks for what costs so much without being told to; None is no cost known."""
    return cost is None or cost.seconds <= settings.ask_limit()


def in_words(cost: TheoryCost) -> str:
    """What a launch costs, as the end of a sentence."""
    memory = f", {format_bytes(cost.bytes)} of memory" if cost.bytes else ""
    return f"about **{duration(cost.seconds)}** of one worker{memory}"


def hand_in(store: Store, specs: Iterable[Spec], *, launched: bool = False) -> int:
    """Asks for jobs, the first of them to run first, as far as this session may have more.

    Returns:
        how many there was room for, from the first on.

    Raises:
        NotAllowedError, StoreError: as :func:`ntk_uq.jobs.asking.submit`.
    """
    mine, by = _mine(launched), who.acting(store)
    taken = list(specs)[: room(store, launched)]
    # The last one asked for runs first.
    for spec in reversed(taken):
        asked = submit(store.jobs, spec, launched=launched, passing=not launched, by=by)
        mine.add(asked.id)
    if taken:
        polling.asked()
    return len(taken)


def room(store: Store, launched: bool = False) -> int:
    """How many more jobs this session may have waiting or running.

    What it has launched, which may take hours, is counted by itself: it shall not keep the same
    session's pages from showing anything.
    """
    mine = _mine(launched)
    jobs = store.jobs.get_many(mine) if mine else {}
    mine &= {job_id for job_id, job in jobs.items() if not job.state.ended}
    return max(0, settings.session_jobs() - len(mine))


def full(waiting: int) -> str:
    """Why some jobs are not asked for yet, as a sentence."""
    jobs = "job waits" if waiting == 1 else "jobs wait"
    return (
        f"{waiting} {jobs} on this page: one visitor has at most {settings.session_jobs()} at a "
        f"time ({settings.SESSION_JOBS})."
    )


def _mine(launched: bool) -> set[str]:
    jobs: set[str] = st.session_state.setdefault(_LAUNCHED if launched else _MINE, set())
    return jobs
