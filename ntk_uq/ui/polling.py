"""How often a page looks for results: often after it has asked for them, then calmly.

The first points of a curve, and all of a small one, are there within tenths of a second. Looking so
often for as long as something is computed would take from the processor that computes it.
"""

import math
import time

import streamlit as st

QUICK_SECONDS = 0.25
_QUICK_FOR = 3.0  # seconds
_ASKED = "asked_at"


def asked() -> None:
    """Says that this session has just asked for something."""
    st.session_state[_ASKED] = time.monotonic()


def interval(waiting: bool, calm: float) -> float | None:
    """Seconds until the page should look again; None where nothing may come by itself.

    Args:
        waiting: whether something may.
        calm: what it is when asking was a while ago.
    """
    if not waiting:
        return None
    since = time.monotonic() - st.session_state.get(_ASKED, -math.inf)
    return min(QUICK_SECONDS, calm) if since < _QUICK_FOR else calm
