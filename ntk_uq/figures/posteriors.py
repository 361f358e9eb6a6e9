"""Trained over Bayesian networks against N_D."""

from collections.abc import Sequence

import plotly.graph_objects as go

from ntk_uq.analysis.posteriors import PosteriorPair
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import hover_values
from ntk_uq.figures.style import Style, legend_below, marker, set_range
from ntk_uq.results.points import SYMBOLS


def ratio_figure(
    quantity: str,
    pairs: Sequence[tuple[str, PosteriorPair]],
    style: Style,
    revision: str = "",
    window: tuple[float | None, float | None] = (None, None),
) -> go.Figure:
    """The ratio trained / Bayesian of a quantity, one colour a curve.

    Args:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        pairs: labels and both posteriors' curves.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
        window: of the fits whose exponents are compared.
    """
    canvas, held = Canvas(), [1.0]
    for index, (label, pair) in enumerate(pairs):
        ratios = pair.ratios(quantity)
        whole = pair.trained.complete and pair.bayes.complete
        told = f": {_difference(pair, quantity, window)}" if whole and quantity != "epsilon" else ""
        errors = [ratio.error or 0.0 for ratio in ratios]
        values = [ratio.value for ratio in ratios]
        canvas.add_scatter(
            x=[ratio.n_train for ratio in ratios],
            y=values,
            name=f"{label}{told}",
            showlegend=True,
            mode="lines+markers",
            marker={"color": style.color(index), "symbol": marker(index), "size": 9},
            line={"color": style.color(index), "width": 2},
            error_y={
                **{"type": "data", "array": errors, "visible": any(errors), "width": 4},
            },
            hovertext=hover_values(f"trained / Bayesian {SYMBOLS[quantity]}", values, errors),
            hovertemplate=(f"{label}<br>%{{hovertext}}<br>N<sub>D</sub> = %{{x}}<extra></extra>"),
        )
        held += [v + e for v, e in zip(values, errors, strict=True)]
        held += [v - e for v, e in zip(values, errors, strict=True) if v > e]
    canvas.add_hline(1, line={"color": style.grey, "width": 1.5, "dash": "dash"})
    sizes = sorted({n for _, pair in pairs for n in pair.trained.spec.sizes})
    x_axis = style.axis("training examples N<sub>D</sub>", "log")
    set_range(x_axis, sizes, across=True)
    # Linear always: ratios differ too little for labels on a logarithmic axis.
    y_axis = style.axis("trained / Bayesian")
    room = 0.05 * (max(held) - min(held)) or 0.05
    y_axis["range"] = [min(held) - room, max(held) + room]
    canvas.update_layout(
        style.layout(f"Trained over Bayesian {SYMBOLS[quantity]}", revision),
        **legend_below(len(pairs), 240),
        xaxis=x_axis,
        yaxis=y_axis,
    )
    return canvas.figure()


def _difference(
    pair: PosteriorPair, quantity: str, window: tuple[float | None, float | None]
) -> str:
    found = pair.exponents(quantity, *window)
    return found.describe() if found.valid else "no common law"
