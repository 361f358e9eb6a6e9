"""How the test losses of independently initialized networks are distributed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import scipy.stats
from jaxtyping import Float

from ntk_uq.base.counting import counted
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.style import Style, color_index, legend_below

_FEWEST = 10
"""Members below which a histogram says nothing: they are drawn one by one only."""

_MOST_BINS = 200

_REACH = 4.5
"""How many sigma of the predicted density are drawn to each side."""


def predicted_density(
    losses: Float[np.ndarray, "n"], mu: float, sigma: float, skewness: float | None
) -> Float[np.ndarray, "n"]:
    """Density of the infinite-width test loss from its first three moments, in 1 / its unit.

    The gamma distribution, shifted, that has these moments (Pearson's type III), which a quadratic
    form of Gaussians is close to; see docs/theory.md. Without skewness it is the normal
    distribution. With ``k = 4 / skewness^2``:

        L = mu - sigma sqrt(k) + Gamma(k) sigma / sqrt(k)

    Args:
        losses: where, (n,). mu, sigma: mean and standard deviation, sigma above zero.
        skewness: dimensionless; None counts as 0.
    """
    return np.asarray(scipy.stats.pearson3.pdf(losses, skewness or 0.0, loc=mu, scale=sigma))


@dataclass(frozen=True)
class Bars:
    """Bars of one width's losses: their middles and widths, and the density of each."""

    middles: Float[np.ndarray, "b"]
    widths: Float[np.ndarray, "b"]
    density: Float[np.ndarray, "b"]


@dataclass(frozen=True)
class Distribution:
    """What is drawn of a distribution.

    Attributes:
        histograms: of those widths that have enough networks, narrow ones first.
        density: losses, and the predicted density there; None where there is no prediction.
    """

    histograms: Mapping[int, Bars]
    density: tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]] | None


def distribution(
    losses: Mapping[int, Sequence[float]],
    mu: float | None,
    sigma: float | None,
    skewness: float | None,
) -> Distribution:
    """The bars and the density that :func:`distribution_figure` draws; its arguments."""
    density = None if mu is None or not sigma else _curve(mu, sigma, skewness)
    many = {width: some for width, some in sorted(losses.items()) if _has_histogram(some)}
    if not many:
        return Distribution({}, density)
    edges = _edges([np.asarray(some) for some in many.values()])
    return Distribution({w: _histogram(some, edges) for w, some in many.items()}, density)


def _histogram(some: Sequence[float], edges: np.ndarray) -> Bars:
    density, _ = np.histogram(some, edges, density=True)
    held = density > 0  # an empty bar would still draw its outline on the axis
    middles = (edges[1:] + edges[:-1]) / 2
    return Bars(middles[held], np.diff(edges)[held], density[held])


def distribution_figure(
    losses: Mapping[int, Sequence[float]],
    mu: float | None,
    sigma: float | None,
    skewness: float | None,
    loss_unit: str,
    style: Style,
    revision: str = "",
    widths: Sequence[int] = (),
) -> go.Figure:
    """Test losses of trained networks beside what infinite width predicts for them.

    Each width's networks are a histogram (from 10 of them on) and a mark each below the axis; the
    prediction is a density, a line at mu and a band from mu - sigma to mu + sigma.

    Args:
        losses: final test losses of each width's sound networks.
        mu, sigma, skewness: of the infinite-width test loss; mu or sigma None where there is no
            prediction yet, sigma 0 where all networks agree and there is no density.
        loss_unit: unit of the loss.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
        widths: all that the page shows, so that each has its colour in every figure; by default
            those of the losses.
    """
    canvas = Canvas()
    colors = {w: style.color(index) for w, index in color_index(widths or losses).items()}
    drawn = distribution(losses, mu, sigma, skewness)
    density = drawn.density
    peaks = [] if density is None else [float(density[1].max())]
    for width, bars in drawn.histograms.items():
        _add_histogram(canvas, width, len(losses[width]), bars, colors[width], style)
        peaks.append(float(bars.density.max()))
    top = max(peaks, default=1.0)
    for index, (width, some) in enumerate(sorted(losses.items())):
        _add_rug(canvas, width, some, -0.05 * top * (index + 1), colors[width])
    if mu is not None:
        _add_prediction(canvas, mu, sigma, top, density, style)
    _lay_out(canvas, top, len(losses), loss_unit, style, revision)
    return canvas.figure()


def _curve(mu: float, sigma: float, skewness: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Losses, none below zero, and their density; the gamma's own end is left out, where it may
    be infinite."""
    low = max(mu - _REACH * sigma, 0.0)
    if skewness:
        low = max(low, mu - 2 * sigma / skewness)
    high = mu + _REACH * sigma * (1 + (skewness or 0.0) / 2)
    x = low + (high - low) * (np.arange(400) + 0.5) / 400
    return x, predicted_density(x, mu, sigma, skewness)


def _has_histogram(some: Sequence[float]) -> bool:
    return len(some) >= _FEWEST and max(some) > min(some)


def _edges(many: Sequence[np.ndarray]) -> np.ndarray:
    """Bins common to all widths, as fine as the narrowest of their distributions needs."""
    finest = min(float(np.ptp(some)) / len(some) ** 0.5 for some in many)
    everything = np.concatenate(many)
    bins = min(int(np.ceil(np.ptp(everything) / finest)), _MOST_BINS)
    return np.histogram_bin_edges(everything, bins)


def _add_histogram(
    canvas: Canvas, width: int, networks: int, bars: Bars, color: str, style: Style
) -> None:
    canvas.add_bar(
        x=bars.middles,
        y=bars.density,
        width=bars.widths,
        name=f"width {width}: {counted(networks, 'network')}",
        legendgroup=f"width {width}",
        marker={"color": style.faded(color, 0.35), "line": {"color": color, "width": 1}},
        hovertemplate=f"width {width}<br>loss %{{x:.4g}}<br>density %{{y:.4g}}<extra></extra>",
    )


def _add_rug(canvas: Canvas, width: int, some: Sequence[float], y: float, color: str) -> None:
    canvas.add_scatter(
        x=list(some),
        y=[y] * len(some),
        mode="markers",
        name=f"width {width}: {counted(len(some), 'network')}",
        legendgroup=f"width {width}",
        showlegend=not _has_histogram(some),
        marker={"color": color, "symbol": "line-ns-open", "size": 9},
        hovertemplate=f"width {width}<br>loss %{{x:.4g}}<extra></extra>",
    )


def _add_prediction(
    canvas: Canvas,
    mu: float,
    sigma: float | None,
    top: float,
    density: tuple[np.ndarray, np.ndarray] | None,
    style: Style,
) -> None:
    color = style.color(0)
    if density is not None and sigma:
        canvas.add_scatter(
            x=[mu - sigma, mu - sigma, mu + sigma, mu + sigma],
            y=[0, 1.05 * top, 1.05 * top, 0],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=style.faded(color, 0.12),
            name="infinite width: μ ± σ",
            hoverinfo="skip",
        )
        canvas.add_scatter(
            x=density[0],
            y=density[1],
            mode="lines",
            name="infinite width: density from μ, σ and skewness",
            line={"color": color, "width": 2.5},
            hovertemplate="infinite width<br>loss %{x:.4g}<br>density %{y:.4g}<extra></extra>",
        )
    canvas.add_scatter(
        x=[mu, mu],
        y=[0, 1.05 * top],
        mode="lines",
        name=f"infinite width: μ = {mu:.4g}" + (", σ = 0" if sigma == 0 else ""),
        line={"color": color, "width": 2, "dash": "dash"},
        hovertemplate=f"infinite width<br>μ = {mu:.4g}<extra></extra>",
    )


def _lay_out(
    canvas: Canvas, top: float, widths: int, loss_unit: str, style: Style, revision: str
) -> None:
    y_axis = style.axis("probability density  [1 / unit of the loss]")
    y_axis["range"] = [-0.05 * top * (widths + 1), 1.1 * top]
    canvas.update_layout(
        {
            **style.layout("Test loss over initializations", revision),
            **legend_below(canvas.entries),
        },
        xaxis=style.axis(f"test loss L  [{loss_unit}]"),
        yaxis=y_axis,
        barmode="overlay",
    )
