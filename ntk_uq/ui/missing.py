"""Where a data set is not here: what is missing, and the way to where it can be had."""

from typing import NoReturn

import streamlit as st

from ntk_uq.base.errors import MissingDataError
from ntk_uq.specs import DataSpec
from ntk_uq.ui import links, say
from ntk_uq.views import DataView


def end(data: DataSpec, error: MissingDataError) -> NoReturn:
    """Ends the page with what is missing and a link to the page of data sets."""
    say.error(error, icon=":material/error:")
    links.opening_of(
        DataView(data),
        label="Fetch or upload it on the page of data sets",
        icon=":material/cloud_download:",
    ).draw()
    st.stop()
