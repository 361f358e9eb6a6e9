"""Marks that several figures draw: error bars, bands, entries of the legend that stand alone."""

from collections.abc import Sequence
from typing import Any

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.style import Style
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.scaling import format_value


def hover_values(symbol: str, values: Sequence[float], errors: Sequence[float | None]) -> list[str]:
    """What hovering over points says of their values, such as ``μ = 0.2591 ± 0.0013``; the rule for
    ``hovertext``, read as ``%{hovertext}``."""
    return [
        f"{symbol} = {format_value(value, error or None)}"
        for value, error in zip(values, errors, strict=True)
    ]


def bars(
    values: Sequence[float], ups: Sequence[float], downs: Sequence[float], style: Style
) -> dict[str, Any]:
    """Error bars of these lengths; hidden where all of them are zero."""
    return {
        "type": "data",
        "array": list(ups),
        "arrayminus": style.downwards(values, downs),
        "visible": any(ups) or any(downs),
        "width": 4,
    }


def intervals(found: Sequence[Estimate], style: Style) -> dict[str, Any]:
    """Bootstrap intervals where there are any, otherwise one standard error to each side."""
    ups = [(e.error or 0.0) if e.high is None else e.high - e.value for e in found]
    downs = [(e.error or 0.0) if e.low is None else e.value - e.low for e in found]
    return bars([e.value for e in found], ups, downs, style)


def add_band(
    canvas: Canvas,
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    group: str,
    fill: str,
) -> None:
    """The area between two lines, once round it; it comes and goes with its group of the legend."""
    canvas.add_scatter(
        x=[*x, *x[::-1]],
        y=[*high, *low[::-1]],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=fill,
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
    )


def add_error_band(
    canvas: Canvas,
    x: Sequence[float],
    values: Sequence[float],
    errors: Sequence[float],
    group: str,
    color: str,
    style: Style,
) -> None:
    """The area from one error below a line to one above it."""
    downs = style.downwards(values, errors)
    high = [v + e for v, e in zip(values, errors, strict=True)]
    low = [v - d for v, d in zip(values, downs, strict=True)]
    add_band(canvas, x, low, high, group, style.faded(color))


def add_grey(
    canvas: Canvas, words: str, style: Style, dash: str = "solid", symbol: str = ""
) -> None:
    """An entry of the legend that belongs to no curve."""
    canvas.add_scatter(
        x=[None],
        y=[None],
        mode="markers" if symbol else "lines",
        name=words,
        line={"color": style.grey, "dash": dash, "width": 2},
        marker={"color": style.grey, "symbol": symbol or "circle", "size": 12},
        hoverinfo="skip",
    )
