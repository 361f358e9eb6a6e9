"""A quantity of finite networks against width, its law, and the law's correction."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ntk_uq.analysis.width_laws import WidthLaw, WidthLaws
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.finite import add_ensembles, ends_of, in_rows, over_infinite, ratio_below
from ntk_uq.figures.marks import add_grey
from ntk_uq.figures.quantities import TITLES, value_axis
from ntk_uq.figures.style import Style, hold, legend_below, marker, set_range, with_unit
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.points import QUANTITIES, SYMBOLS

_PLOT_HEIGHT = 460  # pixels
_SHARES = (0.58, 0.42)
_WHERE = "width %{x}<br>%{customdata[0]} networks"


def width_figure(
    quantity: str,
    studies: Sequence[WidthLaws],
    n_train: int,
    tolerance: float,
    loss_unit: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """A quantity against width, a colour a depth, and below it over its infinite-width value.

    Dashed lines are infinite width, solid ones the law in the range of its fit, dotted beyond. The
    band is the tolerance; a star is where the law enters it for good, with its 95 % interval. Side
    by side, the figures of all quantities have one axis of widths, and one of ratios.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        studies: one a depth.
        n_train: N_D that is shown.
        tolerance: relative distance from infinite width that counts as close.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
    """
    canvas = in_rows(_SHARES)
    widths = [float(w) for study in studies for w in study.comparison.ensembles.spec.widths]
    values: list[float] = []
    ratios = _shared_ratios(studies, n_train, tolerance)
    reach = _shared_reach(studies, n_train, tolerance)
    laws = [study.law(quantity, n_train) for study in studies]
    for index, (study, law) in enumerate(zip(studies, laws, strict=True)):
        label = f"depth {study.depth}"
        values += _add_limit(canvas, law, (min(widths), reach), style.color(index))
        values += _add_points(canvas, law, label, index, style, 1.0, row=1)
        _add_law(canvas, law, 1.0, reach, style.color(index), row=1)
        if law.theory:
            _add_points(canvas, law, label, index, style, law.theory, row=2)
            _add_law(canvas, law, law.theory, reach, style.color(index), row=2)
            _add_answer(canvas, law, tolerance, label, index, style)
    # Only now: nothing is drawn across a row that holds no trace.
    canvas.add_hrect(
        y0=1 - tolerance,
        y1=1 + tolerance,
        row=2,
        fillcolor=style.faded(style.grey, 0.25),
        line={"width": 0},
        layer="below",
    )
    canvas.add_hline(1, line={"color": style.grey, "width": 1.5, "dash": "dash"}, row=2)
    _explain(canvas, tolerance, style)
    _lay_out(
        canvas,
        quantity,
        len(studies) + _EXPLAINED,
        loss_unit,
        style,
        revision,
        (min(widths), reach),
        values,
        ratios,
    )
    return canvas.figure()


def _shared_ratios(studies: Sequence[WidthLaws], n_train: int, tolerance: float) -> list[float]:
    """What the lower plots of all quantities have to hold."""
    found = (
        e.over(law.theory)
        for study in studies
        for name in QUANTITIES
        if (law := study.law(name, n_train)).theory
        for p in law.points
        if (e := getattr(p, name)) is not None
    )
    return [1 - tolerance, 1 + tolerance, *ends_of(found)]


def _shared_reach(studies: Sequence[WidthLaws], n_train: int, tolerance: float) -> float:
    """The widest width on the axis: of the networks, or of an answer that is not far beyond."""
    widest = max(float(w) for study in studies for w in study.comparison.ensembles.spec.widths)
    reach = widest
    for study in studies:
        for name in QUANTITIES:
            width = study.law(name, n_train).needed(tolerance).width
            # An answer far beyond what was measured must not squeeze the measured into a corner.
            if width is not None:
                reach = max(reach, min(1.3 * width, 16 * widest))
    return reach


_EXPLAINED = 5
"""Entries of the legend that belong to no depth."""


def _explain(canvas: Canvas, tolerance: float, style: Style) -> None:
    """An entry for every kind of mark; the same ones in every figure, there or not."""
    add_grey(canvas, "infinite width", style, dash="dash")
    add_grey(canvas, "law q<sub>∞</sub> (1 + c/w + …)", style)
    add_grey(canvas, "the law beyond the widths", style, dash="dot")
    add_grey(canvas, f"within {100 * tolerance:g} % of it", style, symbol="square")
    add_grey(canvas, "wide enough from here (bars: 95 %)", style, symbol="star")


def _add_limit(canvas: Canvas, law: WidthLaw, ends: tuple[float, float], color: str) -> list[float]:
    if law.theory is None:
        return []
    canvas.add_scatter(
        x=ends,
        y=[law.theory] * 2,
        mode="lines",
        line={"color": color, "width": 1.5, "dash": "dash"},
        showlegend=False,
        hovertemplate=f"infinite width<br>{SYMBOLS[law.quantity]} = %{{y:.4g}}<extra></extra>",
        row=1,
    )
    return [law.theory]


def _add_points(
    canvas: Canvas, law: WidthLaw, label: str, index: int, style: Style, scale: float, row: int
) -> list[float]:
    """Draws the ensembles over ``scale``; returns every value that the axis has to hold."""
    estimates: list[Estimate | None] = [getattr(p, law.quantity) for p in law.points]
    found = [
        (p, None if e is None else e.over(scale))
        for p, e in zip(law.points, estimates, strict=True)
    ]
    symbol = SYMBOLS[law.quantity] if row == 1 else over_infinite(law.quantity)
    return add_ensembles(
        canvas, "width", found, label, symbol, _WHERE, index, style, row=row, mode="markers"
    )


def _add_law(
    canvas: Canvas, law: WidthLaw, scale: float, reach: float, color: str, row: int
) -> None:
    fit = law.best
    if not law.trusted or fit.window is None:
        return
    low, high = fit.window
    pieces = [("solid", np.geomspace(low, high, 60))]
    if reach > 1.01 * high and fit.carries:
        pieces.append(("dot", np.geomspace(high, reach, 40)))
    for dash, x in pieces:
        canvas.add_scatter(
            x=x,
            y=fit.predict(x) / scale,
            mode="lines",
            line={"color": color, "width": 2, "dash": dash},
            showlegend=False,
            hoverinfo="skip",
            row=row,
        )


def _add_answer(
    canvas: Canvas, law: WidthLaw, tolerance: float, label: str, index: int, style: Style
) -> None:
    needed = law.needed(tolerance)
    window = law.best.window
    if needed.width is None or needed.low is None or needed.high is None or not law.best.c:
        return
    if window is None or needed.width < window[0] or needed.low == 0:
        return  # the answer is a bound, which the table tells
    assert law.theory is not None
    canvas.add_scatter(
        x=[needed.width],
        y=law.best.predict([needed.width]) / law.theory,
        mode="markers",
        marker={
            **{"symbol": "star", "size": 15, "color": style.color(index)},
            "line": {"color": style.ink, "width": 1},
        },
        error_x={
            **{"type": "data", "array": [needed.high - needed.width]},
            **{"arrayminus": [needed.width - needed.low], "width": 5},
        },
        showlegend=False,
        hovertemplate=(
            f"{label}: within {100 * tolerance:g} % from width %{{x:.3g}} on<extra></extra>"
        ),
        row=2,
    )


def _lay_out(
    canvas: Canvas,
    quantity: str,
    entries: int,
    loss_unit: str,
    style: Style,
    revision: str,
    ends: tuple[float, float],
    values: list[float],
    ratios: list[float],
) -> None:
    upper = value_axis(quantity, loss_unit, style)
    hold(upper, values, style, _SHARES[0] * _PLOT_HEIGHT)
    x_axis = style.axis("width w [units]", "log")
    set_range(x_axis, [0.9 * ends[0], 1.1 * ends[1]], across=True)
    powers = range(int(np.ceil(np.log2(ends[0]))), int(np.floor(np.log2(ends[1]))) + 1)
    step = 1 if len(powers) <= 6 else 2
    x_axis |= {"tickvals": [2**k for k in powers][::step], "ticktext": None}
    canvas.update_layout(
        style.layout(TITLES[quantity], revision),
        **legend_below(entries, _PLOT_HEIGHT),
        **ratio_below(x_axis, upper, ratios, style, _SHARES[1] * _PLOT_HEIGHT),
    )


def correction_figure(
    quantity: str,
    studies: Sequence[WidthLaws],
    against: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """The correction c of ``q_inf (1 + c / w)`` against depth, or against N_D.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        studies: one a depth.
        against: ``depth`` (a colour an N_D) or ``n_train`` (a colour a depth).
        style: how it looks.
        revision: as in :func:`width_figure`.
    """
    cells = [
        (study.depth, law.n_train, law.best)
        for study in studies
        for law in study.laws
        if law.quantity == quantity and law.trusted
    ]
    by_depth = against == "depth"
    groups = sorted(
        {law.n_train for s in studies for law in s.laws}
        if by_depth
        else {study.depth for study in studies}
    )
    canvas = Canvas()
    for index, group in enumerate(groups):
        label = f"N<sub>D</sub> = {group:,}" if by_depth else f"depth {group}"
        mine = [c for c in cells if c[1 if by_depth else 0] == group]
        canvas.add_scatter(
            x=[c[0 if by_depth else 1] for c in mine],
            y=[c[2].c for c in mine],
            error_y={"type": "data", "array": [c[2].c_error for c in mine], "width": 4},
            name=label,
            showlegend=True,
            mode="lines+markers",
            line={"color": style.color(index), "width": 1, "dash": "dot"},
            marker={"color": style.color(index), "symbol": marker(index), "size": 10},
            hovertemplate=f"{label}<br>%{{x}}<br>c = %{{y:.3g}}<extra></extra>",
        )
    canvas.add_hline(0, line={"color": style.grey, "width": 1.5, "dash": "dash"})
    add_grey(canvas, "infinite width: no correction", style, dash="dash")
    if by_depth:
        depths = sorted(study.depth for study in studies)
        x_axis = style.axis("depth, hidden layers")
        x_axis |= {"tickvals": depths, "range": [depths[0] - 0.3, depths[-1] + 0.3]}
    else:
        sizes = sorted({law.n_train for s in studies for law in s.laws})
        x_axis = style.axis("training examples N<sub>D</sub>", "log")
        set_range(x_axis, [0.95 * sizes[0], 1.05 * sizes[-1]], across=True)
        x_axis |= {"tickvals": sizes, "ticktext": None}
    title = (
        f"Correction c to {SYMBOLS[quantity]} against {'depth' if by_depth else 'N<sub>D</sub>'}"
    )
    canvas.update_layout(
        style.layout(title, revision),
        **legend_below(len(groups) + 1, 300),
        xaxis=x_axis,
        yaxis=style.axis(with_unit("c", "units of width")),
    )
    return canvas.figure()
