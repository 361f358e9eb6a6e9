"""In a demo: what is shown there, and what is said of a view that is not among it."""

import streamlit as st

from ntk_uq.base.errors import MissingDataError, NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.jobs import prepared
from ntk_uq.people import DEMO
from ntk_uq.store import Store
from ntk_uq.ui import say
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.start import presets

LINE = "Demo: prepared results, nothing is computed"
"""Beside every page, where otherwise stands what the engine does."""

_NOT_THERE = f"{DEMO} This view is not among them."


def tell(store: Store, view: Spec) -> None:
    """Says so where results of a view are missing that nobody will compute, and offers those that
    are there; nothing in a store that is written to."""
    if not store.read_only:
        return
    try:
        lacks = bool(prepared.missing(store, view))
    except MissingDataError:
        lacks = True
    except NtkUqError:
        return  # what is wrong with the view itself, the page says
    if lacks:
        say.info(_NOT_THERE, icon=":material/inventory_2:")
        offer(store, view)


def offer(store: Store, view: Spec) -> None:
    """The presets and the views of the same page that are prepared; the others are among the named
    views."""
    title = page_of(view).title
    known = {preset.view for preset in (*presets.TRY, *presets.AS_IN_THE_PAPER)}
    with st.container(horizontal=True, vertical_alignment="center", key="prepared_views"):
        st.caption("Prepared:", width="content")
        for one in prepared.views(store):
            if one.view in known or page_of(one.view).title == title:
                presets.Preset(**vars(one)).draw(title, "prepared")
