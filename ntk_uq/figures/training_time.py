"""Losses against training time, with their optima and finite networks; and optima against noise
or jitter."""

import math
from collections.abc import Collection, Sequence
from typing import Any

import plotly.graph_objects as go

from ntk_uq.ensembles.records import Estimate
from ntk_uq.figures.scaling import TITLES
from ntk_uq.figures.style import Style, legend_below, marker, plotted, set_range, with_unit
from ntk_uq.flows import Best, FlowLine
from ntk_uq.time_laws import Networks, Sweep, Track

_SYMBOLS = {"mu": "μ = E[L]", "sigma": "σ = std[L]", "epsilon": "ε"}
_PARTS = {
    "mu": (("mu_bias", "bias part", "dash"), ("mu_variance", "variance part", "dot")),
    "sigma": (),
    "epsilon": (
        ("epsilon_population", "population part", "dash"),
        ("epsilon_floor", "floor of the test set", "dot"),
    ),
}
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
        revision: changes when the view does: zoom and hidden traces survive until then.
    """
    figure, marked = go.Figure(), set[str]()
    low, high = times
    edge = high * (high / low) ** _BEYOND
    for index, track in enumerate(tracks):
        color = style.color(index)
        if track.line is None:
            continue
        _add_line(figure, quantity, track, track.line, color, style)
        for name, words, dash in _shown_parts(quantity, style):
            _add_plain(figure, track, track.line, name, words, dash, color)
        if quantity == "mu" and training:
            _add_plain(figure, track, track.line, "train_mu", _TRAINING, "longdashdot", color)
        _add_limit(figure, quantity, track, track.line, edge, index, style)
        for criterion, symbol, words in _OPTIMA:
            best = track.line.best(criterion)
            if best.tau is not None:
                marked.add(criterion)
                _add_optimum(figure, quantity, track, best, symbol, words, color, style)
    if networks is not None:
        _add_networks(figure, quantity, networks, low, len(tracks), style)
    _add_legend(figure, quantity, style, training, marked)
    figure.add_vline(x=(high * edge) ** 0.5, line={"color": style.grey, "dash": "dot", "width": 1})
    x_axis = style.axis("training time τ = t λ<sub>max</sub>", "log")
    set_range(x_axis, [low, edge])
    _mark_end(x_axis, low, edge)
    _lay_out(figure, quantity, x_axis, len(tracks), loss_unit, style, revision)
    return figure


def sweep_figure(
    quantity: str,
    sweeps: Sequence[Sweep],
    against: str,
    values: Sequence[float],
    loss_unit: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """A quantity against label noise or jitter: stopped where mu is smallest, and after endless
    training.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        sweeps: the curves, complete or growing.
        against: ``noise`` or ``jitter``.
        values: what the axis has to hold.
        loss_unit, style, revision: as in :func:`time_figure`.
    """
    figure = go.Figure()
    above = [value for value in values if value > 0]
    first = min(above, default=1.0)
    # A logarithmic axis has no zero of its own: it stands at the left edge.
    place = {0.0: first / 4} if against == "jitter" else {}
    for index, sweep in enumerate(sweeps):
        color = style.color(index)
        for stopped, dash, opened in ((True, "solid", ""), (False, "dash", "-open")):
            found = [
                (value, line.stopped[quantity] if stopped else line.converged(quantity))
                for value, line in sweep.entries
            ]
            known = [(value, estimate) for value, estimate in found if estimate is not None]
            words = "stopped where μ is smallest" if stopped else "after endless training"
            name = "noise" if against == "noise" else "jitter"
            figure.add_scatter(
                x=[place.get(value, value) for value, _ in known],
                y=[estimate.value for _, estimate in known],
                mode="lines+markers",
                name=sweep.label,
                legendgroup=sweep.label,
                showlegend=stopped,
                line={"color": color, "dash": dash, "width": 2},
                marker={"color": color, "symbol": f"{marker(index)}{opened}", "size": 9},
                error_y=_bars([estimate for _, estimate in known], style),
                customdata=[[value] for value, _ in known],
                hovertemplate=(
                    f"{sweep.label}, {words}<br>{name} %{{customdata[0]:g}}<br>%{{y:.4g}}"
                    "<extra></extra>"
                ),
            )
    for words, dash in (("stopped where μ is smallest", "solid"), ("endless training", "dash")):
        _add_grey(figure, words, style, dash=dash)
    if against == "noise":
        x_axis = style.axis("label noise [rms of targets]")
    else:
        x_axis = style.axis("jitter [mean diagonal]", "log")
        shown = [place.get(value, value) for value in values]
        set_range(x_axis, [min(shown), 1.001 * max(shown)])
        x_axis |= {"tickvals": shown, "ticktext": [_short(v) for v in values], "tickangle": 0}
        x_axis.pop("dtick", None)
    _lay_out(figure, quantity, x_axis, len(sweeps), loss_unit, style, revision)
    return figure


_TRAINING = "training loss"
_LOWEST = 1e-2
"""What the value axis holds at least, as a share of the smallest value of the curves themselves."""


def _shown_parts(quantity: str, style: Style) -> tuple[tuple[str, str, str], ...]:
    # As in the scaling curves, the parts of epsilon are always there.
    return _PARTS[quantity] if style.parts or quantity == "epsilon" else ()


def _known(line: FlowLine, name: str) -> tuple[list[float], list[Estimate]]:
    pairs = [(t, e) for t, e in zip(line.times, line.along(name), strict=True) if e is not None]
    return [t for t, _ in pairs], [e for _, e in pairs]


def _add_line(
    figure: go.Figure, quantity: str, track: Track, line: FlowLine, color: str, style: Style
) -> None:
    times, found = _known(line, quantity)
    values = [e.value for e in found]
    errors = [e.error or 0.0 for e in found]
    if any(errors):
        down = style.downwards(values, errors)
        upper = [v + e for v, e in zip(values, errors, strict=True)]
        lower = [v - d for v, d in zip(values, down, strict=True)]
        figure.add_scatter(
            x=[*times, *times[::-1]],
            y=[*upper, *lower[::-1]],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=style.faded(color),
            legendgroup=track.label,
            showlegend=False,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=times,
        y=values,
        mode="lines",
        name=track.label,
        legendgroup=track.label,
        line={"color": color, "width": 2.5},
        customdata=[[e, len(line.curves)] for e in errors],
        hovertemplate=(
            f"{track.label}<br>τ = %{{x:.4g}}, %{{customdata[1]}} draws<br>%{{y:.4g}} "
            "(s.e. %{customdata[0]:.2g})<extra></extra>"
        ),
    )


def _add_plain(
    figure: go.Figure, track: Track, line: FlowLine, name: str, words: str, dash: str, color: str
) -> None:
    times, found = _known(line, name)
    figure.add_scatter(
        x=times,
        y=[e.value for e in found],
        mode="lines",
        legendgroup=track.label,
        showlegend=False,
        line={"color": color, "dash": dash, "width": 1.5},
        hovertemplate=f"{track.label}, {words}<br>τ = %{{x:.4g}}<br>%{{y:.4g}}<extra></extra>",
    )


def _add_limit(
    figure: go.Figure,
    quantity: str,
    track: Track,
    line: FlowLine,
    edge: float,
    index: int,
    style: Style,
) -> None:
    limit = line.converged(quantity)
    if limit is None:
        return
    figure.add_scatter(
        x=[edge],
        y=[limit.value],
        mode="markers",
        legendgroup=track.label,
        showlegend=False,
        marker={"color": style.color(index), "symbol": f"{marker(index)}-open", "size": 9},
        error_y=_bars([limit], style),
        hovertemplate=f"{track.label}<br>endless training<br>%{{y:.4g}}<extra></extra>",
    )


def _add_optimum(
    figure: go.Figure,
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
    figure.add_scatter(
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
            f"{track.label}: {words}<br>τ = %{{x:.4g}}<br>%{{y:.4g}}<br>means over draws of "
            "each draw's optimum<extra></extra>"
        ),
    )


def _add_networks(
    figure: go.Figure, quantity: str, networks: Networks, low: float, n_curves: int, style: Style
) -> None:
    """The exact theory of their training as a line in ink, an ensemble as points."""
    if networks.descent is not None:
        steps = [s for s in networks.descent.steps if networks.eta * s.step >= low]
        figure.add_scatter(
            x=[networks.eta * s.step for s in steps],
            y=[getattr(s, quantity) for s in steps],
            mode="lines",
            name="infinite width, descent, draw 0",
            line={"color": style.ink, "dash": "dot", "width": 2},
            customdata=[[s.step] for s in steps],
            hovertemplate=(
                f"infinite width, gradient descent, η = {networks.eta:g}, draw 0"
                "<br>k = %{customdata[0]}, τ = ηk = %{x:.4g}<br>%{y:.4g}<extra></extra>"
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
        figure.add_scatter(
            x=[networks.eta * step for step, _ in rows],
            y=[estimate.value for _, estimate in rows],
            mode="markers",
            name=f"width {width:,}, {found.members} networks",
            marker={"color": color, "symbol": marker(n_curves + place), "size": 8},
            error_y=_bars([estimate for _, estimate in rows], style),
            customdata=[[step] for step, _ in rows],
            hovertemplate=(
                f"width {width}<br>k = %{{customdata[0]}}, τ = ηk = %{{x:.4g}}<br>%{{y:.4g}}"
                "<extra></extra>"
            ),
        )


def _bars(found: Sequence[Estimate], style: Style) -> dict[str, Any]:
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


def _add_legend(
    figure: go.Figure, quantity: str, style: Style, training: bool, marked: Collection[str]
) -> None:
    for _, words, dash in _shown_parts(quantity, style):
        _add_grey(figure, words, style, dash=dash)
    if quantity == "mu" and training:
        _add_grey(figure, f"{_TRAINING}, may leave below", style, dash="longdashdot")
    for criterion, symbol, words in _OPTIMA:
        if criterion not in marked:
            continue
        _add_grey(figure, f"{words} along the training", style, symbol=symbol)


def _add_grey(
    figure: go.Figure, words: str, style: Style, dash: str = "solid", symbol: str = ""
) -> None:
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers" if symbol else "lines",
        name=words,
        line={"color": style.grey, "dash": dash, "width": 2},
        marker={"color": style.grey, "symbol": symbol or "circle", "size": 12},
        hoverinfo="skip",
    )


def _mark_end(x_axis: dict[str, Any], low: float, edge: float) -> None:
    """A few whole powers of ten, as far as they leave room for the limit at the right edge."""
    room = edge / (edge / low) ** 0.15
    powers = [k for k in range(-15, 16) if low * 0.999 <= 10.0**k <= room]
    powers = powers[:: 1 + len(powers) // 4]
    x_axis.pop("dtick", None)
    x_axis |= {
        "tickmode": "array",
        "tickangle": 0,
        "tickvals": [*(10.0**k for k in powers), edge],
        "ticktext": [*map(_power, powers), "∞"],
    }


def _power(exponent: int) -> str:
    return f"10<sup>{exponent}</sup>".replace("-", "−")


def _short(value: float) -> str:
    """A jitter for an axis: whole powers of ten below 0.01 as such."""
    exponent = round(math.log10(value)) if value > 0 else 0
    power = value > 0 and exponent < -2 and math.isclose(value, 10.0**exponent)
    return _power(exponent) if power else f"{value:g}"


def _positive(trace: Any) -> list[float]:
    return [v for v in (trace.y if trace.y is not None else ()) if v is not None and v > 0]


def _even(low: float, high: float) -> list[float]:
    """Three to seven round numbers at even distances."""
    span = max(high - low, 1e-3 * high)
    unit = 10.0 ** math.floor(math.log10(span))
    step = next(unit * f for f in (0.2, 0.5, 1.0, 2.0) if span / (unit * f) < 6)
    return [k * step for k in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _lay_out(
    figure: go.Figure,
    quantity: str,
    x_axis: dict[str, Any],
    n_curves: int,
    loss_unit: str,
    style: Style,
    revision: str,
) -> None:
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
    entries = sum(bool(t.name) and t.showlegend is not False for t in figure.data)
    rows = max(entries, n_curves + 4)
    figure.update_layout(
        {**style.layout(TITLES[quantity], revision), **legend_below(rows, narrow=True)},
        xaxis=x_axis,
        yaxis=y_axis,
    )
