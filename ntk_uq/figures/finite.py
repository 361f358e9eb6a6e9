"""What figures of finite networks share: ensembles as points, and their ratio to the theory."""

from collections.abc import Iterable, Sequence
from typing import Any

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import hover_values, intervals
from ntk_uq.figures.style import Style, hold, marker, plotted
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import SYMBOLS


def in_rows(heights: Sequence[float]) -> Canvas:
    """An empty figure of plots above each other, with these shares of the height."""
    return Canvas(tuple(heights))


def over_infinite(quantity: str) -> str:
    """The symbol of a quantity over its infinite-width value."""
    return f"{SYMBOLS[quantity]} / {SYMBOLS[quantity]}<sub>∞</sub>"


def add_ensembles(
    canvas: Canvas,
    against: str,
    found: Sequence[tuple[EnsemblePoint, Estimate | None]],
    label: str,
    symbol: str,
    where: str,
    index: int,
    style: Style,
    row: int,
    **look: Any,
) -> list[float]:
    """Draws the ensembles of one curve; returns every value that the axis has to hold.

    Args:
        canvas: of :func:`in_rows`.
        against: field of the ensembles on the horizontal axis.
        found: ensembles with what is drawn of them; None is left out.
        label: in the legend, once for all rows.
        symbol: of what is drawn, as hovering names it.
        where: what hovering says of the place; ``customdata`` has the networks that are sound and
            those that diverged.
        index: of colour and marker.
        style: how it looks.
        row: which plot, from 1 at the top.
        look: more of the trace.
    """
    known = [(p, e) for p, e in found if e is not None]
    trace: dict[str, Any] = dict(
        # Without any, still an entry of the legend: what is to come has its colour told.
        x=[getattr(p, against) for p, _ in known] or [None],
        y=[e.value for _, e in known] or [None],
        name=label,
        legendgroup=label,
        showlegend=row == 1,
        marker={"color": style.color(index), "symbol": marker(index), "size": 10},
        error_y=intervals([e for _, e in known], style),
        customdata=[[p.members - p.diverged, p.diverged] for p, _ in known],
        hovertext=hover_values(symbol, [e.value for _, e in known], [e.error for _, e in known]),
        hovertemplate=f"{label}<br>%{{hovertext}}<br>{where}<extra></extra>",
        **look,
    )
    canvas.add_scatter(row, **trace)
    return plotted([trace]) if known else []


def ends_of(found: Iterable[Estimate]) -> list[float]:
    """Every positive value with the ends of its interval, for an axis that holds them all."""
    ends = (v for e in found for v in (e.value, e.low, e.high) if v is not None)
    return [float(v) for v in ends if v > 0]


def ratio_below(
    x_axis: dict[str, Any],
    upper: dict[str, Any],
    ratios: Sequence[float],
    style: Style,
    height: float,
) -> dict[str, Any]:
    """The axes of two rows, the lower one finite over infinite width and ``height`` pixels high."""
    lower = style.axis("finite / infinite", style.scale)
    hold(lower, ratios, style, height)
    return two_rows(x_axis, upper, lower)


def two_rows(
    x_axis: dict[str, Any], upper: dict[str, Any], lower: dict[str, Any]
) -> dict[str, Any]:
    """The axes of two rows with one horizontal axis, which has labels below alone."""
    hidden = {**x_axis, "title": {"text": ""}, "showticklabels": False, "matches": "x2"}
    return {"xaxis": hidden, "xaxis2": x_axis, "yaxis": upper, "yaxis2": lower}
