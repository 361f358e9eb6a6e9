"""What an admin has to say to all, above every page.

It costs a redraw nothing: it is read where the line about the engine is, when anything has changed.
"""

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.ui import engine_line, say, session


def draw() -> None:
    """Draws it where there is one; :mod:`ntk_uq.ui.engine_line` looks whether that is so still."""
    try:
        text = engine_line.notice(session.store())
    except NtkUqError:
        return  # the page says so
    st.session_state[engine_line.NOTICE] = text
    if text:
        say.warning(text, icon=":material/campaign:")
