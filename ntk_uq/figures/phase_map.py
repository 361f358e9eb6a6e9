"""A phase map: colours over two axes, the critical line, the lowest cell."""

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.analysis.maps import Cell, CriticalLine, PhaseMap, critical_lines, warnings_of
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.style import TITLE_HEIGHT, Style
from ntk_uq.figures.ticks import labels, log_ticks
from ntk_uq.jobs.words import axis_symbol
from ntk_uq.specs import EXPONENTS, Axis

MAP_TITLES = {
    "mu": "Mean test loss μ",
    "sigma": "Spread over initializations σ",
    "epsilon": "Relative spread ε = σ / μ",
    "epsilon_population": "Population part of ε",
    "alpha_mu": "Exponent of μ ~ N<sub>D</sub><sup>−α</sup>",
    "alpha_sigma": "Exponent of σ ~ N<sub>D</sub><sup>−α</sup>",
}
SYMBOLS = {
    "mu": "μ",
    "sigma": "σ",
    "epsilon": "ε",
    "epsilon_population": "ε, population",
    "alpha_mu": "α of μ",
    "alpha_sigma": "α of σ",
}
AXIS_TITLES = {
    "depth": "depth, hidden layers",
    "sigma_w": "σ<sub>w</sub>, weights",
    "sigma_b": "σ<sub>b</sub>, biases",
    "activation": "activation",
    "n_train": "training examples N<sub>D</sub>",
    "n_test": "test examples N<sub>T</sub>",
    "time": "training time t  [1 / NTK eigenvalue]",
    "steps": "training steps k",
    "jitter": "jitter  [mean kernel diagonal]",
}

LOG_FROM = 10.0
"""Largest over smallest value from which colours are logarithmic by themselves."""
_MOST_TICKS = 14
_PLOT_HEIGHT = 430  # pixels
_LOSSES = ("mu", "sigma")


def map_figure(
    found: PhaseMap,
    quantity: str,
    loss_unit: str,
    style: Style,
    scale: str = "automatic",
    shown: tuple[int, int] | None = None,
    revision: str = "",
) -> go.Figure:
    """A quantity over the two axes.

    Cells have one size, whatever the distances of their values, so that ticks name every value.
    Empty cells are still to come, grey ones with a cross have a reason instead of a number.

    Args:
        found: the map, complete or growing.
        quantity: one of the map's.
        loss_unit: unit of the loss; other quantities have none.
        style: how it looks.
        scale: of the colours: ``log``, ``linear`` or ``automatic``.
        shown: row and column of a cell to frame.
        revision: of the map, as in :meth:`Style.layout`.
    """
    canvas = Canvas()
    values = found.values(quantity)
    _add_colours(canvas, values, quantity, loss_unit, style, scale)
    _add_impossible(canvas, found, quantity, style)
    for line in critical_lines(found.spec):
        _add_line(canvas, line, style)
    _add_lowest(canvas, found, quantity)
    if shown is not None:
        _add_frame(canvas, shown)
    _add_targets(canvas, found, quantity, style)
    x, y = found.spec.axes
    canvas.update_layout(
        style.layout(MAP_TITLES[quantity], revision),
        height=TITLE_HEIGHT + _PLOT_HEIGHT + 66,
        # The room of the colour bar is there from the start: the map does not jump when it comes.
        margin={"l": 84, "r": 104, "t": TITLE_HEIGHT, "b": 66, "autoexpand": False},
        showlegend=False,
        hovermode="closest",
        # A click anywhere in a cell is a click on its middle.
        hoverdistance=-1,
        xaxis=_axis(x, style),
        yaxis=_axis(y, style),
    )
    return canvas.figure()


def is_log(values: np.ndarray, scale: str) -> bool:
    """Whether the colours are logarithmic: all values positive, and far apart or asked for."""
    known = values[np.isfinite(values)]
    if scale == "linear" or not len(known) or known.min() <= 0:
        return False
    return scale == "log" or float(known.max() / known.min()) > LOG_FROM


def color_range(values: np.ndarray, log: bool) -> tuple[float, float]:
    """The ends of the colours, at round numbers: while a map fills in they rarely change."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if log:
        return _round_down(low), _round_up(high)
    if low == high:
        return low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    step = _round_up((high - low) / 10)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... from a positive value upwards."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-12))


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (5, 2, 1) if m * power <= value * (1 + 1e-12))


def _add_colours(
    canvas: Canvas, values: np.ndarray, quantity: str, loss_unit: str, style: Style, scale: str
) -> None:
    log = is_log(values, scale)
    low, high = color_range(values, log)
    unit = f"  [{loss_unit}]" if quantity in _LOSSES and loss_unit else ""
    bar: dict[str, Any] = {
        "title": {"text": f"{SYMBOLS[quantity]}{unit}", "side": "right", "font": {"size": 14}},
        "thickness": 16,
        "outlinewidth": 0,
        "ticks": "outside",
        "tickcolor": style.ink,
        "len": 1.0,
    }
    plotted = values
    if log:
        plotted = np.log10(values)
        ticks = log_ticks(low, high, _PLOT_HEIGHT)
        texts = labels(ticks) or [f"{t:.12g}" for t in ticks]
        bar |= {"tickvals": [math.log10(t) for t in ticks], "ticktext": texts}
        low, high = math.log10(low), math.log10(high)
    canvas.add_heatmap(
        z=[[None if math.isnan(v) else v for v in row] for row in plotted.tolist()],
        zmin=low,
        zmax=high,
        # Viridis is perceptually uniform, and told apart with any colour vision.
        colorscale="Viridis",
        colorbar=bar,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
        name=SYMBOLS[quantity],
    )


def _add_impossible(canvas: Canvas, found: PhaseMap, quantity: str, style: Style) -> None:
    """Grey cells with a cross where there is a reason."""
    rows, columns = found.spec.shape
    places = [
        (i, j)
        for i in range(rows)
        for j in range(columns)
        if found.reason(quantity, i, j) is not None
    ]
    if not places:
        return
    grey: list[list[float | None]] = [[None] * columns for _ in range(rows)]
    for i, j in places:
        grey[i][j] = 1.0
    colour = "#4A4F5A" if style.dark else "#C9CCD2"
    canvas.add_heatmap(
        z=grey,
        colorscale=[[0, colour], [1, colour]],
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    canvas.add_scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        mode="markers",
        marker={"symbol": "x-thin", "size": 9, "line": {"color": style.grey, "width": 1.5}},
        hoverinfo="skip",
    )


def _add_line(canvas: Canvas, line: CriticalLine, style: Style) -> None:
    """The line in white with a dark edge, which is seen on every colour, with its sides named."""
    for colour, width in (("#1A1A1A", 5), ("#FFFFFF", 2.5)):
        canvas.add_scatter(
            x=line.x,
            y=line.y,
            mode="lines",
            line={"color": colour, "width": width},
            hoverinfo="skip",
        )
    middle = len(line.x) // 2 if len(line.x) > 2 else 0
    x, y = line.x[middle], line.y[middle]
    if len(line.x) == 2:
        # Not in the middle of a straight line, where cells are looked at, but at its upper end.
        x, y = (0.25 * a + 0.75 * b for a, b in (line.x, line.y))
    before, after = (
        ({"xanchor": "right", "xshift": -6}, {"xanchor": "left", "xshift": 6})
        if line.across == "x"
        else ({"yanchor": "top", "yshift": -5}, {"yanchor": "bottom", "yshift": 5})
    )
    for text, place in ((line.low, before), (line.high, after)):
        canvas.add_annotation(
            x=x,
            y=y,
            text=str(text),
            showarrow=False,
            font={"size": 13, "color": style.ink},
            bgcolor=style.faded(style.ground, 0.85),
            borderpad=2,
            **place,
        )


def _add_lowest(canvas: Canvas, found: PhaseMap, quantity: str) -> None:
    """A star on the lowest mu, sigma or epsilon; an exponent is not good or bad."""
    lowest = None if quantity in EXPONENTS else found.lowest(quantity)
    if lowest is None:
        return
    canvas.add_scatter(
        x=[lowest[1]],
        y=[lowest[0]],
        mode="markers",
        marker={
            "symbol": "star",
            "size": 16,
            "color": "#FFFFFF",
            "line": {"color": "#1A1A1A", "width": 1.5},
        },
        hoverinfo="skip",
    )


def _add_frame(canvas: Canvas, shown: tuple[int, int]) -> None:
    row, column = shown
    for colour, width in (("#1A1A1A", 5), ("#FF8C42", 3)):
        canvas.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": colour, "width": width},
        )


def _add_targets(canvas: Canvas, found: PhaseMap, quantity: str, style: Style) -> None:
    """Invisible points over the cells: Streamlit tells of clicks on points, not on colours."""
    rows, columns = found.spec.shape
    places = [(i, j) for i in range(rows) for j in range(columns)]
    texts = [hover_text(found, quantity, i, j) for i, j in places]
    canvas.add_scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        mode="markers",
        marker={"size": 24, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[i, j] for i, j in places],
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        hoverlabel={"bgcolor": style.ground, "bordercolor": style.grey, "align": "left"},
        name="cells",
    )


def hover_text(found: PhaseMap, quantity: str, row: int, column: int) -> str:
    """What is told of a cell: its place, its number with its error, or why it has none."""
    cell: Cell = found.cells[row][column]
    value = cell.values[quantity]
    lines = [cell_name(found, row, column)]
    if value.value is None:
        lines += _wrapped(value.describe())
    else:
        lines.append(f"{SYMBOLS[quantity]} = {value.describe()}")
        if found.spec.draws > 1:
            lines.append(f"{cell.draws} of {found.spec.draws} draws")
        lines += [line for text in warnings_of(cell) for line in _wrapped(f"⚠ {text}")]
    return "<br>".join(lines)


def cell_name(found: PhaseMap, row: int, column: int) -> str:
    """A cell's two values, such as ``σ_w = 1.5, depth = 3``."""
    x, y = found.spec.axes
    places = ((x, x.values[column]), (y, y.values[row]))
    return ", ".join(
        value if axis.categorical else f"{axis_symbol(axis.name)} = {value:g}"
        for axis, value in places
    )


def _wrapped(text: str, width: int = 60) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _axis(axis: Axis, style: Style) -> dict[str, Any]:
    count = len(axis.values)
    every = -(-count // _MOST_TICKS)
    places = list(range(0, count, every))
    names = [
        axis.values[i] if axis.categorical else f"{axis.values[i]:.4g}".replace("e+0", "e")
        for i in places
    ]
    return {
        **style.axis(AXIS_TITLES[axis.name]),
        "tickvals": places,
        "ticktext": names,
        "tickformat": None,
        "range": [-0.5, count - 0.5],
        "showgrid": False,
    }
