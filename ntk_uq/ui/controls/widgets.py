"""What all controls share: their keys, and number inputs with a field's own bounds."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Maybe, Whole, check_of, default_of
from ntk_uq.ui import refused, session
from ntk_uq.ui.controls import effects
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain


def key(page: str, name: str) -> str:
    """The session's key of a control: pages do not share their controls."""
    return f"{page}_{name}"


def fill(page: str, values: Mapping[str, Any]) -> None:
    """Sets controls of a page, before they are drawn."""
    known = st.session_state.setdefault(session.CONTROLS, {})
    for name, value in values.items():
        st.session_state[key(page, name)] = value
        known[key(page, name)] = True


def number(
    page: str,
    cls: type,
    name: str,
    label: str,
    step: float | None = None,
    form: str | None = None,
    empty: str | None = None,
    start: float | None = None,
    needed: bool = False,
) -> Any:
    """A number input; what the field's own check says against its value is told below it.

    It has no bounds of its own: with them, the browser keeps a value beyond them to itself, and
    nobody hears of it.

    Args:
        page, name: whose control it is, and the field.
        cls: the specification that has the field.
        label: for people, with the unit.
        step: of the buttons beside it; None leaves it to Streamlit.
        form: how the value is written, printf style.
        empty: what an empty input means, where it means something.
        start: what it holds when it appears. (Streamlit forgets what is not drawn.)
        needed: whether it may not be empty, though the field itself may have no value. (It is NaN
            then, which every specification refuses.)
    """
    if start is not None:
        st.session_state.setdefault(key(page, name), start)
    check = check_of(cls, name)
    inner: Any = check.inner if isinstance(check, Maybe) else check
    kind = int if isinstance(inner, Whole) else float
    value = st.number_input(
        label,
        # The session has the value. With None here an emptied field is empty and told about;
        # otherwise it would jump to its smallest value and start a computation.
        value=None,
        step=kind(step) if step is not None else (1 if kind is int else None),
        format=form,
        key=key(page, name),
        placeholder=empty,
        help=effects.of(cls, name),
        on_change=_entered,
        args=(key(page, name), default_of(cls, name), form),
    )
    _told(label, lambda name: (inner if needed else check).check(name, value))
    return math.nan if needed and value is None else value


def _entered(name: str, default: Any, form: str | None) -> None:
    """Takes what somebody enters for the field's default where it is what is shown of that: 1.4142
    is √2. (A link that has 1.4142 is opened as it is.)"""
    if form and isinstance(default, float) and st.session_state[name] == float(form % default):
        st.session_state[name] = default


_ENTRY = re.compile(r"(“[^”]*”)\[(\d+)\]")


def _told(label: str, checked: Callable[[str], Any]) -> None:
    """Says below a control, as it is labelled, what its check refuses."""
    below = place()
    try:
        checked(f"“{label}”")
    except SpecError as error:
        told = _ENTRY.sub(lambda found: f"entry {int(found[2]) + 1} of {found[1]}", str(error))
        refused.tell(told)
        below.caption(f":red[{plain(told)}]")


def numbers(page: str, cls: type, name: str, label: str, start: Any = None) -> str:
    """A text input for a list of increasing numbers; its text, for :func:`read_numbers`.

    ``start`` is what it holds when it appears. (Streamlit forgets what is not drawn.)
    """
    if start is not None:
        st.session_state.setdefault(key(page, name), _written(cls, name, start))
    text = st.text_input(
        label,
        key=key(page, name),
        help=effects.of(cls, name),
    )
    check = check_of(cls, name)
    _told(label, lambda shown: check.check(shown, check.parse(shown, text)))
    return text


def fill_numbers(page: str, cls: type, name: str, values: Any) -> None:
    """Sets such an input."""
    fill(page, {name: _written(cls, name, values)})


def _written(cls: type, name: str, values: Any) -> str:
    """Numbers with all their digits, whole ones without a point."""
    items = check_of(cls, name).format(values).split(",")
    return ", ".join(item.removesuffix(".0") for item in items)


def value_axis(page: str) -> str:
    """A toggle of the value axes; the value of a view's field ``axis``."""
    words = "vertical axes with even steps instead of a logarithm"
    linear = st.toggle(
        "Linear value axes", key=key(page, "linear"), help=effects.beside(words, "axis")
    )
    return "linear" if linear else "log"


def fill_value_axis(page: str, axis: str) -> None:
    """Sets that toggle."""
    fill(page, {"linear": axis == "linear"})


def read_numbers(cls: type, name: str, text: str) -> Any:
    """The numbers in such an input's text.

    Raises:
        SpecError: if they are none.
    """
    return check_of(cls, name).parse(name, text)
