"""A figure while it is drawn: plain traces and layout, checked by Plotly once at the end.

Plotly looks at every path of a figure again with each piece that is added to it. Piece by piece, a
figure of eight traces takes 25 ms, and in one go 3 ms; a page has three and more of them, and draws
them anew at every change of a control.
"""

import copy
import functools
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

Plain = dict[str, Any]


class Canvas:
    """Draws as a ``plotly.graph_objects.Figure`` does, as far as the figures here need it.

    Properties are written out, ``line={"width": 2}`` and not ``line_width=2``. What is given is
    copied: it may be changed afterwards.

    Attributes:
        data: the traces so far.
        layout: the layout so far.
    """

    def __init__(self, heights: tuple[float, ...] = ()) -> None:
        """``heights``: of plots above each other, their shares; none for a single plot."""
        self.data: list[Plain] = []
        self.layout: Plain = merged({}, _rows(heights)) if heights else {}

    def add_scatter(self, row: int | None = None, **properties: Any) -> None:
        """Lines or points; in which of several rows, from 1 at the top."""
        self._add("scatter", row, properties)

    def add_bar(self, **properties: Any) -> None:
        """Bars."""
        self._add("bar", None, properties)

    def add_heatmap(self, **properties: Any) -> None:
        """Colours over a grid."""
        self._add("heatmap", None, properties)

    def add_annotation(self, **properties: Any) -> None:
        """A text at a place."""
        self.layout.setdefault("annotations", []).append(copy.deepcopy(properties))

    def add_shape(self, **properties: Any) -> None:
        """A shape at a place."""
        self.layout.setdefault("shapes", []).append(copy.deepcopy(properties))

    def add_hline(self, y: float, line: Plain, row: int | None = None) -> None:
        """A line from edge to edge; in a row that has no trace, none."""
        self._across({"type": "line", "y0": y, "y1": y, "line": line}, row)

    def add_hrect(self, y0: float, y1: float, row: int | None = None, **properties: Any) -> None:
        """An area from edge to edge; in a row that has no trace, none."""
        self._across({"type": "rect", "y0": y0, "y1": y1, **properties}, row)

    def add_vline(self, x: float, line: Plain) -> None:
        """A line from top to bottom."""
        ends = {"x0": x, "x1": x, "y0": 0, "y1": 1}
        self.add_shape(type="line", **ends, line=line, xref="x", yref="y domain")

    def update_layout(self, *several: Plain, **properties: Any) -> None:
        """More of the layout: objects are merged, everything else is replaced."""
        for more in (*several, properties):
            self.layout = merged(self.layout, copy.deepcopy(more))

    @property
    def entries(self) -> int:
        """How many traces stand in the legend."""
        return sum(trace.get("showlegend") is not False for trace in self.data)

    def figure(self) -> go.Figure:
        """The figure.

        Raises:
            ValueError: if a property is none of Plotly's, or has a value that it cannot have.
        """
        return go.Figure(data=self.data, layout=self.layout)

    def _add(self, kind: str, row: int | None, properties: Plain) -> None:
        self.data.append({"type": kind, **copy.deepcopy(properties), **_axes(row, "axis")})

    def _across(self, shape: Plain, row: int | None) -> None:
        place = _axes(row, "axis")
        if row is not None and not any(place.items() <= trace.items() for trace in self.data):
            return
        axes = _axes(row or 1, "ref")
        self.add_shape(**shape, x0=0, x1=1, xref=f"{axes['xref']} domain", yref=axes["yref"])


def merged(first: Plain, second: Plain) -> Plain:
    """Both, the second one where they differ; objects in them likewise."""
    out = dict(first)
    for name, value in second.items():
        known = out.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            value = merged(known, value)
        out[name] = value
    return out


def _axes(row: int | None, suffix: str) -> Plain:
    if row is None:
        return {}
    number = "" if row == 1 else str(row)
    return {f"x{suffix}": f"x{number}", f"y{suffix}": f"y{number}"}


@functools.lru_cache(maxsize=16)
def _rows(heights: tuple[float, ...]) -> Plain:
    """The layout of plots above each other; not to be changed."""
    figure = make_subplots(
        rows=len(heights),
        cols=1,
        shared_xaxes=True,
        row_heights=list(heights),
        vertical_spacing=0.05,
    )
    layout: Plain = figure.to_plotly_json()["layout"]
    del layout["template"]  # the figure's own
    return layout
