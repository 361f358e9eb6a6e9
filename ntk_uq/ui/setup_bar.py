"""The top of every page: its setup in one line, and what can be done with it."""

import streamlit as st

from ntk_uq.base.fields import Spec
from ntk_uq.ui import setup_words, setups
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

_PLACE, _DRAWN = "setup_bar_place", "setup_bar_drawn"


def reserve() -> None:
    """Keeps the place below the title, before the page is drawn."""
    st.session_state[_PLACE] = st.container()
    st.session_state[_DRAWN] = False


def draw(view: Spec) -> None:
    """Draws the line of a view, once its controls are known."""
    st.session_state[_DRAWN] = True
    place = st.session_state.get(_PLACE)
    with place if place is not None else st.container():
        st.caption(setup_words.line(view), help=setup_words.preparation(view) or None)
        for note in setups.notes(type(view)):
            st.info(plain(note), icon=":material/info:")


def draw_current() -> None:
    """On a page that has no setup of its own, or has ended early: the one that others open with."""
    if not st.session_state.get(_DRAWN, True):
        draw(setups.now().setup.put(setups.kept(CurvesView) or CurvesView())[0])
