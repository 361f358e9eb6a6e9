"""Controls that a page changes by itself while somebody may be editing them.

Whoever has chosen a data set may be typing into the next field already. What that choice changes
there comes to the browser after the edit, and writes over it; but the edit has been sent, and is
here with the next request. So a control holds what was edited, and is set to it once more.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ntk_uq.ui.controls import widgets

_ADAPTED = "controls_adapted"


@dataclass
class _Adapted:
    """A control that was changed: to what, what it held before, and whether this run did it."""

    value: Any
    before: Any
    now: bool = True


def adapt(page: str, values: Mapping[str, Any]) -> None:
    """Sets those controls of a page that hold something else; for a callback.

    Args:
        page: whose controls they are. values: what they are to hold, by their fields.
    """
    adapted = st.session_state.setdefault(_ADAPTED, {})
    held = {name: st.session_state.get(widgets.key(page, name)) for name in values}
    changed = {name: value for name, value in values.items() if held[name] != value}
    for name, value in changed.items():
        adapted[widgets.key(page, name)] = _Adapted(value, held[name])
    widgets.fill(page, changed)


def keep_edits(told: Callable[[Collection[str]], Collection[str]]) -> None:
    """Sets again what a browser has edited, or still holds, from before it had a change; to be
    called in each run that somebody has asked for, before controls are drawn.

    Args:
        told: those of some controls of which the browser has sent what they hold.
    """
    adapted: dict[str, _Adapted] = st.session_state.get(_ADAPTED, {})
    sent = told(adapted.keys())
    for key, change in list(adapted.items()):
        if change.now:
            change.now = False
        elif key not in st.session_state:  # its page was left
            del adapted[key]
        elif key in sent:
            held = st.session_state[key]
            if held == change.before:
                st.session_state[key] = change.value
                continue
            if held != change.value:
                st.session_state[key] = held
            del adapted[key]
