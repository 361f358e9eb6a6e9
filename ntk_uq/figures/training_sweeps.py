"""Losses against label noise or jitter: stopped where mu is smallest, and at the end."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from ntk_uq.analysis.training_time import Sweep
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import add_grey, intervals
from ntk_uq.figures.style import Style, marker, set_range
from ntk_uq.figures.ticks import power
from ntk_uq.figures.time_axes import lay_out


def sweep_figure(
    quantity: str,
    sweeps: Sequence[Sweep],
    against: str,
    values: Sequence[float],
    loss_unit: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """A quantity against label noise or jitter: stopped where mu is smallest, and after endless
    training.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        sweeps: the curves, complete or growing.
        against: ``noise`` or ``jitter``.
        values: what the axis has to hold.
        loss_unit, style, revision: as in :func:`time_figure`.
    """
    canvas = Canvas()
    above = [value for value in values if value > 0]
    first = min(above, default=1.0)
    # A logarithmic axis has no zero of its own: it stands at the left edge.
    place = {0.0: first / 4} if against == "jitter" else {}
    for index, sweep in enumerate(sweeps):
        color = style.color(index)
        for stopped, dash, opened in ((True, "solid", ""), (False, "dash", "-open")):
            found = [
                (value, line.stopped[quantity] if stopped else line.converged(quantity))
                for value, line in sweep.entries
            ]
            known = [(value, estimate) for value, estimate in found if estimate is not None]
            words = "stopped where μ is smallest" if stopped else "after endless training"
            name = "noise" if against == "noise" else "jitter"
            canvas.add_scatter(
                x=[place.get(value, value) for value, _ in known],
                y=[estimate.value for _, estimate in known],
                mode="lines+markers",
                name=sweep.label,
                legendgroup=sweep.label,
                showlegend=stopped,
                line={"color": color, "dash": dash, "width": 2},
                marker={"color": color, "symbol": f"{marker(index)}{opened}", "size": 9},
                error_y=intervals([estimate for _, estimate in known], style),
                customdata=[[value] for value, _ in known],
                hovertemplate=(
                    f"{sweep.label}, {words}<br>{name} %{{customdata[0]:g}}<br>%{{y:.4g}}"
                    "<extra></extra>"
                ),
            )
    for words, dash in (("stopped where μ is smallest", "solid"), ("endless training", "dash")):
        add_grey(canvas, words, style, dash=dash)
    if against == "noise":
        x_axis = style.axis("label noise [rms of targets]")
    else:
        x_axis = style.axis("jitter [mean diagonal]", "log")
        shown = [place.get(value, value) for value in values]
        set_range(x_axis, [min(shown), 1.001 * max(shown)], across=True)
        x_axis |= {"tickvals": shown, "ticktext": [_short(v) for v in values], "tickangle": 0}
    lay_out(canvas, quantity, x_axis, len(sweeps) + 2, loss_unit, style, revision)
    return canvas.figure()


def _short(value: float) -> str:
    """A jitter for an axis: whole powers of ten below 0.01 as such."""
    exponent = round(math.log10(value)) if value > 0 else 0
    whole = value > 0 and exponent < -2 and math.isclose(value, 10.0**exponent)
    return power(exponent) if whole else f"{value:g}"
