"""Finite networks over scaling curves of infinite width."""

from collections.abc import Sequence
from typing import Any

from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.ensembles import WHERE
from ntk_uq.figures.finite import ends_of, over_infinite
from ntk_uq.figures.marks import add_grey, hover_values, intervals
from ntk_uq.figures.style import Style
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import QUANTITIES, SYMBOLS

_SYMBOLS = ("star", "hexagram", "hourglass", "bowtie", "pentagon", "octagon", "star-square", "x")
"""None of those that curves have."""


def has_ratios(found: Sequence[CurveNetworks]) -> bool:
    """Whether there is anything to be drawn of finite over infinite width."""
    return len(shared_ratios(found)) > 1


def shared_ratios(found: Sequence[CurveNetworks]) -> list[float]:
    """What the plots of ratios of all three quantities have to hold: side by side, they compare."""
    ratios = (
        networks.ratio(point, name)
        for networks in found
        for point in networks.ensembles.points
        for name in QUANTITIES
    )
    return [1.0, *ends_of(ratio for ratio in ratios if ratio is not None)]


def add_networks(
    canvas: Canvas, quantity: str, found: Sequence[CurveNetworks], style: Style
) -> int:
    """Draws networks as points with their intervals, a symbol a width, and their own limit as a
    dotted line; where the canvas has a second row, their ratio to it there. Returns how many
    entries the legend has for them."""
    widths: dict[int, str] = {}
    symbol_of = SYMBOLS[quantity]
    below = has_ratios(found)
    for networks in found:
        color = style.color(networks.color)
        spec = networks.ensembles.spec
        for index, width in enumerate(spec.widths):
            symbol = widths.setdefault(width, _SYMBOLS[index % len(_SYMBOLS)])
            points = [p for p in networks.ensembles.points if p.width == width]
            _add_width(
                canvas,
                networks.label,
                width,
                [(p, getattr(p, quantity)) for p in points],
                symbol_of,
                {"color": color, "symbol": symbol, "size": 11},
                style,
            )
            if below:
                _add_width(
                    canvas,
                    networks.label,
                    width,
                    [(p, networks.ratio(p, quantity)) for p in points],
                    over_infinite(quantity),
                    {"color": color, "symbol": symbol, "size": 11},
                    style,
                    row=2,
                )
        limit = networks.limit.points
        if limit:
            canvas.add_scatter(
                x=[p.n_train for p in limit],
                y=[getattr(p, quantity) for p in limit],
                mode="lines",
                legendgroup=networks.label,
                showlegend=False,
                meta="limit",
                line={"color": color, "width": 1.5, "dash": "dashdot"},
                hovertemplate=(
                    f"{networks.label}, infinite width at the networks' steps<br>"
                    f"{symbol_of} = %{{y:.4g}}<br>N<sub>D</sub> = %{{x}}<extra></extra>"
                ),
            )
    for width, symbol in widths.items():
        add_grey(canvas, f"networks of width {width:,}", style, symbol=symbol)
    if widths:
        add_grey(canvas, "their own limit", style, dash="dashdot")
    return len(widths) + bool(widths)


def _add_width(
    canvas: Canvas,
    label: str,
    width: int,
    found: Sequence[tuple[EnsemblePoint, Estimate | None]],
    symbol: str,
    look: dict[str, Any],
    style: Style,
    row: int | None = None,
) -> None:
    """The networks of one width: ``found`` has what is drawn of each ensemble, None for nothing;
    ``symbol`` says in hovering what it is."""
    known = [(p, e) for p, e in found if e is not None]
    if not known:
        return
    values, errors = [e.value for _, e in known], [e.error for _, e in known]
    canvas.add_scatter(
        row,
        x=[p.n_train for p, _ in known],
        y=values,
        mode="markers",
        legendgroup=label,
        showlegend=False,
        # What is hovered over in one panel is found in the others by it.
        meta=f"width {width}",
        marker=look,
        error_y=intervals([e for _, e in known], style),
        customdata=[[p.members - p.diverged, p.diverged] for p, _ in known],
        hovertext=hover_values(symbol, values, errors),
        hovertemplate=f"{label}, width {width:,}<br>%{{hovertext}}<br>{WHERE}<extra></extra>",
    )
