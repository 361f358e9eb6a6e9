"""What a page says where its data set's files are not there."""

import streamlit as st

from ntk_uq.errors import MissingDataError
from ntk_uq.specs import DataSpec
from ntk_uq.views import DataView


def end(data: DataSpec, error: MissingDataError) -> None:
    """Ends the page with what is missing and the way to where it can be had."""
    st.error(str(error), icon=":material/error:")
    st.page_link(
        "pages/data.py",
        label="Fetch or upload it on the page of data sets",
        icon=":material/cloud_download:",
        query_params=DataView(data).to_query(),
    )
    st.stop()
