"""Trained over Bayesian networks against N_D."""

from collections.abc import Sequence

import plotly.graph_objects as go

from ntk_uq.analysis.posteriors import PosteriorPair
from ntk_uq.figures.ratios import RatioTrace, ratio_plot
from ntk_uq.figures.style import Style
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
    traces = []
    for index, (label, pair) in enumerate(pairs):
        ratios = pair.ratios(quantity)
        whole = pair.trained.complete and pair.bayes.complete
        told = f": {_difference(pair, quantity, window)}" if whole and quantity != "epsilon" else ""
        traces.append(
            RatioTrace(
                label,
                told,
                index,
                [ratio.n_train for ratio in ratios],
                [ratio.value for ratio in ratios],
                [ratio.error or 0.0 for ratio in ratios],
            )
        )
    symbol = SYMBOLS[quantity]
    return ratio_plot(
        f"Trained over Bayesian {symbol}",
        f"trained / Bayesian {symbol}",
        "trained / Bayesian",
        traces,
        [n for _, pair in pairs for n in pair.trained.spec.sizes],
        style,
        revision,
    )


def _difference(
    pair: PosteriorPair, quantity: str, window: tuple[float | None, float | None]
) -> str:
    found = pair.exponents(quantity, *window)
    return found.describe() if found.valid else "no common law"
