"""The address bar holds the whole view: a link opens the same view anywhere."""

import streamlit as st

from ntk_uq.errors import LinkError
from ntk_uq.views import CurvesView

_VIEW, _WRITTEN = "view", "written_link"


def opened_view() -> CurvesView | None:
    """The view to show if it is not the one that the controls hold: at the first run, after the
    address was changed, and after another page. None where the controls hold it.

    A link that cannot be read ends the page with what is wrong with it and a way out.
    """
    query = st.query_params.to_dict()
    if not query:
        return st.session_state.get(_VIEW, CurvesView())
    if query == st.session_state.get(_WRITTEN):
        return None
    try:
        return CurvesView.from_query(query)
    except LinkError as error:
        st.error(str(error), icon=":material/link_off:")
        st.button("Open the default view", on_click=_forget, type="primary")
        st.stop()


def keep(view: CurvesView) -> None:
    """Writes the view into the address bar."""
    query = view.to_query()
    st.session_state[_VIEW] = view
    st.session_state[_WRITTEN] = query
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def _forget() -> None:
    st.session_state.pop(_VIEW, None)
    st.query_params.clear()
