"""Where a data set is not here: what is missing, and the way to where it can be had."""

from typing import Any, NoReturn

import streamlit as st

from ntk_uq.base.errors import MissingDataError
from ntk_uq.store import Store
from ntk_uq.ui import links, prepared_views, say
from ntk_uq.views import DataView


def end(store: Store, view: Any, error: MissingDataError) -> NoReturn:
    """Ends the page of a view with what is missing and a link to the page of data sets; in a demo,
    with those views that are there."""
    say.error(error, icon=":material/error:")
    prepared_views.tell(store, view)
    if not store.read_only:
        links.opening_of(
            DataView(error.data or view.data),
            label="Fetch or upload it on the page of data sets",
            icon=":material/cloud_download:",
        ).draw()
    st.stop()
