"""Figures fitted to where they will be printed or shown, with type that can be read there."""

import copy
import html
import textwrap
from dataclasses import dataclass

import plotly.graph_objects as go

from ntk_uq.figures import on_ground

_CSS_PIXELS = 96 / 25.4
"""Of CSS, in a millimetre."""

_WIDER_TYPE = 14
"""Pixels for labels of another typeface."""

_SYMBOL = 45
"""Pixels that a legend's entry takes besides its text."""

_NOTE, _NOTE_LINE, _NOTE_LETTER, _EDGE = 12, 17, 0.55, 16
"""Pixels of a caption's type, lines, and distance from the edges; a letter's width by the type."""

_ROW, _FURTHER_LINE = 1.86, 1.43
"""Heights of a legend's row and of each further line of its entries, by that of its type."""


@dataclass(frozen=True)
class Size:
    """Where a figure goes.

    Attributes:
        title: for people.
        width: in millimetres.
        height: in millimetres; None where the figure decides.
        scale: printed size of what is one pixel on the page: lines and type, which has 15 pixels
            for labels and 12 for units, get smaller or larger by it.
        dpi: of a PNG, pixels an inch.
    """

    title: str
    width: float
    height: float | None
    scale: float
    dpi: int


SIZES = {
    "column": Size("1 column, 86 mm", 86, None, 0.68, 600),
    "page": Size("2 columns, 178 mm", 178, None, 0.75, 600),
    "slide": Size("Slide, 16:9", 1280 / _CSS_PIXELS, 720 / _CSS_PIXELS, 1.5, 144),
}
"""What is offered. Labels have 7.7 points in a column and 8.4 on a page, units at least 6; on a
slide of 13.3 by 7.5 inches labels have 17."""


@dataclass(frozen=True)
class Picture:
    """A figure ready to be drawn into a file.

    Attributes:
        figure: laid out.
        format: ``svg``, ``pdf`` or ``png``.
        width, height: of the layout, in its pixels.
        scale: of the layout's pixels in the file: CSS pixels, or those of a PNG.
    """

    figure: go.Figure
    format: str
    width: float
    height: float
    scale: float


def picture_of(
    figure: go.Figure, format: str, size: Size, dark: bool = False, caption: str = ""
) -> Picture:
    """A figure as a picture of a size.

    Args:
        figure: as the page draws it.
        format: of the file.
        size: where it goes.
        dark: on dark ground instead of light one.
        caption: what stands below it.
    """
    width = size.width * _CSS_PIXELS / size.scale
    height = None if size.height is None else size.height * _CSS_PIXELS / size.scale
    fitted = fit(on_ground(figure, dark), width, height, caption)
    raster = size.dpi / 96 if format == "png" else 1.0
    return Picture(fitted, format, width, float(fitted.layout.height), size.scale * raster)


def fit(
    figure: go.Figure, width: float, height: float | None = None, caption: str = ""
) -> go.Figure:
    """A copy of a figure with this width and, where one is given, this height, in pixels.

    A legend below the plot has as many rows as it needs at this width, and the plot what they and
    the caption, on the figure's lower edge, leave of the height.
    """
    fitted = copy.deepcopy(figure)
    layout = fitted.layout
    whole = float(layout.height or 450)
    legend, margin = layout.legend, layout.margin
    top, bottom = _sides(margin.t, margin.b)
    plot = whole - top - bottom
    lines = textwrap.wrap(caption, int((width - 2 * _EDGE) / (_NOTE_LETTER * _NOTE)))
    note = _NOTE_LINE * len(lines) + _EDGE if lines else 0.0
    if margin.l:
        # Elsewhere there may be wider type than the page's: it must not run into the labels.
        margin.l += _WIDER_TYPE
    if legend.orientation == "h" and legend.y is not None and legend.y < 0:
        # As figures/style.py lays it out: a distance of its own for the axis, then rows.
        axis = -legend.y * plot
        left, right = (float(edge or 0) for edge in (margin.l, margin.r))
        columns = max(1, int((width - right) // (float(legend.entrywidth or width) + _SYMBOL)))
        below = axis + _rows_height(fitted, columns) + note
        plot = plot if height is None else max(height - top - below, 0.35 * height)
        layout.margin.b = below
        legend.y = -axis / plot
        # Left of the plot as far as the figure goes, and not beyond its edge.
        legend.x = max(legend.x or 0.0, -max(left - 12, 0) / (width - left - right))
        whole = top + plot + below
    elif lines:
        plot = plot if height is None else max(height - top - bottom - note, 0.35 * height)
        layout.margin.b = bottom + note
        whole = top + plot + bottom + note
    if lines:
        _add_note(layout, lines, width, plot)
    layout.width, layout.height = width, whole if height is None else height
    layout.autosize = False
    return fitted


def _add_note(layout: go.Layout, lines: list[str], width: float, plot: float) -> None:
    """Writes lines onto the lower edge of a figure whose plot has this height."""
    left, right = _sides(layout.margin.l, layout.margin.r)
    layout.annotations = (
        *layout.annotations,
        {
            "text": "<br>".join(map(html.escape, lines)),
            "align": "left",
            "showarrow": False,
            "font": {"size": _NOTE},
            "xref": "paper",
            "x": (_EDGE - left) / (width - left - right),
            "xanchor": "left",
            "yref": "paper",
            "y": (_EDGE / 2 - layout.margin.b) / plot,
            "yanchor": "bottom",
        },
    )


def _sides(*edges: float | None) -> tuple[float, ...]:
    """Margins in pixels: Plotly's own where a figure has none."""
    return tuple(80.0 if edge is None else float(edge) for edge in edges)


def _rows_height(figure: go.Figure, columns: int) -> float:
    """Height of the legend in so many columns: a row is as high as its highest entry."""
    type_size = float(figure.layout.legend.font.size or 14)
    lines = [
        1 + trace.name.count("<br>")
        for trace in figure.data
        if trace.name and trace.showlegend is not False
    ]
    rows = [max(lines[at : at + columns]) for at in range(0, len(lines), columns)]
    return type_size * (_ROW * len(rows) + _FURTHER_LINE * (sum(rows) - len(rows)))
