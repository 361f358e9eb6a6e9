"""A curve's law in its figure: the line through the points, and beyond them its band."""

import numpy as np

from ntk_uq.analysis.curve_laws import ShownLaw
from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import add_band
from ntk_uq.figures.style import Style
from ntk_uq.scaling import Extrapolation, LawFit

# Of the value at the end of a band: beyond, it says that nothing is known, and flattens the plot.
_WIDEST = 30.0


def add_law(canvas: Canvas, fit: LawFit | None, label: str, color: str, dash: str) -> None:
    """A law through its points."""
    if fit is None or fit.window is None:
        return
    x = np.geomspace(*fit.window, 60)
    canvas.add_scatter(
        x=x,
        y=fit.predict(x),
        mode="lines",
        line={"color": color, "width": 2.5, "dash": dash},
        legendgroup=label,
        showlegend=False,
        hoverinfo="skip",
    )


def add_extrapolation(
    canvas: Canvas, shown: ShownLaw, target: float, label: str, color: str, style: Style
) -> None:
    """What is expected beyond the data, dashed, with its 95 % band; nothing without a law.

    The band is made of quantiles of ln q: it is positive, and so never crosses zero.
    """
    path = shown.path(target)
    if not path:
        return
    n = [e.n_train for e in path]
    lows, values, highs = zip(*(_ends(e) for e in path), strict=True)
    add_band(canvas, n, lows, highs, label, style.faded(color, 0.18))
    canvas.add_scatter(
        x=n,
        y=values,
        mode="lines",
        line={"color": color, "width": 2, "dash": "8px,5px"},
        legendgroup=label,
        showlegend=False,
        customdata=[[low, high] for low, high in zip(lows, highs, strict=True)],
        hovertemplate=(
            f"{label}, expected<br>N_D = %{{x:,.4~r}}<br>%{{y:.4g}}, 95 %: "
            "%{customdata[0]:.3g} to %{customdata[1]:.3g}<extra></extra>"
        ),
    )


def _ends(expected: Extrapolation) -> tuple[float, float, float]:
    assert expected.value is not None
    assert expected.interval is not None
    low, high = expected.interval
    value = expected.value
    return max(low, value / _WIDEST), value, min(high, value * _WIDEST)
