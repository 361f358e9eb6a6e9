"""The top of every page: its setup in one line, and what can be done with it."""

from dataclasses import replace
from typing import NoReturn

import streamlit as st

from ntk_uq.base.fields import Spec
from ntk_uq.ui import copy_link, links, named_views, refused, say, setup_words, setups
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView, RunsView

_PLACE, _DRAWN = "setup_bar_place", "setup_bar_drawn"


def reserve() -> None:
    """Keeps the place below the title, before the page is drawn."""
    st.session_state[_PLACE] = st.container()
    st.session_state[_DRAWN] = False
    setups.begin_run()


def draw(view: Spec) -> None:
    """Draws the line of a view and the buttons, once its controls are known and kept: an edit that
    comes together with a click is a change of its own."""
    st.session_state[_DRAWN] = True
    place = st.session_state.get(_PLACE)
    with place if place is not None else st.container():
        _line(view)
        with st.container(horizontal=True, vertical_alignment="center", key="setup_bar"):
            _steps(type(view), refused.stale() and setups.kept(type(view)) == view)
            if st.button(
                "Reset to defaults",
                key="setup_reset",
                icon=":material/restart_alt:",
                type="tertiary",
                help="All of this page, and the setup of the others.",
            ):
                setups.reset(type(view))
                st.rerun()
            if isinstance(view, CurvesView):
                _pin(view)
            named_views.panel(view)
            copy_link.button(links.address_of(view), "setup_copy_link")
        for note in setups.notes(type(view)):
            say.info(note, icon=":material/info:")


def draw_current() -> None:
    """On a page that has no setup of its own, or has ended early: the one that others open with."""
    if st.session_state.get(_DRAWN, True):
        return
    with st.session_state[_PLACE]:
        view = setups.now().setup.put(setups.kept(CurvesView) or CurvesView())[0]
        _line(view, "Setup of the other pages: ")
        with st.container(horizontal=True, vertical_alignment="center", key="setup_bar"):
            _steps(RunsView, False)
            named_views.panel(setups.kept_last())


def _line(view: Spec, start: str = "") -> None:
    st.caption(start + setup_words.line(view), help=setup_words.preparation(view) or None)


def _pin(view: CurvesView) -> None:
    """The button that keeps the present curves beneath what comes, or takes them away."""
    pinned = view.baseline is not None
    if st.button(
        "Unpin" if pinned else "Pin as baseline",
        key="setup_pin",
        icon=":material/keep_off:" if pinned else ":material/keep:",
        type="tertiary",
        help="Take the grey curves away."
        if pinned
        else "Keep the present curves, in grey beneath, while you change things.",
    ):
        setups.change(replace(view, baseline=None if pinned else view.as_baseline()))
        st.rerun()


def _steps(cls: type[Spec], unkept: bool) -> None:
    """The buttons that take changes back, and make them again; first of all, what controls hold
    that cannot be, where something is ``unkept``."""
    back, forth = setups.last_change(), setups.next_change()
    if unkept:
        back = "what cannot be"
    if st.button(
        "Undo",
        key="setup_undo",
        icon=":material/undo:",
        type="tertiary",
        disabled=not back,
        help=f"Takes back: {plain(back)}" if back else "Nothing was changed.",
    ):
        _show(setups.again(cls) if unkept else setups.undo(cls), cls)
    if st.button(
        "Redo",
        key="setup_redo",
        icon=":material/redo:",
        type="tertiary",
        disabled=not forth,
        help=f"Makes again: {plain(forth)}" if forth else "Nothing was taken back.",
    ):
        _show(setups.redo(cls), cls)


def _show(view: Spec, cls: type[Spec]) -> NoReturn:
    """Opens a view, on its page."""
    if isinstance(view, cls):
        st.rerun()
    st.switch_page(page_of(view).script)
