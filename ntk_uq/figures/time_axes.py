"""What figures against training time, noise and jitter share: legend, errors, value axis."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ntk_uq.ensembles.records import Estimate
from ntk_uq.figures.scaling import TITLES
from ntk_uq.figures.style import Style, legend_below, plotted, set_range, with_unit

_SYMBOLS = {"mu": "μ = E[L]", "sigma": "σ = std[L]", "epsilon": "ε"}
_LOWEST = 1e-2
"""What the value axis holds at least, as a share of the smallest value of the curves themselves."""


def bars(found: Sequence[Estimate], style: Style) -> dict[str, Any]:
    """Bootstrap intervals where there are any, otherwise one standard error to each side."""
    ups = [(e.error or 0.0) if e.high is None else e.high - e.value for e in found]
    downs = [(e.error or 0.0) if e.low is None else e.value - e.low for e in found]
    return {
        "type": "data",
        "array": ups,
        "arrayminus": style.downwards([e.value for e in found], downs),
        "visible": any(ups) or any(downs),
        "width": 4,
    }


def add_grey(
    figure: go.Figure, words: str, style: Style, dash: str = "solid", symbol: str = ""
) -> None:
    """An entry of the legend that belongs to no curve."""
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers" if symbol else "lines",
        name=words,
        line={"color": style.grey, "dash": dash, "width": 2},
        marker={"color": style.grey, "symbol": symbol or "circle", "size": 12},
        hoverinfo="skip",
    )


def lay_out(
    figure: go.Figure,
    quantity: str,
    x_axis: dict[str, Any],
    rows: int,
    loss_unit: str,
    style: Style,
    revision: str,
) -> None:
    """Axes, title and ``rows`` of legend."""
    unit = "" if quantity == "epsilon" else loss_unit
    y_axis = style.axis(with_unit(_SYMBOLS[quantity], unit), "linear" if style.linear else "log")
    values = plotted(figure)
    main = [v for t in figure.data if t.name and t.mode != "markers" for v in _positive(t)]
    # A training loss falls for ever: it may leave the figure below.
    values = [v for v in values if v >= _LOWEST * min(main, default=0.0)]
    if not values:
        y_axis["showticklabels"] = False
    elif not style.linear:
        set_range(y_axis, values)
        if max(values) < 2 * min(values):
            # Plotly labels 1, 2, ..., 9 of a decade at most: here one of them, or none.
            y_axis.pop("dtick", None)
            y_axis["tickvals"] = _even(min(values), max(values))
    figure.update_layout(
        {**style.layout(TITLES[quantity], revision), **legend_below(rows, narrow=True)},
        xaxis=x_axis,
        yaxis=y_axis,
    )


def power(exponent: int) -> str:
    """A whole power of ten for an axis."""
    return f"10<sup>{exponent}</sup>".replace("-", "−")


def _positive(trace: Any) -> list[float]:
    return [v for v in (trace.y if trace.y is not None else ()) if v is not None and v > 0]


def _even(low: float, high: float) -> list[float]:
    """Three to seven round numbers at even distances."""
    span = max(high - low, 1e-3 * high)
    unit = 10.0 ** math.floor(math.log10(span))
    step = next(unit * f for f in (0.2, 0.5, 1.0, 2.0) if span / (unit * f) < 6)
    return [k * step for k in range(math.floor(low / step), math.ceil(high / step) + 1)]
