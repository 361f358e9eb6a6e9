"""Scaling curves with their fits and parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ntk_uq.curves import Curve, Fits
from ntk_uq.figures.style import Style, legend_below, marker, plotted, set_range, with_unit
from ntk_uq.scaling import PlateauFit, PowerLawFit, format_value

TITLES = {
    "mu": "Mean test loss μ",
    "sigma": "Spread over initializations σ",
    "epsilon": "Relative spread ε = σ / μ",
}


@dataclass(frozen=True)
class Trace:
    """A curve with its fits and its label."""

    label: str
    curve: Curve
    fits: Fits | None


def scaling_figure(
    quantity: str, traces: Sequence[Trace], loss_unit: str, style: Style, revision: str = ""
) -> go.Figure:
    """A quantity against N_D, one colour a curve, with its fit and its parts.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        traces: the curves, complete or growing.
        loss_unit: unit of the loss; epsilon has none.
        style: how it looks.
        revision: changes when the view does: zoom and hidden traces survive until then.
    """
    figure = go.Figure()
    for index, trace in enumerate(traces):
        color = style.color(index)
        if not trace.curve.points:
            continue
        _add_fit(figure, quantity, trace, color)
        _add_parts(figure, quantity, trace, color, style)
        _add_points(figure, quantity, trace, color, marker(index), style)
    _add_part_legend(figure, quantity, style)
    symbol = {"mu": "μ = E[L]", "sigma": "σ = std[L]", "epsilon": "ε"}[quantity]
    y_title = with_unit(symbol, "" if quantity == "epsilon" else loss_unit)
    _lay_out(figure, traces, TITLES[quantity], y_title, style, revision)
    return figure


def _add_points(
    figure: go.Figure, quantity: str, trace: Trace, color: str, symbol: str, style: Style
) -> None:
    points = trace.curve.points
    values = [getattr(p, quantity) for p in points]
    errors = [getattr(p, f"{quantity}_sem") for p in points]
    up = [e or 0.0 for e in errors]
    down = style.downwards(values, up)
    fit = getattr(trace.fits, quantity) if trace.fits is not None else None
    figure.add_scatter(
        x=[p.n_train for p in points],
        y=values,
        mode="markers" if isinstance(fit, PowerLawFit) and fit.valid else "lines+markers",
        name=trace.label if fit is None else f"{trace.label}: {_short(fit)}",
        legendgroup=trace.label,
        marker={"color": color, "symbol": symbol, "size": 10},
        line={"color": color, "width": 1},
        error_y={"type": "data", "array": up, "arrayminus": down, "visible": any(up), "width": 4},
        customdata=[[p.draws] for p in points],
        hovertemplate=(
            f"{trace.label}<br>N_D = %{{x}}, %{{customdata[0]}} draws<br>%{{y:.4g}}<extra></extra>"
        ),
    )


def _short(fit: PowerLawFit | PlateauFit) -> str:
    """A fit in the few words that a legend has room for; the table has the whole sentence."""
    if isinstance(fit, PlateauFit):
        if fit.valid:
            return f"plateau {format_value(fit.plateau, fit.plateau_error)}"
        if fit.slope is None:
            return "no plateau"
        return f"no plateau, ~ N<sub>D</sub><sup>{fit.slope:+.2f}</sup>".replace("-", "−")
    if fit.valid:
        return fit.describe()
    bends = any(flag.name == "bending" for flag in fit.flags)
    if bends and fit.alpha_first is not None and fit.alpha_last is not None:
        return f"bends, α {fit.alpha_first:.2f} → {fit.alpha_last:.2f}"
    return "no power law"


def _add_fit(figure: go.Figure, quantity: str, trace: Trace, color: str) -> None:
    fit = getattr(trace.fits, quantity) if trace.fits is not None else None
    if fit is None or not fit.valid or fit.window is None:
        return
    if isinstance(fit, PowerLawFit):
        x = np.geomspace(fit.window[0], fit.window[1], 50)
        y = fit.predict(x)
    else:
        x, y = np.array(fit.window), np.full(2, fit.plateau)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": color, "width": 2.5},
        legendgroup=trace.label,
        showlegend=False,
        hoverinfo="skip",
    )


_PARTS = {
    "mu": (("mu_bias", "bias part", "dash"), ("mu_variance", "variance part", "dot")),
    "sigma": (),
    "epsilon": (
        ("epsilon_population", "population part", "dash"),
        ("epsilon_floor", "floor of the test set", "dot"),
    ),
}


def shown_parts(quantity: str, style: Style) -> tuple[tuple[str, str, str], ...]:
    """Parts of a quantity that are drawn: field, words, dash of the line."""
    # The parts of epsilon are always there: a plateau may be the test set's, not the network's.
    return _PARTS[quantity] if style.parts or quantity == "epsilon" else ()


def _add_parts(figure: go.Figure, quantity: str, trace: Trace, color: str, style: Style) -> None:
    points = trace.curve.points
    for name, words, dash in shown_parts(quantity, style):
        figure.add_scatter(
            x=[p.n_train for p in points],
            y=[getattr(p, name) for p in points],
            mode="lines",
            line={"color": color, "dash": dash, "width": 2},
            legendgroup=trace.label,
            showlegend=False,
            hovertemplate=f"{trace.label}, {words}<br>N_D = %{{x}}<br>%{{y:.4g}}<extra></extra>",
        )


def _add_part_legend(figure: go.Figure, quantity: str, style: Style) -> None:
    for _, words, dash in shown_parts(quantity, style):
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=words,
            line={"color": style.grey, "dash": dash, "width": 2},
            hoverinfo="skip",
        )


def _lay_out(
    figure: go.Figure,
    traces: Sequence[Trace],
    title: str,
    y_title: str,
    style: Style,
    revision: str,
) -> None:
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    y_axis = style.axis(y_title, "linear" if style.linear else "log")
    # The grid is known before its points: the axis stands still while they come.
    set_range(x_axis, [n for trace in traces for n in trace.curve.spec.n_train], across=True)
    values = plotted(figure)
    if not values:
        y_axis["showticklabels"] = False
    elif not style.linear:
        set_range(y_axis, values)
    figure.update_layout(
        # As many rows of legend in every figure: side by side, their axes then line up.
        {**style.layout(title, revision), **legend_below(len(traces) + 2, narrow=True)},
        xaxis=x_axis,
        yaxis=y_axis,
    )
