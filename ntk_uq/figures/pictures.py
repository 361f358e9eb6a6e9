"""Inputs as pictures: images as arrays of pixels, showers layer by layer."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, UInt8
from plotly.subplots import make_subplots

from ntk_uq.datasets import Dataset
from ntk_uq.datasets.inspection.record import Inspection, Sample
from ntk_uq.figures.style import TITLE_HEIGHT, Style

_PIXELS = 112  # at least so many on the longer side: a browser would blur what it enlarges
_MOST_LAYERS = 12
_MOST_SHOWERS = 4
_FAINTEST = -4  # decades below the largest deposit of a shower: of the ground's colour
# From the ground up. Not Plotly's own scales: Streamlit replaces some nearly black colours by those
# of its theme.
_HEAT_DARK = [[0, "#0E1117"], [0.35, "#5B1E6B"], [0.6, "#C73E4C"], [0.8, "#F98E09"], [1, "#FCFFA4"]]
_HEAT_LIGHT = [[0, "#FFFFFF"], [0.3, "#FFE08A"], [0.6, "#F77F2B"], [0.8, "#C1202C"], [1, "#4A0A1E"]]
HEAT = {False: _HEAT_LIGHT, True: _HEAT_DARK}
"""Of deposits, on light and on dark ground."""


def is_image(shape: Sequence[int]) -> bool:
    """Whether an input of this shape can be drawn: grey, or with three colours first or last."""
    sides = _without_ones(shape)
    if len(sides) == 3:
        return 3 in (sides[0], sides[2])
    return len(sides) == 2


def images(inspection: Inspection) -> list[UInt8[np.ndarray, "h w ..."]]:
    """The sampled inputs as pictures of whole screen pixels.

    All have one scale, from the smallest to the largest value in the sample.
    """
    sides = _without_ones(inspection.shape)
    raw = np.array([sample.inputs for sample in inspection.samples])
    low, high = raw.min(), raw.max()
    scaled = (raw - low) / (high - low if high > low else 1.0)
    pictures = np.round(255 * scaled).astype(np.uint8).reshape(len(raw), *sides)
    if len(sides) == 3 and sides[0] == 3:
        pictures = np.moveaxis(pictures, 1, -1)
    factor = max(1, -(-_PIXELS // max(pictures.shape[1:3])))
    return list(pictures.repeat(factor, axis=1).repeat(factor, axis=2))


def shower_figure(
    dataset: Dataset, samples: Sequence[Sample], titles: Sequence[str], style: Style
) -> go.Figure:
    """Energy deposits, a row a shower, a column a layer; colours say by how many decades a deposit
    is below the largest of its shower, so that showers of any energy can be seen side by side.

    Args:
        dataset: it has ``layers``; of more than a dozen, evenly spaced ones are drawn.
        samples: the showers.
        titles: what each is.
        style: how it looks.
    """
    chosen = shown_layers(dataset)
    parts = [split_layers(dataset, sample) for sample in samples]
    figure = make_subplots(
        rows=len(samples),
        cols=len(chosen),
        column_titles=[dataset.layers[i].name for i in chosen],
        row_titles=list(titles),
        horizontal_spacing=0.008,
        vertical_spacing=0.03,
    )
    for row, shower in enumerate(parts, 1):
        top = max(float(cells.max()) for cells in shower)
        top = top if top > 0 else 1.0
        for column, layer in enumerate(chosen, 1):
            cells = shower[layer]
            figure.add_heatmap(
                # Noise below zero has no logarithm.
                z=np.log10(np.maximum(cells / top, 10.0**_FAINTEST)),
                customdata=cells,
                coloraxis="coloraxis",
                hovertemplate=(
                    f"{titles[row - 1]}, {dataset.layers[layer].name}<br>"
                    f"{dataset.cells[0]} %{{y}}, {dataset.cells[1]} %{{x}}<br>"
                    f"%{{customdata:.4g}} {dataset.input_unit}"
                    "<extra></extra>"
                ),
                row=row,
                col=column,
            )
    ticks = list(range(_FAINTEST, 1))
    figure.update_layout(
        style.layout(""),
        height=TITLE_HEIGHT + 40 + 110 * len(samples),
        margin={"l": 12, "r": 12, "t": TITLE_HEIGHT, "b": 12},
        coloraxis={
            "colorscale": HEAT[style.dark],
            "cmin": _FAINTEST,
            "cmax": 0,
            "colorbar": {
                "title": {"text": "deposit / largest<br>of the shower"},
                "tickvals": ticks,
                "ticktext": [f"{10.0**tick:g}" for tick in ticks],
            },
        },
    )
    figure.update_annotations(font={"size": 13, "color": style.ink})
    frame = {
        **{"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False},
        **{"showline": True, "mirror": True, "linecolor": style.grey},
    }
    figure.update_xaxes(frame)
    figure.update_yaxes(frame)
    return figure


def shown_layers(dataset: Dataset) -> list[int]:
    """Indices of the layers that are drawn: all, or evenly spaced ones of many."""
    last = len(dataset.layers) - 1
    return [int(i) for i in np.unique(np.linspace(0, last, _MOST_LAYERS).round())]


def shown_showers(dataset: Dataset, inspection: Inspection) -> tuple[list[Sample], list[str]]:
    """Some of the sampled showers, of increasing incident energy, and their energies in words."""
    ordered = sorted(inspection.samples, key=lambda sample: sample.targets[0])
    last = len(ordered) - 1
    places = sorted({round(i * last / (_MOST_SHOWERS - 1)) for i in range(_MOST_SHOWERS)})
    chosen = [ordered[i] for i in places]
    return chosen, [_energy(sample.targets[0], dataset.unit) for sample in chosen]


def _energy(value: float, unit: str) -> str:
    """An energy in the unit in which it is a short number."""
    units = ("MeV", "GeV", "TeV")
    while value >= 1000 and unit in units[:-1]:
        value, unit = value / 1000, units[units.index(unit) + 1]
    return f"{value:.3g} {unit}"


def split_layers(dataset: Dataset, sample: Sample) -> list[Float[np.ndarray, "rows columns"]]:
    """A shower's cells, layer by layer."""
    values = np.array(sample.inputs)
    sizes = [layer.rows * layer.columns for layer in dataset.layers]
    pieces = np.split(values, np.cumsum(sizes)[:-1])
    return [
        piece.reshape(layer.rows, layer.columns)
        for piece, layer in zip(pieces, dataset.layers, strict=True)
    ]


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)
