"""Spectra and the learning curves that they foresee, of several networks over each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.finite import in_rows, two_rows
from ntk_uq.figures.marks import add_grey, bars, hover_values
from ntk_uq.figures.quantities import value_axis
from ntk_uq.figures.spectrum import add_decay, power_of
from ntk_uq.figures.style import DECADES, Style, hold, legend_below, marker, plotted, set_range
from ntk_uq.results.curves import Curve
from ntk_uq.results.foreseen import Foreseen
from ntk_uq.specs import ForeseenSpec

EIGENVALUES, POWER, CURVE = "eigenvalues", "power", "mu"
TITLES_FORESEEN = {
    EIGENVALUES: "Eigenvalues of the kernel",
    POWER: "Power beyond rank k",
    CURVE: "Mean test loss μ, foreseen",
}
_HEIGHT, _SHARES = 480, (0.68, 0.32)
_MOST_RANKS = 250
"""Ranks of a spectrum that are drawn; more cannot be told apart."""


@dataclass(frozen=True)
class ForeseenTrace:
    """One network: what was asked for, what was found of it, and what it is called; ``curve`` is
    the scaling curve with a test set of its own, where it is shown."""

    label: str
    spec: ForeseenSpec
    found: Foreseen | None
    curve: Curve | None = None


def foreseen_figure(
    name: str, traces: Sequence[ForeseenTrace], loss_unit: str, style: Style, revision: str = ""
) -> go.Figure:
    """One of the page's figures; all are as high, and their legends as long.

    Args:
        name: a key of :data:`TITLES_FORESEEN`.
        traces: one a network, a colour each; what is not there yet has its colour all the same.
        loss_unit: unit of the loss.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
    """
    canvas = in_rows(_SHARES) if name == CURVE else Canvas()
    draw = {EIGENVALUES: _add_eigenvalues, POWER: _add_power, CURVE: _add_curve}[name]
    for index, trace in enumerate(traces):
        draw(canvas, trace, index, style)
    beside = name == CURVE and any(trace.curve is not None for trace in traces)
    for words, dash, symbol in (*_LEGEND[name], *((_OTHERS,) if beside else ())):
        add_grey(canvas, words, style, dash=dash, symbol=symbol)
    axes = (
        _curve_axes(canvas, traces, loss_unit, style)
        if name == CURVE
        else _rank_axes(canvas, name, traces, style)
    )
    canvas.update_layout(
        {
            **style.layout(TITLES_FORESEEN[name], revision),
            **legend_below(len(traces) + 4, _HEIGHT),
        },
        **axes,
    )
    return canvas.figure()


_LEGEND: dict[str, tuple[tuple[str, str, str], ...]] = {
    EIGENVALUES: (("fitted power law", "dash", ""),),
    POWER: (("of the target", "solid", ""), ("of the function at initialization", "dot", "")),
    CURVE: (
        ("foreseen", "solid", ""),
        ("from the spectrum alone", "dash", ""),
        ("trained on parts of the sample", "solid", "circle"),
    ),
}

_OTHERS = ("curve with a test set", "solid", "circle-open")


def _add_eigenvalues(canvas: Canvas, trace: ForeseenTrace, index: int, style: Style) -> None:
    color = style.color(index)
    if trace.found is None:
        canvas.add_scatter(**_entry(trace, color))
        return
    kernel = trace.found.kernel
    values = np.array(kernel.eigenvalues)
    sure = np.flatnonzero(values > kernel.rounding)
    ranks = _thinned(len(sure))
    canvas.add_scatter(
        x=(ranks + 1).tolist(),
        y=values[ranks].tolist(),
        mode="lines",
        name=": ".join(filter(None, (trace.label, power_of(kernel.decay)))),
        legendgroup=trace.label,
        line={"color": color, "width": 2},
        hovertemplate=f"{trace.label}, rank %{{x}}: %{{y:.4g}}<extra></extra>",
    )
    add_decay(canvas, kernel, trace.label, style.ink)


def _add_power(canvas: Canvas, trace: ForeseenTrace, index: int, style: Style) -> None:
    color = style.color(index)
    if trace.found is None:
        canvas.add_scatter(**_entry(trace, color))
        return
    for power, words, dash in (
        (trace.found.target_power, "the target", "solid"),
        (trace.found.initial_power, "the function at initialization", "dot"),
    ):
        tail = np.cumsum(np.array(power)[::-1])[::-1]
        if not tail[0] > 0:
            continue
        beyond = tail[1:] / tail[0]  # the last one is nothing
        ranks = _thinned(len(beyond))
        canvas.add_scatter(
            x=(ranks + 1).tolist(),
            y=beyond[ranks].tolist(),
            mode="lines",
            name=trace.label,
            legendgroup=trace.label,
            showlegend=dash == "solid",
            line={"color": color, "width": 2, "dash": dash},
            hovertemplate=(
                f"{trace.label}, beyond rank %{{x}}: %{{y:.4g}} of {words}<extra></extra>"
            ),
        )


def _add_curve(canvas: Canvas, trace: ForeseenTrace, index: int, style: Style) -> None:
    color = style.color(index)
    points = () if trace.found is None else trace.found.points
    measured = [p for p in points if p.measured is not None]
    values = [p.measured.mu for p in measured if p.measured]
    errors = [p.measured.error or 0.0 for p in measured if p.measured]
    canvas.add_scatter(
        1,
        x=[p.n_train for p in measured] or [None],
        y=values or [None],
        mode="markers",
        name=trace.label,
        legendgroup=trace.label,
        marker={"color": color, "symbol": marker(index), "size": 9},
        error_y=bars(values, errors, errors, style),
        customdata=[[p.subsets] for p in measured],
        hovertext=hover_values("μ", values, errors),
        hovertemplate=(
            f"{trace.label}, trained on parts of the sample<br>%{{hovertext}}<br>N_D = %{{x}}, "
            "%{customdata[0]} choices<extra></extra>"
        ),
    )
    if trace.curve is not None:
        _add_others(canvas, trace, trace.curve, index, style)
    for words, which, holds, dash in _LINES:
        # None where it is not drawn: a line does not cross what was refused.
        known = [(p, getattr(p, which) if holds(p) else None) for p in points]
        bold = dash == "solid"
        canvas.add_scatter(
            1,
            x=[p.n_train for p, _ in known],
            y=[None if loss is None else loss.mu for _, loss in known],
            mode="lines",
            legendgroup=trace.label,
            showlegend=False,
            line={"color": color, "width": 2.5 if bold else 1.5, "dash": dash},
            hovertemplate=(
                f"{trace.label}, {words}<br>μ = %{{y:.4g}}<br>N_D = %{{x}}<extra></extra>"
            ),
        )
        ratios = [
            None if loss is None or p.measured is None else loss.mu / p.measured.mu
            for p, loss in known
        ]
        errors = [
            ratio * (p.measured.error or 0.0) / p.measured.mu if ratio and p.measured else 0.0
            for (p, _), ratio in zip(known, ratios, strict=True)
        ]
        canvas.add_scatter(
            2,
            x=[p.n_train for p, _ in known],
            y=ratios,
            mode="lines+markers" if bold else "lines",
            legendgroup=trace.label,
            showlegend=False,
            marker={"color": color, "symbol": marker(index), "size": 7},
            line={"color": color, "width": 1.5, "dash": dash},
            **(
                {"error_y": bars([r or 1.0 for r in ratios], errors, errors, style)} if bold else {}
            ),
            hovertemplate=(
                f"{trace.label}, {words} / trained: %{{y:.3f}}<br>N_D = %{{x}}<extra></extra>"
            ),
        )


def _add_others(
    canvas: Canvas, trace: ForeseenTrace, curve: Curve, index: int, style: Style
) -> None:
    values = [p.mu for p in curve.points]
    errors = [p.error_or_sem("mu") for p in curve.points]
    sides = [error or 0.0 for error in errors]
    canvas.add_scatter(
        1,
        x=[p.n_train for p in curve.points],
        y=values,
        mode="markers",
        legendgroup=trace.label,
        showlegend=False,
        marker={"color": style.color(index), "symbol": f"{marker(index)}-open", "size": 13},
        error_y=bars(values, sides, sides, style),
        hovertext=hover_values("μ", values, errors),
        hovertemplate=(
            f"{trace.label}, curve with a test set<br>%{{hovertext}}<br>N_D = %{{x}}<extra></extra>"
        ),
    )


_LINES = (
    ("foreseen", "foreseen", lambda p: p.foreseen is not None and p.holds, "solid"),
    (
        "from the spectrum alone",
        "of_spectrum",
        lambda p: p.of_spectrum is not None and p.spectrum_holds,
        "dash",
    ),
)
"""What is drawn of a point: only what passed its check."""


def _entry(trace: ForeseenTrace, color: str) -> dict[str, Any]:
    """The legend's entry of what is not there yet."""
    return {
        "x": [None],
        "y": [None],
        "mode": "lines",
        "name": trace.label,
        "legendgroup": trace.label,
        "line": {"color": color, "width": 2},
    }


def _thinned(count: int) -> np.ndarray:
    """Places of ranks, counted from 0: all first ones, then ones of a common ratio."""
    if count < 1:
        return np.zeros(0, int)
    return np.unique(np.geomspace(1, count, _MOST_RANKS).round().astype(int)) - 1


def _rank_axes(
    canvas: Canvas, name: str, traces: Sequence[ForeseenTrace], style: Style
) -> dict[str, Any]:
    x_axis = style.axis("rank k", "log")
    set_range(x_axis, (1, max(trace.spec.sample for trace in traces)), across=True)
    if name == EIGENVALUES:
        return {"xaxis": x_axis, "yaxis": {**style.axis("λ<sub>k</sub>", "log"), **DECADES}}
    y_axis = style.axis("share of the power beyond k", "log")
    hold(y_axis, plotted(canvas.data), style, _HEIGHT)
    return {"xaxis": x_axis, "yaxis": y_axis}


def _curve_axes(
    canvas: Canvas, traces: Sequence[ForeseenTrace], loss_unit: str, style: Style
) -> dict[str, Any]:
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    sizes = [float(n) for trace in traces for n in trace.spec.n_train]
    set_range(x_axis, sizes, across=True)
    upper = value_axis("mu", loss_unit, style)
    hold(upper, plotted(t for t in canvas.data if t.get("yaxis") != "y2"), style)
    lower = style.axis("foreseen / trained")
    ratios = [v for t in canvas.data if t.get("yaxis") == "y2" for v in t["y"] if v is not None]
    off = max([abs(ratio - 1) for ratio in ratios], default=0.0)
    lower["range"] = [1 - max(0.15, 1.3 * off), 1 + max(0.15, 1.3 * off)]
    canvas.add_hline(1, line={"color": style.grey, "width": 1.5, "dash": "dash"}, row=2)
    return two_rows(x_axis, upper, lower)
