"""One ensemble in detail: its networks' losses one by one, and along the training."""

import plotly.graph_objects as go

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.figures.descent import descent_figure
from ntk_uq.figures.distribution import Distribution, distribution, distribution_figure
from ntk_uq.figures.style import Style, add_note
from ntk_uq.results.descent import Descent
from ntk_uq.results.ensembles.statistics import final_losses


def sound_losses(comparison: Comparison, width: int, n_train: int) -> list[float]:
    """The final test losses of the networks of one ensemble that did not diverge."""
    members = comparison.ensembles.members.get((width, n_train), ())
    losses: list[float] = final_losses(members).tolist()
    return losses


def losses_figure(
    comparison: Comparison,
    width: int,
    n_train: int,
    descent: Descent | None,
    loss_unit: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """How the losses of one ensemble's networks are distributed, beside infinite width."""
    figure = distribution_figure(
        *_distributed(comparison, width, n_train, descent),
        loss_unit,
        style,
        revision,
        comparison.ensembles.spec.widths,
    )
    add_note(figure, comparison.departure, style)
    return figure


def losses_distribution(
    comparison: Comparison, width: int, n_train: int, descent: Descent | None
) -> Distribution:
    """The bars and the density of :func:`losses_figure`."""
    return distribution(*_distributed(comparison, width, n_train, descent))


def _distributed(
    comparison: Comparison, width: int, n_train: int, descent: Descent | None
) -> tuple[dict[int, list[float]], float | None, float | None, float | None]:
    """The networks' losses, and mu, sigma and skewness of infinite width, as far as known."""
    infinite = comparison.infinite(n_train)
    return (
        {width: sound_losses(comparison, width, n_train)},
        None if infinite is None else infinite.mu,
        None if infinite is None else infinite.sigma,
        None if descent is None else descent.steps[-1].skewness,
    )


def losses_along_figure(
    comparison: Comparison,
    n_train: int,
    descent: Descent | None,
    loss_unit: str,
    style: Style,
    revision: str = "",
) -> go.Figure:
    """The losses of all widths along the training at one N_D, beside infinite width."""
    found = {
        p.width: p.trajectory
        for p in comparison.ensembles.points
        if p.n_train == n_train and p.trajectory is not None
    }
    widths = comparison.ensembles.spec.widths
    figure = descent_figure(descent, found, loss_unit, style, revision, widths)
    add_note(figure, comparison.departure, style)
    return figure
