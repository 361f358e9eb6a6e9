"""Users' own data sets as this browser session sees them: what it brought, met in a link, or is
listed to whoever has logged in.

Others do not see them listed: who has the link has the data set, unless its owner keeps it private.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq import datasets
from ntk_uq.base import login_settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets import own
from ntk_uq.people import OwnData
from ntk_uq.ui import session, who

_KEY = "own_datasets"


def data() -> OwnData:
    """Own data sets in the hands of whoever looks at the page. Raises as :func:`who.person`."""
    return OwnData(who.person(session.store()))


def hidden() -> dict[str, str]:
    """Data sets that are not shown to whoever looks, with whose they are in words."""
    return data().hidden() if login_settings.login() else {}


def remember(name: str) -> None:
    """Keeps a data set's name for the boxes of this session, unless everybody has it."""
    if name not in datasets.REGISTRY:
        known = remembered()
        if name not in known:
            st.session_state[_KEY] = (*known, name)


def remembered() -> tuple[str, ...]:
    """The names that were kept, in the order in which they came."""
    names: tuple[str, ...] = st.session_state.get(_KEY, ())
    return names


def forget(name: str) -> None:
    """Leaves a data set out of this session's boxes."""
    st.session_state[_KEY] = tuple(known for known in remembered() if known != name)


def offered() -> tuple[str, ...]:
    """The names for boxes: what this session met, what is its person's, what is for the group."""
    listed = data().offered() if login_settings.login() else ()
    return tuple(dict.fromkeys((*remembered(), *listed)))


def title_of(name: str) -> str | None:
    """What a data set is called that is in this session's boxes; None for another's."""
    if name not in offered():
        return None
    try:
        return own.get(name).title
    except NtkUqError:
        return None


def _title_for_who_looks(name: str) -> str | None:
    # A thread that runs no page works for everybody.
    if not login_settings.login() or get_script_run_ctx(suppress_warning=True) is None:
        return None
    return data().title(name)


own.ask_before_showing(_title_for_who_looks)
