"""A figure as a small picture without words: its first plot's lines, points and colours, as SVG.

For cards, of which a page has many: Plotly in each of them would take seconds. What is drawn comes
from the figure alone, which may be of a file from elsewhere: numbers and colours are taken from it,
and never a text.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ntk_uq.figures.style import Style

WIDTH, HEIGHT = 260, 130
_MARGIN = 8
_MOST_CELLS, _MOST_POINTS = 64, 400
"""Columns of a map and points of a line that are drawn; what is finer cannot be seen."""
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}|rgba?\([\d.,\s]{5,40}\)")
_DASHES = {"dash": "6 4", "longdash": "9 4", "dot": "2 4", "dashdot": "6 3 2 3"}

Point = tuple[float, float]


def small_picture(figure: go.Figure, style: Style) -> str:
    """The figure's first plot, small; empty where there is nothing to be seen in it.

    Args:
        figure: on the ground of ``style``.
        style: how it looks.
    """
    plain = [trace for trace in figure.data if _is_first(trace)]
    drawn = _map(plain) or _curves(plain, _logs(figure), style)
    if not drawn:
        return ""
    frame = (
        f"<rect x='{_MARGIN}' y='{_MARGIN}' width='{WIDTH - 2 * _MARGIN}' "
        f"height='{HEIGHT - 2 * _MARGIN}' fill='none' stroke='{style.grey}'/>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' "
        f"height='{HEIGHT}'>{drawn}{frame}</svg>"
    )


def _is_first(trace: Any) -> bool:
    return trace.type == "heatmap" or (
        trace.type in ("scatter", "bar")
        and (trace.xaxis or "x", trace.yaxis or "y") == ("x", "y")
        and trace.visible in (None, True)
    )


def _logs(figure: go.Figure) -> tuple[bool, bool]:
    return figure.layout.xaxis.type == "log", figure.layout.yaxis.type == "log"


def _curves(traces: Sequence[Any], logs: tuple[bool, bool], style: Style) -> str:
    """Lines, points and bars, in the range of all of them."""
    found = [(trace, list(_points(trace, logs))) for trace in traces]
    found = [(trace, points) for trace, points in found if points]
    places = [point for _, points in found for point in points]
    if not places:
        return ""
    low, high = _ends(x for x, _ in places), _ends(y for _, y in places)
    return "".join(
        _trace(trace, [_placed(point, low, high) for point in points], style, index)
        for index, (trace, points) in enumerate(found)
    )


def _points(trace: Any, logs: tuple[bool, bool]) -> Iterator[Point]:
    """The points that can be placed; on logarithmic axes, by their logarithms."""
    ys = list(trace.y if trace.y is not None else ())
    xs = list(trace.x if trace.x is not None else range(len(ys)))
    if xs and isinstance(xs[0], str):
        xs = list(range(len(ys)))  # categories, side by side
    step = max(1, len(ys) // _MOST_POINTS)
    for x, y in list(zip(xs, ys, strict=False))[::step]:
        place = [_number(value, log) for value, log in zip((x, y), logs, strict=True)]
        if None not in place:
            yield place[0], place[1]  # type: ignore[misc]


def _number(value: Any, log: bool) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number) or (log and number <= 0):
        return None
    return math.log10(number) if log else number


def _ends(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _placed(point: Point, xs: tuple[float, float], ys: tuple[float, float]) -> Point:
    inner = 2 * _MARGIN
    x = inner + (WIDTH - 2 * inner) * (point[0] - xs[0]) / (xs[1] - xs[0])
    y = HEIGHT - inner - (HEIGHT - 2 * inner) * (point[1] - ys[0]) / (ys[1] - ys[0])
    return x, y


def _trace(trace: Any, points: Sequence[Point], style: Style, index: int) -> str:
    color = _color(
        (trace.marker.color, getattr(trace, "line", {}) and trace.line.color), style.color(index)
    )
    if trace.type == "bar":
        base = HEIGHT - 2 * _MARGIN
        width = max(1.0, 0.6 * (WIDTH - 4 * _MARGIN) / len(points))
        return "".join(
            f"<rect x='{x - width / 2:.1f}' y='{y:.1f}' width='{width:.1f}' "
            f"height='{max(base - y, 1):.1f}' fill='{color}'/>"
            for x, y in points
        )
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if trace.fill == "toself":
        return f"<polygon points='{places}' fill='{_color((trace.fillcolor,), color)}'/>"
    mode, drawn = trace.mode or "lines", ""
    if "lines" in mode and len(points) > 1:
        line = _color((trace.line.color,), color)
        dash = _DASHES.get(trace.line.dash or "")
        dashed = f" stroke-dasharray='{dash}'" if dash else ""
        drawn += (
            f"<polyline points='{places}' fill='none' stroke='{line}' stroke-width='2'{dashed}/>"
        )
    if "markers" in mode:
        drawn += "".join(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{color}'/>" for x, y in points
        )
    return drawn


def _color(given: Sequence[Any], otherwise: str) -> str:
    """The first of what is a colour and nothing else."""
    for color in given:
        if isinstance(color, str) and _COLOR.fullmatch(color):
            return color
    return otherwise


def _map(traces: Sequence[Any]) -> str:
    """The cells of the first map, in its colours; empty where there is none."""
    trace = next((trace for trace in traces if trace.type == "heatmap"), None)
    rows = [] if trace is None or trace.z is None else [list(row) for row in trace.z]
    rows = [row[:: max(1, len(row) // _MOST_CELLS)] for row in rows]
    rows = rows[:: max(1, len(rows) // _MOST_CELLS)]
    numbers = [[_number(value, log=False) for value in row] for row in rows]
    known = [value for row in numbers for value in row if value is not None]
    if not known or trace is None:
        return ""
    low, high = _number(trace.zmin, log=False), _number(trace.zmax, log=False)
    low, high = min(known) if low is None else low, max(known) if high is None else high
    width = (WIDTH - 2 * _MARGIN) / max(map(len, numbers))
    height = (HEIGHT - 2 * _MARGIN) / len(numbers)
    scale = [list(stop) for stop in trace.colorscale or ()] or "Viridis"
    return "".join(
        f"<rect x='{_MARGIN + column * width:.1f}' "
        f"y='{HEIGHT - _MARGIN - (row + 1) * height:.1f}' width='{width + 0.3:.1f}' "
        f"height='{height + 0.3:.1f}' fill='{_sampled(scale, value, low, high)}'/>"
        for row, values in enumerate(numbers)
        for column, value in enumerate(values)
        if value is not None
    )


def _sampled(scale: Any, value: float, low: float, high: float) -> str:
    share = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5
    (color,) = sample_colorscale(scale, [share])
    return _color((color,), "#888888")
