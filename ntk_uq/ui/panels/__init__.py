"""Figures side by side that stay in the page while their points come.

Streamlit 1.67 mounts a chart anew whenever its figure changes: for that moment the page has none,
and zoom and hidden traces are lost. Here the elements stay, and Plotly puts the new figure in place
of the old one in them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ntk_uq.base.fields import Spec
from ntk_uq.export.exhibit import stem_of
from ntk_uq.figures import PLOT_CONFIG
from ntk_uq.figures.no_links import linkless_json
from ntk_uq.figures.spoken import spoken
from ntk_uq.ui import setup_words
from ntk_uq.ui.shell import library

_HERE = Path(__file__).parent
_COMPONENT = "ntk_uq.panels"
# One module: Streamlit serves a component's script as one.
_SCRIPTS = ("row", "library", "state", "legend", "ticks", "linking", "presenting", "saving")

_component = st.components.v2.component(
    _COMPONENT,
    html="<div class='ntk-uq-panels'></div>",
    css=(_HERE / "panels.css").read_text(),
    js="\n".join((_HERE / f"{name}.js").read_text() for name in _SCRIPTS),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Click:
    """A point that was just clicked on.

    Attributes:
        panel: which figure, from 0.
        curve, point: which trace of it, and which point of that.
        customdata: what the trace has at the point, or None.
    """

    panel: int
    curve: int
    point: int
    customdata: Any


@dataclass(frozen=True)
class SentFigure:
    """A figure as browsers get it.

    Attributes:
        figure: its JSON.
        alt: what it shows, in words, for who cannot see it.
    """

    figure: str
    alt: str


def panels_of(figures: Iterable[go.Figure]) -> tuple[SentFigure, ...]:
    """Figures as browsers get them."""
    return tuple(SentFigure(linkless_json(figure), spoken(figure)) for figure in figures)


def show(
    figures: Sequence[go.Figure | SentFigure],
    key: str,
    *,
    view: Spec | None = None,
    linked: bool = True,
    columns: int = 3,
    clicks: bool = False,
) -> Click | None:
    """Draws figures side by side where each has room, and one below the other where not.

    What was zoomed and hidden stays while points come, until the figures' ``uirevision`` changes.

    Args:
        figures: they, each with its height; those that were made before as :class:`SentFigure`.
        key: of the row in the page.
        view: what they show, which files of them say; None where that is not one view.
        linked: whether they show the same curves against the same axis: then a curve that is
            hidden in one of them is hidden in all, zooming along the horizontal axis zooms all,
            and hovering over a point shows it in all.
        columns: how many at most stand side by side.
        clicks: whether the page wants to know of clicks on points.

    Returns:
        The point whose click this run of the page is about; None where it is about none.
    """
    panels = [one if isinstance(one, SentFigure) else panels_of([one])[0] for one in figures]
    data = {
        "panels": [{"figure": panel.figure, "alt": panel.alt} for panel in panels],
        "config": PLOT_CONFIG,
        "columns": min(columns, max(len(figures), 1)),
        "linked": linked,
        "clicks": clicks,
        "saved": {
            "stem": "ntk-uq" if view is None else stem_of(view),
            "caption": "" if view is None else setup_words.caption(view),
        },
        "plotly": library.versioned(),
    }
    clicked = _component(key=key, data=data, on_clicked_change=lambda: None).clicked
    return Click(**clicked) if clicks and clicked else None
