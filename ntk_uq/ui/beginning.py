"""How a page begins: its view from the link or the controls, and the data set behind it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import streamlit as st

from ntk_uq.base.errors import MissingDataError, NtkUqError
from ntk_uq.datasets import Dataset
from ntk_uq.store import Store
from ntk_uq.ui import links, live, missing, prepared_views, refused, say, session, setup_bar
from ntk_uq.ui.place import place

View = TypeVar("View", bound=Any)


class Controls(Protocol[View]):
    """A page's controls: from a view to widgets, and back."""

    def fill(self, view: View) -> None:
        """Sets every control, before they are drawn."""

    def draw(self) -> View:
        """Draws the controls; the view that they hold."""


def chosen(
    cls: type[View], controls: Controls[View], check: Callable[[View], Dataset]
) -> tuple[Store, View, Dataset]:
    """The store, the view that is to be shown, and its data set; the setup stands above the page.

    Args:
        cls: the page's view; it has ``data``.
        controls: the module with its controls.
        check: the view's data set, if all of the view can be computed; raises NtkUqError if not.

    Raises:
        NtkUqError: where the controls hold no view, or ``check`` refuses it, and there is no view
            of before that the page can go on with. Data that are missing end the page with the way
            to where they can be had.
    """
    links.set_controls(cls, controls.fill)
    store = session.store()
    refused.forget()
    told, last = "", f"sound_{cls.__name__}"
    try:
        view = controls.draw()
        links.keep(view)
        dataset = check(view)
        st.session_state[last] = view
    except NtkUqError as error:
        links.see_controls()
        if isinstance(error, MissingDataError):
            live.ask(store, ())
            missing.end(store, view, error)
        before = st.session_state.get(last)
        if before is None:
            live.ask(store, ())
            raise type(error)(refused.words(error)) from None
        refused.set_stale()
        told = (
            f"{refused.words(error)} Until that is mended, the page shows the last settings that "
            "were sound."
        )
        view, dataset = before, check(before)
    with place():
        if told:
            say.error(told, icon=":material/error:")
        setup_bar.draw(view)
        prepared_views.tell(store, view)
    return store, view, dataset
