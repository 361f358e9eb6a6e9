"""Two runs side by side: only what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs import describe, kinds
from ntk_uq.jobs.kinds.curve import KIND as CURVE
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.points import QUANTITIES
from ntk_uq.scaling import format_value
from ntk_uq.specs import CurveSpec
from ntk_uq.store import Job, Store
from ntk_uq.ui import fitted_table
from ntk_uq.ui.pages.runs.details import SHORT, heading
from ntk_uq.ui.pages.runs.openings import opening
from ntk_uq.ui.pages.runs.states import LOOKS, state_word
from ntk_uq.ui.plain_text import plain

MOST_POINTS = 400
"""Points of a curve that are read for a comparison."""

_NAMES = dict(zip(QUANTITIES, ("μ", "σ", "ε"), strict=True))


def comparison(store: Store, left: Job, right: Job) -> None:
    """In what two jobs differ, and their results where these are quickly at hand."""
    st.markdown("## :material/compare_arrows: Two runs compared")
    names = _headings(left, right)
    for column, job in zip(st.columns(2), (left, right), strict=True):
        with column, st.container(border=True):
            st.markdown(f"{LOOKS[job.state].icon} **{plain(heading(job))}**")
            kind = plain(kinds.name_of(job.kind))
            st.caption(f"{kind}, {state_word(job)}, {job.done} of {job.total}, {job.id[:SHORT]}")
            found = opening(job)
            if found is not None:
                found.draw()
    differing = describe.differences(left.spec, right.spec)
    rows = {plain(d.name): (plain(d.left), plain(d.right)) for d in differing}
    ours, theirs = (plain(kinds.name_of(job.kind)) for job in (left, right))
    if ours != theirs:
        rows = {"kind": (ours, theirs), **rows}
    st.markdown("### Differences of the specifications")
    if rows:
        _beside(rows, names, "differences")
    else:
        st.markdown("None.")
    _results(store, left, right, names)


def _headings(left: Job, right: Job) -> list[str]:
    names = [plain(job.label) or job.id[:SHORT] for job in (left, right)]
    return names if names[0] != names[1] else [job.id[:SHORT] for job in (left, right)]


def _results(store: Store, left: Job, right: Job, names: list[str]) -> None:
    """Points that are there, and the quantities at the largest N_D that both have."""
    if {left.kind, right.kind} != {CURVE.name}:
        return
    st.markdown("### Results")
    try:
        first, second = (_curve(store, job) for job in (left, right))
    except NtkUqError as reason:
        st.caption(plain(f"They cannot be looked up: {reason}"))
        return
    rows = {"points there": tuple(f"{len(c.raw)} of {c.spec.n_points}" for c in (first, second))}
    points = [{p.n_train: p for p in c.points} for c in (first, second)]
    shared = points[0].keys() & points[1].keys()
    if shared:
        n = max(shared)
        for name, letter in _NAMES.items():
            cells = []
            for curve in points:
                value, sem = getattr(curve[n], name), getattr(curve[n], f"{name}_sem")
                cells.append(f"{value:.5g}" if sem is None else format_value(value, sem))
            rows[f"{letter} at N_D {n}"] = (cells[0], cells[1])
    _beside(rows, names, "results")


def _beside(rows: Mapping[str, Sequence[str]], names: list[str], key: str) -> None:
    fitted_table.draw(
        [{"": name, **dict(zip(names, cells, strict=True))} for name, cells in rows.items()], key
    )


def _curve(store: Store, job: Job) -> Curve:
    """What is stored of a curve; of a long one only the end, which is read quickly."""
    spec = CurveSpec.from_json(parse_json(job.spec))
    sizes = max(1, MOST_POINTS // spec.draws)
    return stored_curve(store.results, replace(spec, n_train=spec.n_train[-sizes:]))
