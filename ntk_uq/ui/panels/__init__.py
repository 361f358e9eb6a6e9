"""Figures side by side that stay in the page while their points come.

Streamlit 1.67 mounts a chart anew whenever its figure changes: for that moment the page has none,
and zoom and hidden traces are lost. Here the elements stay, and Plotly puts the new figure in place
of the old one in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from ntk_uq.figures import PLOT_CONFIG

_HERE = Path(__file__).parent
_PACKAGE, _NAME = "ntk_uq", "panels"
_COMPONENT = f"{_PACKAGE}.{_NAME}"

_component = st.components.v2.component(
    _COMPONENT,
    html="<div class='ntk-uq-panels'></div>",
    css=(_HERE / "panels.css").read_text(),
    js=(_HERE / "panels.js").read_text(),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Panel:
    """One figure of a row.

    Attributes:
        figure: it; its ``uirevision`` says until when zoom and hidden curves are kept.
        alt: what is to be seen in it, for those who cannot see it.
    """

    figure: go.Figure
    alt: str


def show(panels: Sequence[Panel], key: str) -> None:
    """Draws figures side by side where each has room, and one below the other where not.

    They are linked: a curve that is hidden in one of them is hidden in all, and zooming along N_D
    zooms all. What was zoomed and hidden stays while points come, until the figures' revision
    changes.

    Args:
        panels: the figures, of one revision.
        key: of the row in the page.
    """
    data = {
        "panels": [
            {"figure": panel.figure.to_json(engine="json"), "alt": panel.alt} for panel in panels
        ],
        "config": PLOT_CONFIG,
        "plotly": f"/_stcore/bidi-components/{_COMPONENT}/plotly.min.js?{plotly.__version__}",
    }
    _bring_plotly()
    _component(key=key, data=data)


def _bring_plotly() -> None:
    """Gives the component the Plotly package's folder of files, whose script it loads."""
    manager = get_bidi_component_manager()
    if manager.get_component_path(_COMPONENT) is None:
        manager.register_from_manifest(
            ComponentManifest(
                _PACKAGE, plotly.__version__, [ComponentConfig(_NAME, "package_data")]
            ),
            Path(plotly.__file__).parent,
        )
