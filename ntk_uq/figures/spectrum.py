"""The spectrum of the kernels on a sample, and how much of the target lies along it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.style import DECADES, TITLE_HEIGHT, Style, set_range
from ntk_uq.results.spectrum import Decay, KernelSpectrum, Spectrum

_HEIGHT = 330


def eigenvalue_figure(spectrum: Spectrum, style: Style) -> go.Figure:
    """Eigenvalues of both kernels against their rank, with the fitted decay."""
    canvas = Canvas()
    for index, (name, kernel) in enumerate((("NTK", spectrum.ntk), ("NNGP", spectrum.nngp))):
        values = np.array(kernel.eigenvalues)
        sure = values > kernel.rounding
        ranks = np.arange(1, len(values) + 1)
        canvas.add_scatter(
            x=ranks[sure],
            y=values[sure],
            mode="lines+markers",
            name=f"{name}: {power_of(kernel.decay) or 'no power law'}",
            legendgroup=name,
            line={"color": style.color(index), "width": 1},
            marker={"color": style.color(index), "size": 4},
            hovertemplate=f"{name}, rank %{{x}}: %{{y:.4g}}<extra></extra>",
        )
        add_decay(canvas, kernel, name, style.ink)
    y_axis = {**style.axis("eigenvalue of kernel / n", "log"), **DECADES}
    return _lay_out(canvas, f"Kernel spectrum on {spectrum.n} examples", y_axis, spectrum.n, style)


def power_of(decay: Decay) -> str:
    """A decay as a power of the rank; empty where it is none that may be quoted."""
    if not decay.valid or decay.exponent is None:
        return ""
    return f"~ k<sup>−{decay.exponent:.2f}</sup>"


def add_decay(canvas: Canvas, kernel: KernelSpectrum, label: str, color: str) -> None:
    """The fitted decay of eigenvalues over them, dashed; it comes and goes with ``label``."""
    decay = kernel.decay
    if not decay.valid or decay.exponent is None or decay.low is None or decay.high is None:
        return
    ranks = np.geomspace(decay.low, decay.high, 20)
    middle = round((decay.low * decay.high) ** 0.5)
    canvas.add_scatter(
        x=ranks,
        y=kernel.eigenvalues[middle - 1] * (ranks / middle) ** -decay.exponent,
        mode="lines",
        line={"color": color, "width": 1.5, "dash": "dash"},
        legendgroup=label,
        showlegend=False,
        hoverinfo="skip",
    )


def power_figure(spectrum: Spectrum, style: Style) -> go.Figure:
    """How much of the target lies beyond the first k eigenvectors of the NTK."""
    canvas = Canvas()
    rest = 1 - np.array(spectrum.power)
    ranks = np.arange(1, len(rest) + 1)
    shown = rest > 1e-12
    canvas.add_scatter(
        x=ranks[shown],
        y=rest[shown],
        mode="lines",
        line={"color": style.color(0), "width": 2.5},
        hovertemplate="beyond rank %{x}: %{y:.4g} of the target<extra></extra>",
    )
    values = style.axis("share of |Y|² beyond rank k", "log")
    if shown.any():
        set_range(values, [float(v) for v in rest[shown]])
    return _lay_out(canvas, "Target beyond the first k eigenvectors", values, spectrum.n, style)


def _lay_out(canvas: Canvas, title: str, y_axis: dict[str, Any], n: int, style: Style) -> go.Figure:
    x_axis = style.axis("rank k", "log")
    ranks: Sequence[float] = (1, n)
    set_range(x_axis, ranks, across=True)
    canvas.update_layout(
        style.layout(title),
        height=TITLE_HEIGHT + _HEIGHT + 60,
        margin={"l": 78, "r": 12, "t": TITLE_HEIGHT, "b": 60},
        xaxis=x_axis,
        yaxis=y_axis,
        legend={"bgcolor": "rgba(0,0,0,0)", "font": {"size": 14}, "x": 0.02, "y": 0.02},
    )
    return canvas.figure()
