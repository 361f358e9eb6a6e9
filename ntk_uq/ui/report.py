"""The report that this browser session collects: kept across its pages, lost with it unless it is
saved under a name."""

import streamlit as st

from ntk_uq.base.errors import ExportError
from ntk_uq.export.document import Document
from ntk_uq.export.report import Report
from ntk_uq.ui import say

_KEY, _TOLD = "report", "report_told"


def current() -> Report:
    """The report as it is."""
    report: Report = st.session_state.get(_KEY) or Report()
    return report


def keep(report: Report) -> None:
    """Puts another report in its place."""
    st.session_state[_KEY] = report


def add(view: Document) -> None:
    """Adds a view; whatever is to be said of it, the next :func:`tell` says."""
    try:
        keep(current().with_view(view))
    except ExportError as error:
        st.session_state[_TOLD] = str(error)


def tell() -> None:
    """Shows what there was to say, once."""
    message = st.session_state.pop(_TOLD, None)
    if message:
        say.error(message, icon=":material/error:")
