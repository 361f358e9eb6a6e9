"""What a data set holds: its classes or targets, and how deep its showers go."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.datasets import Dataset
from ntk_uq.datasets.inspection.record import ClassSummary, Sample, TargetSummary
from ntk_uq.figures.pictures import split_layers
from ntk_uq.figures.style import DECADES, TITLE_HEIGHT, Style

_HEIGHT = 300


def class_figure(classes: Sequence[ClassSummary], label: str, style: Style) -> go.Figure:
    """How many examples of each class the pool and the test part hold."""
    figure = go.Figure()
    names = [c.name for c in classes]
    for index, (part, counts) in enumerate(
        (
            ("pool", [c.n_pool for c in classes]),
            ("test part", [c.n_test for c in classes]),
        )
    ):
        figure.add_bar(
            x=names,
            y=counts,
            name=part,
            marker={"color": style.color(index)},
            hovertemplate=f"%{{x}}: %{{y}} in the {part}<extra></extra>",
        )
    axis = {**style.axis(label), "type": "category", "tickformat": None}
    return _lay_out(figure, "Examples of each class", axis, style.axis("examples"), style)


def target_figure(target: TargetSummary, title: str, style: Style) -> go.Figure:
    """The distribution of one target in the pool."""
    figure = go.Figure()
    kind = "log" if target.histogram.logarithmic else "linear"
    if target.values and _counted(target):
        x: Any = np.array(target.values)
        figure.add_scatter(
            x=np.repeat(x, 3),
            y=np.array([[0, count, np.nan] for count in target.counts]).ravel(),
            mode="lines",
            line={"color": style.color(0), "width": 3},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=x,
            y=target.counts,
            mode="markers",
            marker={"color": style.color(0), "size": 9},
            hovertemplate="%{x:.6g}: %{y} examples<extra></extra>",
        )
        y_title = "examples"
    else:
        edges, counts = np.array(target.histogram.edges), list(target.histogram.counts)
        figure.add_scatter(
            x=np.repeat(edges, 2),
            y=[0, *np.repeat(counts, 2), 0],
            mode="lines",
            fill="tozeroy",
            line={"color": style.color(0), "width": 2},
            hovertemplate="%{x:.4g}: %{y} examples<extra></extra>",
        )
        y_title = f"examples in each of {len(counts)} bins"
    return _lay_out(
        figure,
        "Distribution of the target",
        {**style.axis(title, kind), **(DECADES if kind == "log" else {})},
        {**style.axis(y_title), "rangemode": "tozero"},
        style,
    )


def _counted(target: TargetSummary) -> bool:
    """Whether values repeat so often that they are counted one by one."""
    return sum(target.counts) > 2 * len(target.values)


def depth_figure(
    dataset: Dataset, samples: Sequence[Sample], labels: Sequence[str], style: Style
) -> go.Figure:
    """Energy in each layer, a line a shower."""
    figure = go.Figure()
    names = [str(layer.number) for layer in dataset.layers]
    for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        sums = np.array([cells.sum() for cells in split_layers(dataset, sample)])
        figure.add_scatter(
            x=names,
            # Noise may sum to less than zero, which a logarithm has no place for.
            y=np.where(sums > 0, sums, np.nan),
            name=label,
            mode="lines+markers",
            line={"color": style.color(index), "width": 2},
            marker={"size": 6},
            hovertemplate=f"{label}, layer %{{x}}: %{{y:.4g}} {dataset.input_unit}<extra></extra>",
        )
    axis = {**style.axis("layer"), "type": "category", "tickformat": None}
    values = style.axis(f"deposit in the layer [{dataset.input_unit}]", "log")
    return _lay_out(figure, "Showers layer by layer", axis, {**values, **DECADES}, style)


def _lay_out(
    figure: go.Figure, title: str, x_axis: dict[str, Any], y_axis: dict[str, Any], style: Style
) -> go.Figure:
    figure.update_layout(
        style.layout(title),
        height=TITLE_HEIGHT + _HEIGHT + 60,
        margin={"l": 78, "r": 12, "t": TITLE_HEIGHT, "b": 60},
        xaxis=x_axis,
        yaxis=y_axis,
        showlegend=sum(bool(trace.name) for trace in figure.data) > 1,
        legend={"bgcolor": "rgba(0,0,0,0)", "font": {"size": 14}},
        bargap=0.2,
    )
    return figure
