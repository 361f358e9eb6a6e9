"""The chosen cell of a phase map: its numbers, what is to be said of them, and its curve."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.maps import Cell, PhaseMap, warnings_of
from ntk_uq.figures.phase_map import SYMBOLS, cell_name
from ntk_uq.scaling import format_value
from ntk_uq.specs import EXPONENT_SPAN, EXPONENTS, CurveSpec, logarithmic_grid
from ntk_uq.ui import say
from ntk_uq.ui.links import opening_of
from ntk_uq.ui.panels import Click
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView, PhaseMapView, view_of

_CURVE_POINTS = 8
_LOSSES = ("mu", "sigma")


def cell_of(click: Click | None) -> tuple[int, int] | None:
    """Row and column of the cell that was just clicked on; None if it was none."""
    if click is None or not click.customdata:
        return None
    row, column = click.customdata
    return int(row), int(column)


def draw(found: PhaseMap, view: PhaseMapView) -> None:
    """The lowest cell in words, then the chosen one with its numbers."""
    # A line from the start: what is below does not jump when the first cell comes.
    st.markdown(f":material/star: {lowest(found, view.quantity) or '…'}")
    if view.shown is None:
        st.info("Click on a cell to see its numbers.", icon=":material/ads_click:")
        return
    row, column = view.shown
    cell = found.cells[row][column]
    st.markdown(f"## {cell_name(found, row, column)}")
    st.table(_numbers(found, cell))
    for text in _said(cell):
        say.warning(text, icon=":material/warning:")
    if cell.impossible is None:
        opening_of(curve_view(cell.spec), label="Open its scaling curve").draw()


def lowest(found: PhaseMap, quantity: str) -> str:
    """Where a quantity is lowest, in words; of an exponent, between what it lies."""
    place = found.lowest(quantity)
    if place is None:
        return ""
    if quantity in EXPONENTS:
        values = found.values(quantity)
        known = int(np.isfinite(values).sum())
        return (
            f"{SYMBOLS[quantity]} from {np.nanmin(values):.3g} to {np.nanmax(values):.3g} in "
            f"{known} of {found.spec.n_cells} cells; in the others none can be quoted, or not yet."
        )
    value = found.cells[place[0]][place[1]].values[quantity]
    so_far = "" if found.complete else " so far"
    return (
        f"Lowest {SYMBOLS[quantity]}{so_far}: **{value.describe()}** at {cell_name(found, *place)}."
    )


def curve_view(cell: CurveSpec) -> CurvesView:
    """The view that shows a cell's curve: its own N_D if it has several, or an eighth upwards."""
    if len(cell.n_train) > 1:
        return view_of(cell)
    high = cell.n_train[-1]
    low = max(1, high // EXPONENT_SPAN)
    sizes = logarithmic_grid(low, high, _CURVE_POINTS) if low < high else cell.n_train
    return view_of(CurveSpec(cell.data, cell.architecture, cell.training, sizes, cell.draws))


def _numbers(found: PhaseMap, cell: Cell) -> pd.DataFrame:
    unit = plain(datasets.loss_unit(datasets.get(cell.spec.data.dataset), cell.spec.data))
    names: Mapping[str, str] = {
        name: f"{SYMBOLS[name]} [{unit}]" if name in _LOSSES else SYMBOLS[name]
        for name in found.quantities
    }
    rows = {names[name]: cell.values[name].describe() for name in found.quantities}
    if cell.values["mu"].reason is not None:
        # One reason for all is said once, below.
        rows = {names[name]: "–" for name in found.quantities}
    rows |= _parts(cell)
    rows["N_D"] = f"{cell.n_train:,}"
    rows["draws"] = f"{cell.draws} of {cell.spec.draws}"
    return pd.DataFrame({"value": rows})


def _parts(cell: Cell) -> dict[str, str]:
    own = [p for p in cell.curve.points if p.n_train == cell.n_train]
    if not own or cell.values["mu"].reason is not None:
        return {}
    (point,) = own
    return {
        "bias part of μ": format_value(point.mu_bias, None),
        "variance part of μ": format_value(point.mu_variance, None),
        "floor of ε": format_value(point.epsilon_floor, None),
        "condition number": "–" if point.condition is None else f"{point.condition:.2g}",
    }


def _said(cell: Cell) -> list[str]:
    """Reasons and warnings of a cell, each once."""
    reason = cell.values["mu"].reason
    if reason is not None:
        return [reason]
    return list(warnings_of(cell))
