"""How many browser tabs this server has inside at once.

Who comes when it is full is told so, and let in by itself as soon as somebody has gone; nobody who
is in is sent away.
"""

import threading

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base import settings
from ntk_uq.base.counting import counted
from ntk_uq.base.errors import SpecError
from ntk_uq.ui import say

_LOOK_SECONDS = 5.0

_inside: set[str] = set()  # sessions, by Streamlit's names of them
_lock = threading.Lock()


def gate() -> None:
    """Ends the page for whoever comes when as many are inside as the setting allows."""
    try:
        most = settings.sessions()
    except SpecError as error:
        say.error(error, icon=":material/error:")
        st.stop()
    if most is None or _let_in(most):
        return
    say.info(
        f"{counted(most, 'browser tab is', 'browser tabs are')} open here, as many as this server "
        "takes at once. This page opens by itself as soon as one of them is closed.",
        icon=":material/hourglass_empty:",
    )
    st.fragment(_look, run_every=_LOOK_SECONDS)(most)
    st.stop()


def _look(most: int) -> None:
    if _let_in(most):
        st.rerun()


def _let_in(most: int) -> bool:
    """Whether the session is inside, or there is room, which it has then."""
    context = get_script_run_ctx()
    session = context.session_id if context else ""
    with _lock:
        _inside.intersection_update({one for one in _inside if one == session or _is_there(one)})
        if session not in _inside and len(_inside) >= most:
            return False
        _inside.add(session)
        return True


def _is_there(session: str) -> bool:
    """Whether a session has a connection; in tests of pages there is no server that knows."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session) is True
