"""Scaling curves with their fits and parts."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ntk_uq.analysis.curve_laws import ShownLaw
from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.analysis.of_test_set import exceeds_draws
from ntk_uq.analysis.verdicts import POPULATION, Verdict, verdict
from ntk_uq.figures import legend_words
from ntk_uq.figures.baseline import add_baseline
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.finite import in_rows, ratio_below
from ntk_uq.figures.foreseen_curves import ForeseenCurve, add_foreseen
from ntk_uq.figures.laws import add_extrapolation, add_law
from ntk_uq.figures.marks import add_grey, bars, hover_values
from ntk_uq.figures.networks import add_networks, has_ratios, shared_ratios
from ntk_uq.figures.quantities import TITLES, shown_parts, value_axis
from ntk_uq.figures.style import HIGH, Style, hold, legend_below, marker, plotted, set_range
from ntk_uq.results.curves import Curve, Fits
from ntk_uq.results.points import SYMBOLS, CurvePoint
from ntk_uq.scaling import PowerLawFit, format_value

_WITH_RATIOS, _SHARES = 480, (0.68, 0.32)
"""Pixels of both plots where there are ratios below, and the plots' shares of them."""

_SHORT = 14
"""Letters of a label beside which a fit has room in the legend of a narrow panel."""


@dataclass(frozen=True)
class Trace:
    """A curve with its fits and its label; ``laws`` has those that are extrapolated, and drawn
    instead of the fits where ``instead`` says so.

    ``color`` is the index of its colour, by default its place among the traces. ``hollow`` curves
    are the partners of others: open markers and dashed lines, without parts. ``window`` has the
    ends of N_D that the fits were made on; None is no bound.
    """

    label: str
    curve: Curve
    fits: Fits | None
    laws: Mapping[str, ShownLaw] | None = None
    instead: bool = False
    color: int | None = None
    hollow: bool = False
    window: tuple[float | None, float | None] = (None, None)

    @functools.cached_property
    def verdict(self) -> Verdict | None:
        """What the curve does, in terms of what is drawn of it; None until it is complete."""
        if self.fits is None:
            return None
        laws = self.laws if self.instead else None
        return verdict(self.curve, self.fits, laws, *self.window)


def scaling_figure(
    quantity: str,
    traces: Sequence[Trace],
    loss_unit: str,
    style: Style,
    revision: str = "",
    target: float | None = None,
    baseline: Sequence[tuple[str, Curve]] = (),
    networks: Sequence[CurveNetworks] = (),
    foreseen: Sequence[ForeseenCurve] = (),
) -> go.Figure:
    """A quantity against N_D, one colour a curve, with its fit and its parts.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        traces: the curves, complete or growing.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
        target: an N_D beyond the data that the curves' laws are drawn to.
        baseline: curves that are drawn in grey beneath, with their labels.
        networks: finite ones, drawn over the curves, and below over their own limit.
        foreseen: what is foreseen of some of the curves, drawn over mu.
    """
    below = has_ratios(networks)
    canvas = in_rows(_SHARES) if below else Canvas()
    add_baseline(canvas, quantity, baseline, style)
    for index, trace in enumerate(traces):
        index = index if trace.color is None else trace.color
        color = style.color(index)
        if not trace.curve.points:
            continue
        shown = None if trace.laws is None else trace.laws[quantity]
        if shown is not None and target is not None:
            add_extrapolation(canvas, shown, target, trace.label, color, style)
        if shown is not None and trace.instead:
            add_law(canvas, shown.law, trace.label, color, _dash(trace))
        else:
            _add_fit(canvas, quantity, trace, color)
        if not trace.hollow:
            _add_parts(canvas, quantity, trace, color, style)
        symbol = f"{marker(index)}-open" if trace.hollow else marker(index)
        _add_points(canvas, quantity, trace, color, symbol, style)
    further = add_networks(canvas, quantity, networks, style) + len(baseline)
    add_foreseen(canvas, quantity, foreseen, style)
    further += bool(foreseen)  # in all three, whose axes line up so
    for _, words, dash in shown_parts(quantity, style):
        add_grey(canvas, words, style, dash=dash)
    ratios = shared_ratios(networks) if below else []
    _lay_out(
        canvas, quantity, traces, loss_unit, style, revision, target, baseline, further, ratios
    )
    return canvas.figure()


def _add_points(
    canvas: Canvas, quantity: str, trace: Trace, color: str, symbol: str, style: Style
) -> None:
    points = trace.curve.points
    values = [getattr(p, quantity) for p in points]
    errors = [getattr(p, f"{quantity}_sem") for p in points]
    sides = [e or 0.0 for e in errors]
    fit, has_line = _fit_in_words(quantity, trace)
    canvas.add_scatter(
        x=[p.n_train for p in points],
        y=values,
        mode="markers" if has_line else "lines+markers",
        name=_named(trace, fit),
        legendgroup=trace.label,
        marker={"color": color, "symbol": symbol, "size": 10},
        line={"color": color, "width": 1, "dash": _dash(trace)},
        error_y=bars(values, sides, sides, style),
        customdata=[[p.draws] for p in points],
        hovertext=_hover(quantity, points),
        hovertemplate=(
            f"{trace.label}<br>%{{hovertext}}<br>N<sub>D</sub> = %{{x}}<br>"
            "%{customdata[0]} draws<extra></extra>"
        ),
    )


def _hover(quantity: str, points: Sequence[CurvePoint]) -> list[str]:
    """The value with its error, and that of the test set where it is larger; below epsilon its two
    parts."""
    values = [getattr(p, quantity) for p in points]
    lines = hover_values(SYMBOLS[quantity], values, [getattr(p, f"{quantity}_sem") for p in points])
    lines = [
        f"{line}<br>± {getattr(p, f'{quantity}_test_error'):.2g} by the choice of the test set"
        if exceeds_draws(p, quantity)
        else line
        for line, p in zip(lines, points, strict=True)
    ]
    if quantity != "epsilon":
        return lines
    return [
        f"{line}<br>population: {format_value(p.epsilon_population, None)}<br>"
        f"floor: {format_value(p.epsilon_floor, None)}"
        for line, p in zip(lines, points, strict=True)
    ]


def _dash(trace: Trace) -> str:
    return "longdash" if trace.hollow else "solid"


def _fit_in_words(quantity: str, trace: Trace) -> tuple[str, bool]:
    """The fit for the legend, and whether its line goes along the points."""
    found = trace.verdict
    if found is None:
        return "", False
    own = legend_words.of_own_part(found.trend(POPULATION)) if quantity == "epsilon" else ""
    own = "" if trace.hollow else own
    if trace.laws is not None and trace.instead:
        shown = trace.laws[quantity]
        return _joined(legend_words.of_law(shown), own), shown.law is not None
    trend = found.trend(quantity)
    assert trend is not None
    fit = getattr(trace.fits, quantity)
    has_line = trend.law is not None or (isinstance(fit, PowerLawFit) and fit.valid)
    return _joined(legend_words.of_trend(trend), own), has_line


def _joined(*words: str) -> str:
    return "<br>".join(filter(None, words))


def _named(trace: Trace, fit: str) -> str:
    """The legend's entry; a long name has a line of its own."""
    if not fit:
        return trace.label
    return f"{trace.label}:{'<br>' if len(trace.label) > _SHORT else ' '}{fit}"


def _further(trace: Trace) -> int:
    """Lines that the entry may need beside the first, known before any fit: nothing moves then."""
    return (not trace.hollow) + (len(trace.label) > _SHORT)


def _add_fit(canvas: Canvas, quantity: str, trace: Trace, color: str) -> None:
    """The line that the sentences tell of: a power law, a plateau, or the best law of several."""
    trend = None if trace.verdict is None else trace.verdict.trend(quantity)
    if trend is not None and trend.law is not None:
        add_law(canvas, trend.law, trace.label, color, _dash(trace))
        return
    fit = getattr(trace.fits, quantity) if trace.fits is not None else None
    if fit is None or not fit.valid or fit.window is None:
        return
    if isinstance(fit, PowerLawFit):
        x = np.geomspace(fit.window[0], fit.window[1], 50)
        y = fit.predict(x)
    else:
        x, y = np.array(fit.window), np.full(2, fit.plateau)
    canvas.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": color, "width": 2.5, "dash": _dash(trace)},
        legendgroup=trace.label,
        showlegend=False,
        hoverinfo="skip",
    )


def _add_parts(canvas: Canvas, quantity: str, trace: Trace, color: str, style: Style) -> None:
    points = trace.curve.points
    for name, words, dash in shown_parts(quantity, style):
        canvas.add_scatter(
            x=[p.n_train for p in points],
            y=[getattr(p, name) for p in points],
            mode="lines",
            line={"color": color, "dash": dash, "width": 2},
            legendgroup=trace.label,
            showlegend=False,
            hovertemplate=f"{trace.label}, {words}<br>N_D = %{{x}}<br>%{{y:.4g}}<extra></extra>",
        )


def _lay_out(
    canvas: Canvas,
    quantity: str,
    traces: Sequence[Trace],
    loss_unit: str,
    style: Style,
    revision: str,
    target: float | None,
    baseline: Sequence[tuple[str, Curve]],
    further: int,
    ratios: Sequence[float],
) -> None:
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    y_axis = value_axis(quantity, loss_unit, style)
    # The grid is known before its points: the axis stands still while they come.
    curves = [*(trace.curve for trace in traces), *(curve for _, curve in baseline)]
    sizes = [float(n) for curve in curves for n in curve.spec.sizes]
    set_range(x_axis, sizes if target is None else [*sizes, target], across=True)
    upper = [trace for trace in canvas.data if trace.get("yaxis") != "y2"]
    hold(y_axis, plotted(upper), style)
    axes, height = {"xaxis": x_axis, "yaxis": y_axis}, HIGH
    if ratios:
        height = _WITH_RATIOS
        canvas.add_hline(1, line={"color": style.grey, "width": 1.5, "dash": "dash"}, row=2)
        axes = ratio_below(x_axis, y_axis, ratios, style, _SHARES[1] * height)
    canvas.update_layout(
        # As many rows of legend in every figure: side by side, their axes then line up.
        {
            **style.layout(TITLES[quantity], revision),
            **legend_below(len(traces) + 2 + further, int(height), sum(map(_further, traces))),
        },
        **axes,
    )
