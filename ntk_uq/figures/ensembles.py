"""Finite networks beside infinite width, and their ratio below."""

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ntk_uq.comparisons import Comparison
from ntk_uq.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.figures.scaling import DEFINITIONS, TITLES
from ntk_uq.figures.style import (
    Style,
    add_note,
    color_index,
    legend_below,
    marker,
    set_range,
    with_unit,
)

_PLOT_HEIGHT = 440  # pixels


def ensemble_figure(
    quantity: str, comparison: Comparison, loss_unit: str, style: Style, revision: str = ""
) -> go.Figure:
    """A quantity against N_D, a colour a width, infinite width as a line, and the ratio below.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        comparison: ensembles and theory, complete or growing.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        revision: changes when the view does: zoom and hidden traces survive until then.
    """
    # Without a theory there is nothing to divide by.
    heights = [1.0] if comparison.departure else [0.66, 0.34]
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.05
    )
    spec = comparison.ensembles.spec
    values = _add_theory(figure, quantity, comparison, style)
    ratios = [1.0]
    for width, index in color_index(spec.widths).items():
        points = [p for p in comparison.ensembles.points if p.width == width]
        found = [(p, getattr(p, quantity)) for p in points]
        label = f"width {width:,}"
        values += _add_points(figure, found, label, index, style, row=1)
        if comparison.departure:
            continue
        ratio = [(p, comparison.ratio(p, quantity)) for p in points]
        ratios += _add_points(figure, ratio, label, index, style, row=2)
    _lay_out(figure, quantity, comparison, loss_unit, style, revision, values, ratios)
    add_note(figure, comparison.departure, style)
    return figure


def _add_theory(
    figure: go.Figure, quantity: str, comparison: Comparison, style: Style
) -> list[float]:
    points = () if comparison.theory is None else comparison.theory.points
    values = [float(getattr(p, quantity)) for p in points]
    if values:
        figure.add_scatter(
            x=[p.n_train for p in points],
            y=values,
            name="infinite width",
            mode="lines",
            line={"color": style.color(0), "width": 2.5},
            hovertemplate="infinite width<br>N_D = %{x}<br>%{y:.4g}<extra></extra>",
            row=1,
            col=1,
        )
    return values


def _add_points(
    figure: go.Figure,
    found: list[tuple[EnsemblePoint, Estimate | None]],
    label: str,
    index: int,
    style: Style,
    row: int,
) -> list[float]:
    """Draws one width; returns every value that the axis has to hold."""
    known = [(p, e) for p, e in found if e is not None]
    ups = [0.0 if e.high is None else e.high - e.value for _, e in known]
    downs = [0.0 if e.low is None else e.value - e.low for _, e in known]
    if not style.linear:
        # On a logarithmic axis a bar that reaches zero would vanish, or take the axis with it.
        downs = [min(down, 0.9 * e.value) for down, (_, e) in zip(downs, known, strict=True)]
    figure.add_scatter(
        x=[p.n_train for p, _ in known],
        y=[e.value for _, e in known],
        name=label,
        legendgroup=label,
        showlegend=row == 1,
        mode="lines+markers",
        line={"color": style.color(index), "width": 1, "dash": "dot"},
        marker={"color": style.color(index), "symbol": marker(index), "size": 10},
        error_y={
            **{"type": "data", "array": ups, "arrayminus": downs},
            **{"visible": any(ups) or any(downs), "width": 4},
        },
        customdata=[[p.members - p.diverged, p.diverged] for p, _ in known],
        hovertemplate=(
            f"{label}<br>N_D = %{{x}}, %{{customdata[0]}} networks (%{{customdata[1]}} diverged)"
            "<br>%{y:.4g}<extra></extra>"
        ),
        row=row,
        col=1,
    )
    ends = [(e.value - d, e.value + u) for (_, e), u, d in zip(known, ups, downs, strict=True)]
    return [end for pair in ends for end in pair if end > 0]


def _lay_out(
    figure: go.Figure,
    quantity: str,
    comparison: Comparison,
    loss_unit: str,
    style: Style,
    revision: str,
    values: list[float],
    ratios: list[float],
) -> None:
    spec = comparison.ensembles.spec
    kind = "linear" if style.linear else "log"
    upper = style.axis(
        with_unit(DEFINITIONS[quantity], "" if quantity == "epsilon" else loss_unit), kind
    )
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    set_range(x_axis, [0.98 * spec.n_train[0], 1.02 * spec.n_train[-1]])
    x_axis["tickvals"] = _labelled(spec.n_train)
    _set_values(upper, values, style)
    axes = {"xaxis": x_axis, "yaxis": upper}
    if not comparison.departure:
        figure.add_hline(1, line={"color": style.color(0), "width": 1.5}, row=2, col=1)
        lower = style.axis("finite / infinite", kind)
        _set_values(lower, ratios, style)
        hidden = {**x_axis, "title": {"text": ""}, "showticklabels": False, "matches": "x2"}
        axes = {"xaxis": hidden, "xaxis2": x_axis, "yaxis": upper, "yaxis2": lower}
    figure.update_layout(
        style.layout(TITLES[quantity], revision),
        **legend_below(len(spec.widths) + 1, _PLOT_HEIGHT, narrow=True),
        **axes,
    )


def _set_values(axis: dict[str, Any], values: list[float], style: Style) -> None:
    if not values:
        axis["showticklabels"] = False
    elif not style.linear:
        set_range(axis, values)


def _labelled(n_train: tuple[int, ...]) -> list[int]:
    """Those N_D that have room for a label: each at least a quarter above the one before."""
    labelled = [n_train[0]]
    for n in n_train[1:]:
        if n >= 1.25 * labelled[-1]:
            labelled.append(n)
    return labelled
