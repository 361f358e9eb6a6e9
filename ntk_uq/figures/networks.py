"""Finite networks over scaling curves of infinite width."""

from collections.abc import Sequence
from dataclasses import dataclass

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.ensembles import WHERE
from ntk_uq.figures.marks import add_grey, hover_values, intervals
from ntk_uq.figures.style import Style
from ntk_uq.results.curves import Curve
from ntk_uq.results.ensembles.stored import Ensembles
from ntk_uq.results.points import SYMBOLS

_SYMBOLS = ("star", "hexagram", "hourglass", "bowtie", "pentagon", "octagon", "star-square", "x")
"""None of those that curves have."""


@dataclass(frozen=True)
class CurveNetworks:
    """The networks of one curve.

    Attributes:
        label: of the curve.
        color: index of its colour.
        ensembles: the networks that are there, on whatever N_D.
        limit: infinite width, on the same training subset with the same steps.
    """

    label: str
    color: int
    ensembles: Ensembles
    limit: Curve


def add_networks(
    canvas: Canvas, quantity: str, found: Sequence[CurveNetworks], style: Style
) -> int:
    """Draws networks as points with their intervals, a symbol a width, and their own limit as a
    dotted line; returns how many entries the legend has for them."""
    widths: dict[int, str] = {}
    symbol_of = SYMBOLS[quantity]
    for networks in found:
        color = style.color(networks.color)
        spec = networks.ensembles.spec
        for index, width in enumerate(spec.widths):
            symbol = widths.setdefault(width, _SYMBOLS[index % len(_SYMBOLS)])
            points = [p for p in networks.ensembles.points if p.width == width]
            known = [(p, e) for p in points if (e := getattr(p, quantity)) is not None]
            if not known:
                continue
            canvas.add_scatter(
                x=[p.n_train for p, _ in known],
                y=[e.value for _, e in known],
                mode="markers",
                legendgroup=networks.label,
                showlegend=False,
                marker={"color": color, "symbol": symbol, "size": 11},
                error_y=intervals([e for _, e in known], style),
                customdata=[[p.members - p.diverged, p.diverged] for p, _ in known],
                hovertext=hover_values(
                    symbol_of, [e.value for _, e in known], [e.error for _, e in known]
                ),
                hovertemplate=(
                    f"{networks.label}, width {width:,}<br>%{{hovertext}}<br>{WHERE}<extra></extra>"
                ),
            )
        limit = networks.limit.points
        if limit:
            canvas.add_scatter(
                x=[p.n_train for p in limit],
                y=[getattr(p, quantity) for p in limit],
                mode="lines",
                legendgroup=networks.label,
                showlegend=False,
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
