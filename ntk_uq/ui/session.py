"""What a page needs of the process around it: the store, the engine's pulse, the theme."""

import runpy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import Page

from ntk_uq.base import places, settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.store import Store, open_store

_NAVIGATED = "navigated"


def navigate(pages: Sequence[Page]) -> None:
    """Runs the page that the address names."""
    chosen = st.navigation(list(pages))
    st.session_state[_NAVIGATED] = True
    chosen.run()


def run(page: Callable[[], None]) -> None:
    """Runs a page as a part of the app, from the end of its script.

    At its first address after a start, Streamlit 1.67 finds the folder pages/ and runs a page's
    script without app.py, with neither title nor width. Then the app is run from here.
    """
    if st.session_state.pop(_NAVIGATED, False):
        page()
    else:
        runpy.run_path(str(places.app()))


@st.cache_resource(show_spinner=False)
def _opened(directory: str) -> Store:  # noqa: ARG001 (the key: tests and users change the setting)
    return open_store(settings.store_directory())


@contextmanager
def told() -> Iterator[None]:
    """Whatever is reported to users in words ends the page, or the fragment, with these words."""
    try:
        yield
    except NtkUqError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def store() -> Store:
    """The store. Raises StoreError where it cannot be used."""
    return _opened(str(settings.store_directory()))


def engine_alive(opened: Store) -> bool:
    """Whether somebody computes the jobs."""
    return bool(opened.jobs.engines())


def dark() -> bool:
    """Whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"
