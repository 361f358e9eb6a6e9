"""What a page needs of the process around it: the store, the engine's pulse, the theme."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base import settings
from ntk_uq.base.errors import NtkUqError, StoreError, StoreGoneError, StoreNotWritableError
from ntk_uq.base.shared import Shared
from ntk_uq.store import Store, open_store
from ntk_uq.ui import say

_OPENED: Shared[Store] = Shared(64)  # by their directories: tests and users change the setting


_LOOK_SECONDS = 2.0  # whether a store that was moved away is back


@contextmanager
def told() -> Iterator[None]:
    """Whatever is reported to users in words ends the page, or the fragment, with these words."""
    try:
        yield
    except NtkUqError as error:
        say.error(error, icon=":material/error:")
        if isinstance(error, StoreGoneError):
            _look_again()
        st.stop()


def _look_again() -> None:
    """Draws the page again once the store is back; a fragment that runs by itself does anyway."""
    context = get_script_run_ctx()
    if context is not None and not context.fragment_ids_this_run:
        st.fragment(_again_if_back, run_every=_LOOK_SECONDS)()


def _again_if_back() -> None:
    with suppress(StoreError):
        store().jobs.stamp()
        st.rerun()


@contextmanager
def kept() -> Iterator[None]:
    """Writing to the store what a page can be shown without: where nothing can be written, the page
    goes on and says so."""
    try:
        yield
    except StoreNotWritableError as error:
        say.warning(
            "Nothing can be kept at the moment: what is stored is shown, and nothing new is "
            f"computed. {error}",
            icon=":material/save:",
        )


CONTROLS = "control_keys"
"""Under it, the keys of all controls that a view has set, as the keys of a dictionary."""


def store() -> Store:
    """The store. Raises StoreError where it cannot be used."""
    directory = settings.store_directory()
    key = directory, settings.demo() is not None
    return _OPENED.get(key, lambda: open_store(directory))


def engine_alive(opened: Store) -> bool:
    """Whether somebody computes the jobs."""
    return bool(opened.jobs.engines())


def dark() -> bool:
    """Whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"
