"""How all figures look: grounds, inks, axes; nothing of what they show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.figures.ticks import labels, log_ticks

# Okabe and Ito's colours, told apart with any colour vision; for a dark ground the dark ones of
# them are lightened. Markers differ too, so that a grey print can be read.
_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9", "#7A5C00", "#222222")
_DARK = ("#56B4E9", "#FF8C42", "#2FD3A1", "#E58AC0", "#F0E442", "#9CC9F5", "#C9A66B", "#EEEEEE")
PALETTE = {False: _LIGHT, True: _DARK}
"""The curves' colours on light and on dark ground; those at one index are counterparts."""
_MARKERS = (
    *("circle", "square", "diamond", "triangle-up"),
    *("triangle-down", "cross", "x", "star"),
)


@dataclass(frozen=True)
class Style:
    """How figures look: dark or light ground, scale of the value axis, parts shown."""

    dark: bool = False
    linear: bool = False
    parts: bool = False

    @property
    def ink(self) -> str:
        """Colour of lines and text."""
        return "#FAFAFA" if self.dark else "#1A1A1A"

    @property
    def ground(self) -> str:
        """Colour behind everything: that of the page (.streamlit/config.toml)."""
        return "#0E1117" if self.dark else "#FFFFFF"

    @property
    def grey(self) -> str:
        """Colour of what belongs to no curve."""
        return "#AAAAAA" if self.dark else "#666666"

    @property
    def grid(self) -> str:
        """Colour of the lines across a plot."""
        return "#3A3F4B" if self.dark else "#DDDDDD"

    def color(self, index: int) -> str:
        """Colour of the curve of that index."""
        return (_DARK if self.dark else _LIGHT)[index % len(_LIGHT)]

    def faded(self, color: str, opacity: float = 0.2) -> str:
        """A colour that lets through what lies behind it."""
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},{opacity:g})"

    @property
    def scale(self) -> str:
        """Plotly's type of the value axis."""
        return "linear" if self.linear else "log"

    def downwards(self, values: Sequence[float], errors: Sequence[float]) -> list[float]:
        """How far down bars and bands of that error go: on a logarithmic axis, one that reaches
        zero would vanish, or take the axis with it."""
        if self.linear:
            return list(errors)
        return [min(e, 0.9 * v) for e, v in zip(errors, values, strict=True)]

    def axis(self, title: str = "", kind: str = "linear") -> dict[str, Any]:
        """A framed axis with ticks outside."""
        return {
            "gridcolor": self.grid,
            "linecolor": self.ink,
            "ticks": "outside",
            "tickcolor": self.ink,
            "showline": True,
            "mirror": True,
            "zeroline": False,
            # With a format of its own, Plotly writes 200 and not a small 2 between decades.
            "tickformat": "~r",
            "title": {"text": title, "standoff": 6},
            "type": kind,
        }

    def layout(self, title: str, revision: str = "") -> dict[str, Any]:
        """What every figure has.

        Args:
            title: of the figure.
            revision: Plotly keeps zoom and hidden traces until this changes: when a window is
                resized, say. A figure with other content Streamlit builds anew; then they are
                lost, so with every new point of a growing curve.
        """
        return {
            "title": {"text": title, "font": {"size": 19}, "x": 0.02, "xanchor": "left"},
            "font": {
                "size": 15,
                "color": self.ink,
                "family": "Source Sans, Source Sans Pro, sans-serif",
            },
            "paper_bgcolor": self.ground,
            "plot_bgcolor": self.ground,
            "hoverlabel": {"font": {"size": 14}},
            "uirevision": revision,
            # Upright: beside the title of a narrow figure there is no room.
            "modebar": {"orientation": "v", "bgcolor": self.faded(self.ground, 0.8)},
        }


TITLE_HEIGHT, _NOTE_HEIGHT = 48, 18  # pixels

PLOT_CONFIG: dict[str, Any] = {
    # Plotly 7 offers to upload the figure to a server unless it is told not to.
    "showSendToCloud": False,
    "displaylogo": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d"]],
}


DECADES = {"dtick": 1, "tickformat": None, "exponentformat": "power"}
"""Of an axis over many decades whose range is Plotly's: labels such as 10 to a small -5."""


def legend_below(entries: int, plot_height: int = 330, further: int = 0) -> dict[str, Any]:
    """Of a figure with its legend below: heights, margins and the legend itself, in pixels.

    In a narrow panel of a page the legend begins at the panel's edge, since a fit is long: the
    page puts it there, which alone knows how wide the panel is.

    Args:
        entries: of the legend.
        plot_height: of the plot alone.
        further: lines of entries that have more than one.
    """
    axis = 62
    below = axis + 26 * entries + 20 * further
    return {
        "height": TITLE_HEIGHT + plot_height + below,
        # Margins of our own: Plotly's would shrink the plot by its legend, one figure unlike
        # the other.
        "margin": {"l": 100, "r": 12, "t": TITLE_HEIGHT, "b": below, "autoexpand": False},
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "entrywidth": 290,
            "entrywidthmode": "pixels",
            "tracegroupgap": 0,
            "yanchor": "top",
            "y": -axis / plot_height,
            "x": 0,
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 14},
        },
    }


def add_note(figure: go.Figure, text: str, style: Style) -> None:
    """Writes a sentence below the title; nothing where it is empty."""
    if text:
        title = figure.layout.title.text
        note = f"<span style='font-size:13px;color:{style.grey}'>{text}</span>"
        figure.update_layout(
            title={"text": f"{title}<br>{note}"},
            height=figure.layout.height + _NOTE_HEIGHT,
            margin={"t": figure.layout.margin.t + _NOTE_HEIGHT},
        )


def with_unit(symbol: str, unit: str) -> str:
    """The title of a value axis; the unit is a line of its own, since it may be long."""
    return f"{symbol}<br><span style='font-size:12px'>[{unit}]</span>" if unit else symbol


def marker(index: int) -> str:
    """Marker of the curve of that index."""
    return _MARKERS[index % len(_MARKERS)]


def color_index(widths: Iterable[int]) -> dict[int, int]:
    """Colour and marker of each width, after infinite width, which has the first colour."""
    return {width: index for index, width in enumerate(sorted(widths), 1)}


HIGH, WIDE = 330.0, 215.0  # pixels: a plot of three side by side, in its smallest size


def set_range(
    axis: dict[str, Any], values: Sequence[float], across: bool = False, length: float | None = None
) -> None:
    """A logarithmic axis round its values, with labels that neither crowd nor lack.

    Args:
        axis: is changed.
        values: to be held, positive.
        across: whether it is the horizontal one: labels take more room side by side.
        length: in pixels; by default that of a plot of three side by side.
    """
    low, high = np.log10(min(values)), np.log10(max(values))
    room = max(0.06 * (high - low), 0.03)
    axis["range"] = [low - room, high + room]
    ticks = log_ticks(
        10 ** (low - room), 10 ** (high + room), length or (WIDE if across else HIGH), across
    )
    axis |= {"tickmode": "array", "tickvals": ticks, "ticktext": labels(ticks)}


def hold(axis: dict[str, Any], values: Sequence[float], style: Style, length: float = HIGH) -> None:
    """A value axis for these, of that many pixels: round them where it is logarithmic, without
    labels for none."""
    if not values:
        axis["showticklabels"] = False
    elif not style.linear:
        set_range(axis, values, length=length)


def plotted(traces: Iterable[dict[str, Any]]) -> list[float]:
    """Every positive value of a figure's traces, with the ends of their error bars."""
    values = []
    for trace in traces:
        y = [v for v in trace["y"] if v is not None and v > 0]
        values += y
        if y and "error_y" in trace:
            ups, downs = trace["error_y"]["array"], trace["error_y"]["arrayminus"]
            values += [v + up for v, up in zip(y, ups, strict=True)]
            values += [v - down for v, down in zip(y, downs, strict=True) if v > down]
    return values
