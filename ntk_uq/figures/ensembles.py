"""Finite networks beside infinite width, and their ratio below."""

import plotly.graph_objects as go

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.finite import add_ensembles, ends_of, in_rows, over_infinite, ratio_below
from ntk_uq.figures.marks import add_grey
from ntk_uq.figures.quantities import TITLES, value_axis
from ntk_uq.figures.style import Style, add_note, color_index, hold, legend_below, set_range
from ntk_uq.results.points import QUANTITIES, SYMBOLS

_PLOT_HEIGHT = 440  # pixels
_SHARES = (0.66, 0.34)
WHERE = "N<sub>D</sub> = %{x}<br>%{customdata[0]} networks<br>%{customdata[1]} more diverged"


def ensemble_figure(
    quantity: str, comparison: Comparison, loss_unit: str, style: Style, revision: str = ""
) -> go.Figure:
    """A quantity against N_D, a colour a width, infinite width as a line, and the ratio below.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        comparison: ensembles and theory, complete or growing.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
    """
    # Without a theory there is nothing to divide by.
    canvas = in_rows([1.0] if comparison.departs else _SHARES)
    spec = comparison.ensembles.spec
    values = _add_theory(canvas, quantity, comparison, style)
    ratios = _shared_ratios(comparison)
    symbol, over = SYMBOLS[quantity], over_infinite(quantity)
    for width, index in color_index(spec.widths).items():
        points = [p for p in comparison.ensembles.points if p.width == width]
        found = [(p, getattr(p, quantity)) for p in points]
        label = f"width {width:,}"
        line = {"color": style.color(index), "width": 1, "dash": "dot"}
        look = {"mode": "lines+markers", "line": line}
        values += add_ensembles(
            canvas, "n_train", found, label, symbol, WHERE, index, style, row=1, **look
        )
        if comparison.departs:
            continue
        ratio = [(p, comparison.ratio(p, quantity)) for p in points]
        add_ensembles(canvas, "n_train", ratio, label, over, WHERE, index, style, row=2, **look)
    if comparison.ensembles.points:
        confidence = comparison.ensembles.points[0].confidence
        add_grey(canvas, f"bars: {confidence:.0%} intervals", style, symbol="line-ns-open")
    _lay_out(canvas, quantity, comparison, loss_unit, style, revision, values, ratios)
    figure = canvas.figure()
    add_note(figure, comparison.departure, style)
    return figure


def _add_theory(canvas: Canvas, quantity: str, comparison: Comparison, style: Style) -> list[float]:
    points = () if comparison.theory is None else comparison.theory.points
    values = [float(getattr(p, quantity)) for p in points]
    if values:
        canvas.add_scatter(
            x=[p.n_train for p in points],
            y=values,
            name="infinite width",
            # Of one N_D there is no line to see.
            mode="lines+markers",
            marker={"color": style.color(0), "symbol": "circle-open", "size": 9},
            line={"color": style.color(0), "width": 2.5},
            hovertemplate=(
                f"infinite width<br>{SYMBOLS[quantity]} = %{{y:.4g}}<br>"
                "N<sub>D</sub> = %{x}<extra></extra>"
            ),
            row=1,
        )
    return values


def _shared_ratios(comparison: Comparison) -> list[float]:
    """What the lower plots of all three quantities have to hold: side by side, they compare."""
    found = (comparison.ratio(p, name) for p in comparison.ensembles.points for name in QUANTITIES)
    return [1.0, *ends_of(estimate for estimate in found if estimate is not None)]


def _lay_out(
    canvas: Canvas,
    quantity: str,
    comparison: Comparison,
    loss_unit: str,
    style: Style,
    revision: str,
    values: list[float],
    ratios: list[float],
) -> None:
    spec = comparison.ensembles.spec
    upper = value_axis(quantity, loss_unit, style)
    shares = (1.0, 0.0) if comparison.departs else _SHARES
    hold(upper, values, style, shares[0] * _PLOT_HEIGHT)
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    set_range(x_axis, [0.98 * spec.n_train[0], 1.02 * spec.n_train[-1]], across=True)
    x_axis |= {"tickvals": _labelled(spec.n_train), "ticktext": None}
    axes = {"xaxis": x_axis, "yaxis": upper}
    if not comparison.departs:
        canvas.add_hline(1, line={"color": style.color(0), "width": 1.5}, row=2)
        axes = ratio_below(x_axis, upper, ratios, style, shares[1] * _PLOT_HEIGHT)
    canvas.update_layout(
        style.layout(TITLES[quantity], revision),
        **legend_below(len(spec.widths) + 2, _PLOT_HEIGHT),
        **axes,
    )


def _labelled(n_train: tuple[int, ...]) -> list[int]:
    """Those N_D that have room for a label: each at least a quarter above the one before."""
    labelled = [n_train[0]]
    for n in n_train[1:]:
        if n >= 1.25 * labelled[-1]:
            labelled.append(n)
    return labelled
