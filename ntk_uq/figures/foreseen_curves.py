"""What is foreseen from the kernel of a sample, over scaling curves."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import add_grey
from ntk_uq.figures.quantities import PART_WORDS, shown_parts
from ntk_uq.figures.ratios import RatioTrace, ratio_plot
from ntk_uq.figures.style import Style
from ntk_uq.results.curves import Curve
from ntk_uq.results.foreseen import Foreseen

LOSSES = {"mu": "μ", **PART_WORDS["mu"]}
"""What is foreseen, in words: the mean loss and both of its parts."""

_SYMBOL = "x-thin-open"


class ForeseenCurve(NamedTuple):
    """A scaling curve with what is foreseen of it.

    Attributes:
        label: of the curve.
        color: the index of its colour.
        curve: as far as it is there.
        found: what is foreseen at its N_D, up to half of the sample.
    """

    label: str
    color: int
    curve: Curve
    found: Foreseen


def add_foreseen(
    canvas: Canvas, quantity: str, curves: Sequence[ForeseenCurve], style: Style
) -> int:
    """Draws the foreseen mean loss, and its parts where parts are drawn, as dashed lines through
    crosses; only what passed its check on the sample. Returns how many entries the legend has for
    it."""
    if quantity != "mu" or not any_holds(curves):
        return 0
    names = {"mu": "μ", **{name: words for name, words, _ in shown_parts(quantity, style)}}
    for one in curves:
        color = style.color(one.color)
        for name, words in names.items():
            canvas.add_scatter(
                x=[point.n_train for point in one.found.points],
                # None where it is not drawn: a line does not cross what was refused.
                y=[
                    getattr(point.foreseen, name) if point.holds else None
                    for point in one.found.points
                ],
                mode="lines+markers",
                legendgroup=one.label,
                showlegend=False,
                meta="foreseen",
                line={"color": color, "width": 2 if name == "mu" else 1.2, "dash": "dash"},
                marker={"color": color, "symbol": _SYMBOL, "size": 9, "line": {"width": 2}},
                hovertemplate=(
                    f"{one.label}, foreseen from {one.found.sample:,} examples<br>"
                    f"{words}: %{{y:.4g}}<br>N<sub>D</sub> = %{{x}}<extra></extra>"
                ),
            )
    add_grey(canvas, "foreseen from the kernel", style, symbol=_SYMBOL)
    return 1


def any_holds(curves: Sequence[ForeseenCurve]) -> bool:
    """Whether anything foreseen passed its check, and so is drawn."""
    return any(point.holds for one in curves for point in one.found.points)


def foreseen_ratios(one: ForeseenCurve, name: str) -> Iterator[tuple[int, float, float]]:
    """N_D, foreseen over measured, and the ratio's standard error; where it passed its check.

    Args:
        one: the curve and what is foreseen of it.
        name: one of :data:`LOSSES`. Errors are known of ``mu`` alone: of the curve (of its draws
            and of its test set) and of what is foreseen.
    """
    measured = {point.n_train: point for point in one.curve.points}
    for point in one.found.points:
        there, foreseen = measured.get(point.n_train), point.foreseen
        if there is None or foreseen is None or not point.holds:
            continue
        value = getattr(there, name)
        if not value > 0:
            continue
        ratio, error = getattr(foreseen, name) / value, 0.0
        if name == "mu":
            own = (there.error_or_sem("mu") or 0.0) / there.mu
            error = ratio * math.hypot(own, (foreseen.error or 0.0) / foreseen.mu)
        yield point.n_train, ratio, error


def foreseen_ratio_figure(
    name: str, curves: Sequence[ForeseenCurve], style: Style, revision: str = ""
) -> go.Figure:
    """The ratio foreseen / measured of the mean loss, or of a part of it.

    Args:
        name: one of :data:`LOSSES`.
        curves: with what is foreseen of them.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
    """
    traces = []
    for one in curves:
        ratios = list(foreseen_ratios(one, name))
        columns = zip(*ratios, strict=True) if ratios else ((), (), ())
        traces.append(RatioTrace(one.label, "", one.color, *map(list, columns)))
    words = LOSSES[name]
    return ratio_plot(
        f"Ratio of {words}",
        f"foreseen / measured {words}",
        "foreseen / measured",
        traces,
        [n for one in curves for n in one.curve.spec.sizes],
        style,
        revision,
    )
