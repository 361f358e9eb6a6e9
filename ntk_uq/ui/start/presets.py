"""Views that are opened in one click: things to try, and the tasks of the paper."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ntk_uq.analysis import preset_views
from ntk_uq.analysis.preset_views import PresetView
from ntk_uq.base.errors import NtkUqError
from ntk_uq.jobs import prepared
from ntk_uq.ui import session, setups
from ntk_uq.ui.links import opening_of
from ntk_uq.ui.pages import page_of

PAPER = preset_views.PAPER


@dataclass(frozen=True)
class Preset(PresetView):
    """A view that is opened in one click."""

    def draw(self, page: str, key: str, opened: Callable[[], None] = lambda: None) -> None:
        """Draws what opens it, on the page of that title, with a key of the widget's own;
        ``opened`` is called where that page is the one it is opened on.

        A link from a page to itself leaves the browser with the old address (Streamlit 1.67): there
        a button has the page open it, also where its address is one of before.
        """
        there = page_of(self.view)
        if there.title != page:
            opening_of(self.view, label=self.label).draw()
            return
        st.button(
            self.label,
            icon=there.icon,
            type="tertiary",
            key=f"{key}_{self.label}",
            on_click=self._open,
            args=(opened,),
        )

    def _open(self, opened: Callable[[], None]) -> None:
        setups.change(self.view)
        opened()


TRY = tuple(Preset(**vars(one)) for one in preset_views.TRY)
"""For newcomers."""

AS_IN_THE_PAPER = tuple(Preset(**vars(one)) for one in preset_views.AS_IN_THE_PAPER)
"""The paper's tasks: see :data:`ntk_uq.analysis.preset_views.AS_IN_THE_PAPER`."""

GALLERY = tuple(Preset(**vars(one)) for one in preset_views.GALLERY)
"""What the home page begins with."""


def offered(presets: tuple[Preset, ...]) -> tuple[Preset, ...]:
    """Those of them that lead to something here: in a demo, those that are prepared."""
    try:
        store = session.store()
        if not store.read_only:
            return presets
        there = {one.view for one in prepared.views(store)}
    except NtkUqError:
        return ()  # the page says so
    return tuple(preset for preset in presets if preset.view in there)
