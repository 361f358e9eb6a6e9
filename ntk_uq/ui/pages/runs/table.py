"""The table of runs: a page of it at a time, and which of its rows are selected."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from ntk_uq.base.counting import plural
from ntk_uq.jobs import describe, kinds
from ntk_uq.store import Job, JobOrder, JobState, Store
from ntk_uq.ui import own, who
from ntk_uq.ui.pages.runs import states as run_states
from ntk_uq.ui.pages.runs.states import LOOKS
from ntk_uq.views import RunsView

ROWS = 50
"""Jobs a page."""

MOST_SELECTED = 2

_KEYS = "runs_table"
_PAGER = "runs_pager"
_COLUMNS = {
    "state": st.column_config.TextColumn("State", width=92),
    # As wide as the smallest window leaves it; in others it grows.
    "run": st.column_config.TextColumn("Label, tags, what is computed", width=232),
    "progress": st.column_config.ProgressColumn(
        "Progress", format="percent", min_value=0, max_value=1, width=78
    ),
    "asked": st.column_config.DatetimeColumn("Asked for", format="distance", width=125),
}
"""What is shown of a run in the list; all else is among its details."""

_ALL = (*_COLUMNS, "duration", "what", "label", "tags", "kind", "engine")
_SEEN, _HEADER = 6, 38  # rows without scrolling; pixels of the head and the frame
_ROW_HEIGHT = 84  # pixels: four lines; Streamlit 1.67 wraps text in rows of more than 64


def count(store: Store, view: RunsView) -> int:
    """How many jobs a view's filters leave."""
    return store.jobs.count(**_filters(store, view))


def left_out(store: Store, view: RunsView, total: int) -> int:
    """How many more there would be with those that pages asked for by themselves."""
    return 0 if view.everything else count(store, replace(view, everything=True)) - total


def last_page(total: int) -> int:
    """The number of the last page of so many jobs."""
    return max(1, math.ceil(total / ROWS))


def jobs_of(store: Store, view: RunsView) -> list[Job]:
    """The jobs on a view's page of the list, as they are shown to whoever looks."""
    found = store.jobs.list(
        **_filters(store, view),
        limit=ROWS,
        offset=(view.page - 1) * ROWS,
        order=JobOrder(view.order),
    )
    hidden = own.hidden()
    return [describe.shown_to(job, hidden) for job in found]


def table(
    jobs: Sequence[Job], selected: Sequence[str], dark: bool, select: Callable[[list[str]], None]
) -> None:
    """The rows, those of ``selected`` jobs marked.

    Args:
        jobs: one a row.
        selected: ids.
        dark: whether on dark ground.
        select: called with the ids when somebody has selected other rows.
    """
    ids = [job.id for job in jobs]
    # The browser keeps row numbers: other rows are another table, with the same jobs selected.
    key = f"{_KEYS}_{sha256(' '.join(ids).encode()).hexdigest()[:16]}"
    rows = [ids.index(job_id) for job_id in selected if job_id in ids]

    def changed() -> None:
        chosen = _rows(key)
        kept = [row for row in rows if row in chosen]
        added = [row for row in chosen if row not in rows]
        # A third one takes the place of the first.
        select([ids[row] for row in (*kept, *added)][-MOST_SELECTED:])

    if key in st.session_state and sorted(_rows(key)) != sorted(rows):
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        _styled(jobs, dark),
        key=key,
        column_config=_COLUMNS,
        column_order=list(_COLUMNS),
        row_height=_ROW_HEIGHT,
        hide_index=True,
        height=_HEADER + _ROW_HEIGHT * min(len(jobs), _SEEN),
        on_select=changed,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
    )


def _rows(key: str) -> list[int]:
    return list(st.session_state[key]["selection"]["rows"])


def pager(view: RunsView, total: int, turn_to: Callable[[int], None]) -> None:
    """Which part of the list this is, and a way to the others."""
    last = last_page(total)
    first = (view.page - 1) * ROWS + 1
    left, right = st.columns([2, 3], vertical_alignment="center")
    shown = f"{first}–{min(total, view.page * ROWS)} of {total}" if last > 1 else f"{total}"
    hidden = "; the list scrolls" if min(total - first + 1, ROWS) > _SEEN else ""
    left.caption(
        f"{shown} {plural(total, 'run')}{hidden}. Select one for its details, two to compare."
    )
    if last > 1:
        # Filters turn back to the first page: another page is another widget.
        key = f"{_PAGER}_{view.page}"
        right.pagination(
            last,
            default=view.page,
            key=key,
            on_change=lambda: turn_to(int(st.session_state[key])),
        )


def with_page(view: RunsView, total: int) -> RunsView:
    """The view, on the last page of the list where its own is not there any more."""
    return replace(view, page=min(view.page, last_page(total)))


def _filters(store: Store, view: RunsView) -> dict[str, Any]:
    person = who.person(store)
    return {
        "ids": store.people.jobs_of(person.id) if view.mine and person.known else None,
        "hidden": own.hidden(),
        "states": [JobState(state) for state in view.states] or None,
        "text": view.text,
        "archived": view.archived,
        "tags": view.tags,
        **describe.chosen(view.kinds, only_launched=not view.everything),
    }


def _styled(jobs: Sequence[Job], dark: bool) -> Styler:
    now = time.time()
    frame = pd.DataFrame([_row(job, now) for job in jobs], columns=list(_ALL))
    colours = [f"color: {LOOKS[job.state].colour(dark)}; font-weight: 600" for job in jobs]
    return frame.style.apply(lambda _: colours, subset=["state"])


def _named(job: Job) -> str:
    """Its label and its tags."""
    return "  ".join(filter(None, (job.label, *(f"#{tag}" for tag in job.tags))))


def _row(job: Job, now: float) -> dict[str, Any]:
    return {
        "state": f"{LOOKS[job.state].sign} {run_states.state_word(job)}",
        # Whole per cent, and 100 only where nothing is missing.
        "progress": min(1.0, job.done * 100 // job.total / 100) if job.total else None,
        "kind": kinds.name_of(job.kind),
        "label": job.label,
        "tags": ", ".join(job.tags),
        "what": describe.words(job.kind, job.spec),
        "run": "\n".join(filter(None, (_named(job), describe.words(job.kind, job.spec)))),
        "asked": None if job.kind == describe.PRIVATE else run_states.utc(job.requested),
        "duration": run_states.duration(job, now),
        "engine": run_states.engine_name(job),
    }
