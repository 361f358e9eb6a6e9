"""The data sets that this browser session brought itself, or met in a link.

Others do not see them listed: who has the link has the data set.
"""

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets import own

_KEY = "own_datasets"


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


def title_of(name: str) -> str | None:
    """What the file of a data set was called that this session brought; None for another's."""
    if name not in remembered():
        return None
    try:
        return own.look(name).title
    except NtkUqError:
        return None
