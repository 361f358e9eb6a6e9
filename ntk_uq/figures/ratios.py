"""Small plots of ratios against N_D, one colour a curve."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import hover_values
from ntk_uq.figures.style import Style, legend_below, marker, set_range

HEIGHT = 240


class RatioTrace(NamedTuple):
    """The ratios of one curve.

    Attributes:
        label: of the curve, as hovering names it.
        told: what the legend says after it; may be empty.
        color: the index of its colour and marker.
        n_train: the N_D where there is a ratio.
        values: the ratios.
        errors: their standard errors; 0 where none is known.
    """

    label: str
    told: str
    color: int
    n_train: Sequence[int]
    values: Sequence[float]
    errors: Sequence[float]


def ratio_plot(
    title: str,
    ratio: str,
    axis: str,
    traces: Sequence[RatioTrace],
    sizes: Sequence[float],
    style: Style,
    revision: str = "",
) -> go.Figure:
    """Ratios of several curves over each other, and a line at 1.

    Args:
        title: of the figure.
        ratio: what it is, as hovering names it.
        axis: the same, as the axis does.
        traces: one a curve.
        sizes: every N_D that there may come to be, so that the axis stands still.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
    """
    canvas, held = Canvas(), [1.0]
    for one in traces:
        color = style.color(one.color)
        canvas.add_scatter(
            x=list(one.n_train) or [None],
            y=list(one.values) or [None],
            name=one.label + one.told,
            showlegend=True,
            mode="lines+markers",
            marker={"color": color, "symbol": marker(one.color), "size": 9},
            line={"color": color, "width": 2},
            error_y={
                **{"type": "data", "array": list(one.errors), "visible": any(one.errors)},
                "width": 4,
            },
            hovertext=hover_values(ratio, one.values, one.errors),
            hovertemplate=f"{one.label}<br>%{{hovertext}}<br>N<sub>D</sub> = %{{x}}<extra></extra>",
        )
        ends = list(zip(one.values, one.errors, strict=True))
        held += [v + e for v, e in ends]
        held += [v - e for v, e in ends if v > e]
    canvas.add_hline(1, line={"color": style.grey, "width": 1.5, "dash": "dash"})
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    set_range(x_axis, sorted(set(sizes)), across=True)
    # Linear always: ratios differ too little for labels on a logarithmic axis.
    y_axis = style.axis(axis)
    room = 0.05 * (max(held) - min(held)) or 0.05
    y_axis["range"] = [min(held) - room, max(held) + room]
    canvas.update_layout(
        style.layout(title, revision),
        **legend_below(len(traces), HEIGHT),
        xaxis=x_axis,
        yaxis=y_axis,
    )
    return canvas.figure()
