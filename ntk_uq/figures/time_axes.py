"""What figures against training time, noise and jitter share: the value axis."""

from typing import Any

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.quantities import TITLES, value_axis
from ntk_uq.figures.style import Style, hold, legend_below, plotted

_LOWEST = 1e-2
"""What the value axis holds at least, as a share of the smallest value of the curves themselves."""


def lay_out(
    canvas: Canvas,
    quantity: str,
    x_axis: dict[str, Any],
    rows: int,
    loss_unit: str,
    style: Style,
    revision: str,
) -> None:
    """Axes, title and ``rows`` of legend."""
    y_axis = value_axis(quantity, loss_unit, style)
    values = plotted(canvas.data)
    lines = [t for t in canvas.data if t.get("name") and t["mode"] != "markers"]
    main = [v for line in lines for v in _positive(line)]
    # A training loss falls for ever: it may leave the figure below.
    values = [v for v in values if v >= _LOWEST * min(main, default=0.0)]
    hold(y_axis, values, style)
    canvas.update_layout(
        {**style.layout(TITLES[quantity], revision), **legend_below(rows)},
        xaxis=x_axis,
        yaxis=y_axis,
    )


def _positive(trace: dict[str, Any]) -> list[float]:
    return [v for v in trace["y"] if v is not None and v > 0]
