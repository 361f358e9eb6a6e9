"""What a page needs of the process around it: the store, the engine's pulse, the theme."""

import streamlit as st

from ntk_uq import settings
from ntk_uq.errors import StoreError
from ntk_uq.store import Store, open_store


@st.cache_resource(show_spinner=False)
def _opened(directory: str) -> Store:  # noqa: ARG001 (the key: tests and users change the setting)
    return open_store(settings.store_directory())


def store() -> Store:
    """The store; ends the page with the reason where there is none."""
    try:
        return _opened(str(settings.store_directory()))
    except StoreError as error:
        st.error(str(error), icon=":material/database_off:")
        st.stop()


def engine_alive(opened: Store) -> bool:
    """Whether somebody computes the jobs."""
    return bool(opened.jobs.engines())


def dark() -> bool:
    """Whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"
