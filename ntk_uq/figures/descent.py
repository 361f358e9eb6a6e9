"""Losses along a training, and how they are distributed over initializations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ntk_uq.figures.canvas import Canvas
from ntk_uq.figures.marks import add_error_band, bars
from ntk_uq.figures.style import (
    Style,
    color_index,
    hold,
    legend_below,
    marker,
    plotted,
    set_range,
    with_unit,
)
from ntk_uq.results.descent import Descent
from ntk_uq.results.ensembles.records import MeanTrajectory

_SMALLEST = 1e-15
"""Losses below this share of the largest are not drawn: float64 has no more digits."""

_SETS = (("test", "solid", ""), ("train", "dash", "-open"))


@dataclass(frozen=True)
class _Axis:
    """Where a step stands on the logarithmic axis: step 0 at its left edge."""

    first: int
    last: int

    def place(self, step: int) -> float:
        return float(step) if step > 0 else self.first / 2


def descent_figure(
    descent: Descent | None,
    ensembles: Mapping[int, MeanTrajectory],
    loss_unit: str,
    style: Style,
    revision: str = "",
    widths: Sequence[int] = (),
) -> go.Figure:
    """Test and training loss against the step, of infinite width and of finite ensembles.

    Infinite width is a line with a band of one standard deviation over initializations to each
    side; an ensemble's mean is points with bars of one standard error of the mean. Step 0 has no
    place on a logarithmic axis and is drawn at its left edge.

    Args:
        history: the theory; None where it is not there yet.
        ensembles: mean losses of each width's networks.
        loss_unit: unit of the loss.
        style: how it looks.
        revision: of the view, as in :meth:`Style.layout`.
        widths: all that the page shows, so that each has its colour in every figure; by default
            those of the ensembles.
    """
    canvas = Canvas()
    index = color_index(widths or ensembles)
    steps = [] if descent is None else list(descent.recorded)
    steps += [step for one in ensembles.values() for step in one.steps]
    later = [step for step in steps if step > 0] or [1]
    axis = _Axis(min(later), max(later))
    lowest = 0.0 if style.linear else _SMALLEST * _largest(descent, ensembles)
    hidden = False
    if descent is not None:
        hidden |= _add_theory(canvas, descent, axis, lowest, style)
    for width, mean in sorted(ensembles.items()):
        hidden |= _add_ensemble(canvas, width, mean, index[width], axis, lowest, style)
    _lay_out(canvas, axis, 0 in steps, loss_unit, style, revision)
    if hidden:
        canvas.add_annotation(
            text=f"losses below {_SMALLEST:.0e} of the largest are not drawn",
            xref="paper",
            yref="paper",
            x=0.01,
            y=0.01,
            showarrow=False,
            font={"size": 13, "color": style.grey},
        )
    return canvas.figure()


def _largest(descent: Descent | None, ensembles: Mapping[int, MeanTrajectory]) -> float:
    values = [v for one in ensembles.values() for v in (*one.test, *one.train)]
    if descent is not None:
        values += [v for step in descent.steps for v in (step.mu, step.train_mu)]
    return max(values, default=0.0)


def _add_theory(canvas: Canvas, descent: Descent, axis: _Axis, lowest: float, style: Style) -> bool:
    """Adds both lines with their bands; whether anything was too small to be drawn."""
    color, hidden = style.color(0), False
    for name, dash, opened in _SETS:
        pre = "" if name == "test" else "train_"
        rows = [(s.step, getattr(s, f"{pre}mu"), getattr(s, f"{pre}sigma")) for s in descent.steps]
        shown = [row for row in rows if row[1] > lowest or style.linear]
        hidden |= len(shown) < len(rows)
        later = [row for row in shown if row[0] > 0]
        if len(later) > 1:
            ends, mu, sigma = zip(*later, strict=True)
            add_error_band(canvas, ends, mu, sigma, f"theory {name}", color, style)
        canvas.add_scatter(
            x=[row[0] for row in later],
            y=[row[1] for row in later],
            mode="lines" if len(later) > 1 else "markers",
            name=f"infinite width, {name}: μ ± σ",
            legendgroup=f"theory {name}",
            line={"color": color, "dash": dash, "width": 2.5},
            marker={"color": color, "symbol": f"circle{opened}", "size": 8},
            customdata=[[row[2]] for row in later],
            hovertemplate=_hover(f"infinite width, {name}", "step %{x}", "σ"),
        )
        # The step before training has no neighbour on this axis: a bar in place of a band.
        for _, mu, sigma in (row for row in shown if row[0] == 0):
            canvas.add_scatter(
                x=[axis.place(0)],
                y=[mu],
                mode="markers",
                marker={"color": color, "symbol": f"circle{opened}", "size": 8},
                error_y=bars([mu], [sigma], [sigma], style),
                legendgroup=f"theory {name}",
                showlegend=False,
                customdata=[[sigma]],
                hovertemplate=_hover(f"infinite width, {name}", "step 0", "σ"),
            )
    return hidden


def _add_ensemble(
    canvas: Canvas,
    width: int,
    mean: MeanTrajectory,
    index: int,
    axis: _Axis,
    lowest: float,
    style: Style,
) -> bool:
    color, hidden = style.color(index), False
    for name, _, opened in _SETS:
        values = mean.test if name == "test" else mean.train
        errors = mean.test_sem if name == "test" else mean.train_sem
        rows = list(zip(mean.steps, values, errors or (0.0,) * len(values), strict=True))
        shown = [row for row in rows if row[1] > lowest or style.linear]
        hidden |= len(shown) < len(rows)
        sides = [row[2] for row in shown]
        canvas.add_scatter(
            x=[axis.place(row[0]) for row in shown],
            y=[row[1] for row in shown],
            mode="markers",
            name=f"width {width}, {name}: mean ± s.e.",
            marker={"color": color, "symbol": f"{marker(index)}{opened}", "size": 8},
            error_y=bars([row[1] for row in shown], sides, sides, style),
            customdata=[[row[2], row[0]] for row in shown],
            hovertemplate=_hover(f"width {width}, {name}", "step %{customdata[1]}", "error"),
        )
    return hidden


def _hover(what: str, where: str, error: str) -> str:
    return f"{what}<br>{where}<br>%{{y:.4g}} ({error} %{{customdata[0]:.2g}})<extra></extra>"


def _ticks(axis: _Axis) -> list[int]:
    """Whole powers of ten, or 1, 2, 5 times them where these are few."""
    decades = range(len(str(axis.last)))
    factors = (1, 2, 5) if axis.last < 100 * axis.first else (1,)
    ticks = [factor * 10**decade for decade in decades for factor in factors]
    return [tick for tick in ticks if axis.first <= tick <= axis.last]


def _lay_out(
    canvas: Canvas, axis: _Axis, has_zero: bool, loss_unit: str, style: Style, revision: str
) -> None:
    title = "training step k" + (" (k = 0 at the left edge)" if has_zero else "")
    x_axis = style.axis(title, "log")
    first = axis.place(0) if has_zero else axis.first
    set_range(x_axis, [first, max(axis.last, axis.first + 1)], across=True)
    if has_zero:
        # The axis has no zero of its own: its tick is ours, and with it all the others.
        ticks = _ticks(axis)
        x_axis |= {
            "tickvals": [axis.place(0), *ticks],
            "ticktext": ["0", *(f"{step:,}" for step in ticks)],
        }
        canvas.add_vline(x=axis.first / 2**0.5, line={"color": style.grey, "dash": "dot"})
    y_axis = style.axis(with_unit("loss L", loss_unit), style.scale)
    values = plotted(canvas.data)
    hold(y_axis, values, style)
    canvas.update_layout(
        {
            **style.layout("Loss along the training", revision),
            **legend_below(canvas.entries),
        },
        xaxis=x_axis,
        yaxis=y_axis,
    )
