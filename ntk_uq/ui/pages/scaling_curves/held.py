"""The view that the controls held last: values of those that are not drawn now, for when they are.
(Streamlit forgets what is not drawn.)"""

import streamlit as st

from ntk_uq.ui.controls import widgets
from ntk_uq.views import CurvesView


def keep(page: str, view: CurvesView) -> None:
    """Remembers it."""
    st.session_state[_key(page)] = view


def held(page: str) -> CurvesView:
    """The one that was kept."""
    view: CurvesView = st.session_state[_key(page)]
    return view


def _key(page: str) -> str:
    return widgets.key(page, "held")
