"""How many browser tabs this server has inside at once.

Who comes when it is full is told so, and let in by itself as soon as somebody has gone; nobody who
is in is sent away.
"""

import threading

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base import settings
from ntk_uq.base.counting import counted
from ntk_uq.ui import say, session, watching

_LOOK_SECONDS = 5.0

_inside: set[str] = set()  # sessions, by Streamlit's names of them
_lock = threading.Lock()


def gate() -> None:
    """Ends the page for whoever comes when as many are inside as the setting allows."""
    with session.told():
        most = settings.sessions()
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
    own = context.session_id if context else ""
    with _lock:
        gone = {one for one in _inside if one != own and not watching.connected(one)}
        _inside.difference_update(gone)
        if own not in _inside and len(_inside) >= most:
            return False
        _inside.add(own)
        return True
