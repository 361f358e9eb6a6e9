"""Losses against training time, with their limits, optima and finite networks."""

from collections.abc import Collection, Sequence
from typing import Any

import plotly.graph_objects as go

from ntk_uq.analysis.training_time import Networks, Track
from ntk_uq.base.counting import counted
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import add_error_band, add_grey, hover_values, intervals
from ntk_uq.figures.quantities import shown_parts
from ntk_uq.figures.style import Style, marker, set_range
from ntk_uq.figures.ticks import power
from ntk_uq.figures.time_axes import lay_out
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.points import SYMBOLS
from ntk_uq.results.training_time import Best, MeanTimeSeries

_BEYOND = 0.1
"""How far beyond the range the limit of endless training stands, as a share of its decades."""
_OPTIMA = (("mu", "star", "smallest μ"), ("epsilon", "diamond-tall", "smallest ε"))


def time_figure(
    quantity: str,
    tracks: Sequence[Track],
    times: tuple[float, float],
    networks: Networks | None,
    loss_unit: str,
    style: Style,
    training: bool = False,
    revision: str = "",
) -> go.Figure:
    """A quantity against training time, a colour a curve, with its limit and its optima.

    The limit of endless training stands at the right edge, behind a dotted line. Bands are one
    standard error over draws to each side.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        tracks: the curves, complete or growing.
        times: the range of tau.
        networks: finite networks over them, or None.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        training: whether the training loss is drawn, too.
        revision: of the view, as in :meth:`Style.layout`.
    """
    canvas, marked, limits = Canvas(), set[str](), False
    low, high = times
    edge = high * (high / low) ** _BEYOND
    for index, track in enumerate(tracks):
        color = style.color(index)
        if track.line is None:
            continue
        _add_line(canvas, quantity, track, track.line, color, style)
        for name, words, dash in shown_parts(quantity, style):
            _add_plain(canvas, track, track.line, name, words, dash, color)
        if quantity == "mu" and training:
            _add_plain(canvas, track, track.line, "train_mu", _TRAINING, "longdashdot", color)
        limits |= _add_limit(canvas, quantity, track, track.line, edge, index, style)
        for criterion, symbol, words in _OPTIMA:
            best = track.line.best(criterion)
            if best.tau is not None:
                marked.add(criterion)
                _add_optimum(canvas, quantity, track, best, symbol, words, color, style)
    if networks is not None:
        _add_networks(canvas, quantity, networks, low, len(tracks), style)
    _add_legend(canvas, quantity, style, training, limits, marked)
    canvas.add_vline(x=(high * edge) ** 0.5, line={"color": style.grey, "dash": "dot", "width": 1})
    x_axis = style.axis("training time τ = t λ<sub>max</sub>", "log")
    set_range(x_axis, [low, edge], across=True)
    _mark_end(x_axis, low, edge)
    # Rows of legend for all that may come, as many in each figure: side by side axes line up, and
    # stand still.
    rows = len(tracks) + 5 + training + (0 if networks is None else 1 + len(networks.widths))
    lay_out(canvas, quantity, x_axis, rows, loss_unit, style, revision)
    return canvas.figure()


_TRAINING, _ENDLESS = "training loss", "endless training"


def _known(line: MeanTimeSeries, name: str) -> tuple[list[float], list[Estimate]]:
    pairs = [(t, e) for t, e in zip(line.times, line.along(name), strict=True) if e is not None]
    return [t for t, _ in pairs], [e for _, e in pairs]


def _add_line(
    canvas: Canvas, quantity: str, track: Track, line: MeanTimeSeries, color: str, style: Style
) -> None:
    times, found = _known(line, quantity)
    values = [e.value for e in found]
    errors = [e.error or 0.0 for e in found]
    if any(errors):
        add_error_band(canvas, times, values, errors, track.label, color, style)
    canvas.add_scatter(
        x=times,
        y=values,
        mode="lines",
        name=track.label,
        legendgroup=track.label,
        line={"color": color, "width": 2.5},
        customdata=[[len(line.curves)]] * len(times),
        hovertext=hover_values(SYMBOLS[quantity], values, errors),
        hovertemplate=(
            f"{track.label}<br>%{{hovertext}}<br>τ = %{{x:.4g}}<br>"
            "%{customdata[0]} draws<extra></extra>"
        ),
    )


def _add_plain(
    canvas: Canvas, track: Track, line: MeanTimeSeries, name: str, words: str, dash: str, color: str
) -> None:
    times, found = _known(line, name)
    canvas.add_scatter(
        x=times,
        y=[e.value for e in found],
        mode="lines",
        legendgroup=track.label,
        showlegend=False,
        line={"color": color, "dash": dash, "width": 1.5},
        hovertemplate=f"{track.label}, {words}<br>τ = %{{x:.4g}}<br>%{{y:.4g}}<extra></extra>",
    )


def _add_limit(
    canvas: Canvas,
    quantity: str,
    track: Track,
    line: MeanTimeSeries,
    edge: float,
    index: int,
    style: Style,
) -> bool:
    """Whether there is a limit to be drawn."""
    limit = line.converged(quantity)
    if limit is None:
        return False
    canvas.add_scatter(
        x=[edge],
        y=[limit.value],
        mode="markers",
        legendgroup=track.label,
        showlegend=False,
        marker={"color": style.color(index), "symbol": f"{marker(index)}-open", "size": 9},
        error_y=intervals([limit], style),
        hovertext=hover_values(SYMBOLS[quantity], [limit.value], [limit.error]),
        hovertemplate=f"{track.label}<br>%{{hovertext}}<br>{_ENDLESS}<extra></extra>",
    )
    return True


def _add_optimum(
    canvas: Canvas,
    quantity: str,
    track: Track,
    best: Best,
    symbol: str,
    words: str,
    color: str,
    style: Style,
) -> None:
    value: Estimate | None = getattr(best, quantity)
    if best.tau is None or value is None:
        return
    canvas.add_scatter(
        x=[best.tau.value],
        y=[value.value],
        mode="markers",
        legendgroup=track.label,
        showlegend=False,
        marker={
            "color": color,
            "symbol": symbol,
            "size": 15,
            "line": {"color": style.ink, "width": 1.2},
        },
        hovertemplate=(
            f"{track.label}: {words}<br>%{{hovertext}}<br>τ = %{{x:.4g}}<br>means over draws of "
            "each draw's optimum<extra></extra>"
        ),
        hovertext=hover_values(SYMBOLS[quantity], [value.value], [value.error]),
    )


def _add_networks(
    canvas: Canvas, quantity: str, networks: Networks, low: float, n_curves: int, style: Style
) -> None:
    """The exact theory of their training as a line in ink, an ensemble as points."""
    if networks.descent is not None:
        steps = [s for s in networks.descent.steps if networks.eta * s.step >= low]
        canvas.add_scatter(
            x=[networks.eta * s.step for s in steps],
            y=[getattr(s, quantity) for s in steps],
            mode="lines",
            name="infinite width, descent, draw 0",
            line={"color": style.ink, "dash": "dot", "width": 2},
            customdata=[[s.step] for s in steps],
            hovertemplate=(
                f"infinite width, gradient descent, η = {networks.eta:g}, draw 0"
                f"<br>{SYMBOLS[quantity]} = %{{y:.4g}}<br>k = %{{customdata[0]}}<br>"
                "τ = ηk = %{x:.4g}<extra></extra>"
            ),
        )
    for place, width in enumerate(networks.widths):
        found = next((e for e in networks.ensembles if e.width == width), None)
        if found is None:
            continue
        rows = [
            (step, estimate)
            for step, estimate in zip(found.steps, getattr(found, quantity), strict=True)
            if estimate is not None and networks.eta * step >= low
        ]
        color = style.color(n_curves + place)
        canvas.add_scatter(
            x=[networks.eta * step for step, _ in rows],
            y=[estimate.value for _, estimate in rows],
            mode="markers",
            name=f"width {width:,}, {counted(found.members, 'network')}",
            marker={"color": color, "symbol": marker(n_curves + place), "size": 8},
            error_y=intervals([estimate for _, estimate in rows], style),
            customdata=[[step] for step, _ in rows],
            hovertemplate=(
                f"width {width}<br>%{{hovertext}}<br>k = %{{customdata[0]}}<br>τ = ηk = %{{x:.4g}}"
                "<extra></extra>"
            ),
            hovertext=hover_values(
                SYMBOLS[quantity], [e.value for _, e in rows], [e.error for _, e in rows]
            ),
        )


def _add_legend(
    canvas: Canvas,
    quantity: str,
    style: Style,
    training: bool,
    limits: bool,
    marked: Collection[str],
) -> None:
    for _, words, dash in shown_parts(quantity, style):
        add_grey(canvas, words, style, dash=dash)
    if quantity == "mu" and training:
        add_grey(canvas, f"{_TRAINING}, may leave below", style, dash="longdashdot")
    if limits:
        add_grey(canvas, f"{_ENDLESS}, at ∞", style, symbol="circle-open")
    for criterion, symbol, words in _OPTIMA:
        if criterion not in marked:
            continue
        add_grey(canvas, f"{words} along the training", style, symbol=symbol)


def _mark_end(x_axis: dict[str, Any], low: float, edge: float) -> None:
    """A few whole powers of ten, as far as they leave room for the limit at the right edge."""
    room = edge / (edge / low) ** 0.15
    powers = [k for k in range(-15, 16) if low * 0.999 <= 10.0**k <= room]
    powers = powers[:: 1 + len(powers) // 4]
    x_axis |= {
        "tickangle": 0,
        "tickvals": [*(10.0**k for k in powers), edge],
        "ticktext": [*map(power, powers), "∞"],
    }
