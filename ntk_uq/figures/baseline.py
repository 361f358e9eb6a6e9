"""Curves that were pinned: drawn in grey beneath those that are compared with them."""

from collections.abc import Sequence

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.style import Style, marker
from ntk_uq.results.curves import Curve


def add_baseline(
    canvas: Canvas, quantity: str, curves: Sequence[tuple[str, Curve]], style: Style
) -> None:
    """Draws the points of pinned curves, joined, each with its entry in the legend.

    Args:
        canvas: of the figure, before anything else is drawn.
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        curves: with their labels.
        style: how it looks.
    """
    drawn = [(label, curve) for label, curve in curves if curve.points]
    for index, (label, curve) in enumerate(drawn):
        canvas.add_scatter(
            x=[p.n_train for p in curve.points],
            y=[getattr(p, quantity) for p in curve.points],
            mode="lines+markers",
            name=f"baseline, {label}",
            legendgroup=f"baseline, {label}",
            marker={"color": style.grey, "symbol": f"{marker(index)}-open", "size": 8},
            # Not as the test set's floor, which is grey and dotted, too.
            line={"color": style.grey, "width": 1.5, "dash": "dashdot"},
            hovertemplate=(f"baseline, {label}<br>N_D = %{{x}}<br>%{{y:.4g}}<extra></extra>"),
        )
