"""Which page is shown: the navigation beside all pages, and the address that is opened."""

import copy
import functools
import runpy
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from ntk_uq.base import paths
from ntk_uq.base.errors import LinkError
from ntk_uq.ui import crowd, engine_line, look, notice, pages, say, setup_bar, watching, who
from ntk_uq.ui.place import place
from ntk_uq.ui.start import panel as start
from ntk_uq.ui.turns import PageTurns

ICON = Path(__file__).with_name("icon.svg")
"""A file of our own: a named symbol as page icon would be fetched from another server."""

_CHOSEN, _UNKNOWN = "navigated", "unknown_page"
_TURNS = PageTurns()


def navigation() -> list[StreamlitPage]:
    """Every page of the table, as Streamlit shows them beside the page."""
    listed = who.is_admin()
    # Copies: a session marks the one that it shows.
    context = get_script_run_ctx()
    app = str(context.pages_manager.main_script_parent) if context else ""
    return [
        copy.copy(_page(page, app, listed or not page.for_admins)) for page in pages.PAGES.values()
    ]


@functools.cache
def _page(page: pages.Page, app: str, listed: bool) -> StreamlitPage:  # noqa: ARG001
    """One page of the app in a folder, whose files are looked for once."""
    return st.Page(
        page.script,
        title=page.title,
        icon=page.icon,
        default=page.first,
        visibility="visible" if listed else "hidden",
    )


def navigate() -> None:
    """Runs the page that the address names, from the end of ``app.py``."""
    with _TURNS.one():
        chosen = st.navigation([*navigation(), *_unknown()])
        # The page first: tabs are narrow.
        st.set_page_config(page_title=f"{chosen.title} - ntk_uq")
        st.session_state[_CHOSEN] = chosen.title
        chosen.run()


def run(page: Callable[[], None]) -> None:
    """Runs a page as a part of the app, below its title, from the end of its script.

    At its first address after a start, Streamlit 1.67 finds the folder pages/ and runs a page's
    script without app.py, with neither title nor width. Then the app is run from here.
    """
    title = st.session_state.pop(_CHOSEN, None)
    if title is None:
        runpy.run_path(str(paths.app()))
    else:
        st.title(title, anchor=False)
        # First: a page may end before its end.
        watching.begin()
        look.draw()
        who.gate()
        crowd.gate()
        # Before the line, which looks whether it is still the one that is drawn.
        with place():
            notice.draw()
        engine_line.draw()
        with place():
            start.draw(title, first=title == pages.get("").title)
        setup_bar.reserve()
        try:
            page()
        except StopException:
            setup_bar.draw_current()
            raise
        setup_bar.draw_current()


def asked() -> str:
    """The page's name in the address that has just been opened; "" later, and for the first.

    From within Streamlit 1.67: the address that `st.context` has may begin with a proxy's path.
    """
    context = get_script_run_ctx()
    return (context.pages_manager.intended_page_name if context else None) or ""


def _unknown() -> list[StreamlitPage]:
    """A page in place of one that this version does not have.

    Streamlit would run the first page, with the view of another one in its address. The name is
    kept, since only the first run of an address is told it.
    """
    name = asked()
    if name:
        st.session_state[_UNKNOWN] = name
    name = st.session_state.get(_UNKNOWN, "")
    if pages.known(name) or "/" in name:
        return []
    script = functools.partial(run, functools.partial(_tell, name))
    return [st.Page(script, title="No such page", url_path=name, visibility="hidden")]


def _tell(name: str) -> None:
    try:
        pages.get(name)
    except LinkError as error:
        say.error(error, icon=":material/link_off:")
    first = pages.get("")
    st.page_link(first.script, label=f"Open {first.title}", icon=first.icon)
