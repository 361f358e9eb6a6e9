"""Finite networks: how wide, on how many examples, how many of each, and how they are trained."""

from typing import Any

import streamlit as st

from ntk_uq import optimizers
from ntk_uq.base.fields import check_of
from ntk_uq.specs import OPTIMIZERS, EnsembleSpec, OptimizerSpec
from ntk_uq.ui.controls import effects, widgets
from ntk_uq.ui.place import place
from ntk_uq.views import EnsemblesView, WidthView

_LISTS = ("widths", "n_train")
_OPTIMIZER = ("optimizer", "steps", "eta")
_NEEDS: dict[str, tuple[str, float | None, str | None]] = {
    "momentum": ("Momentum", None, "%g"),
    "batch_size": ("Batch size", 8, None),
}
"""What an optimizer may need besides, as number inputs: label, step and form."""


def fill(page: str, view: EnsemblesView | WidthView) -> None:
    """Sets the controls of this module."""
    for name in _LISTS:
        widgets.fill_numbers(page, type(view), name, getattr(view, name))
    widgets.fill(page, {"members": view.members})
    widgets.fill(page, {name: getattr(view.optimizer, name) for name in _OPTIMIZER})
    for name in _NEEDS:
        value = getattr(view.optimizer, name)
        if value is None:  # one that has it begins with what is usual for it
            st.session_state.pop(widgets.key(page, name), None)
        else:
            widgets.fill(page, {name: value})


def widths(page: str, cls: type) -> str:
    """A text input of the widths; its text, for :func:`read_lists`."""
    return widgets.numbers(page, cls, "widths", "Widths")


def sets_and_members(page: str, cls: type) -> tuple[str, int]:
    """Controls of the training sets, as a text for :func:`read_lists`, and of the members."""
    st.header("Training sets and members")
    n_train = widgets.numbers(page, cls, "n_train", "N_D, training examples")
    members = widgets.number(page, EnsembleSpec, "members", "Members of each ensemble", 10)
    return n_train, members


def read_lists(cls: type, widths: str, n_train: str) -> dict[str, Any]:
    """The values of the fields ``widths`` and ``n_train`` of a view.

    Raises:
        SpecError: if they are no numbers.
    """
    texts = zip(_LISTS, (widths, n_train), strict=True)
    return {name: widgets.read_numbers(cls, name, text) for name, text in texts}


def optimizer(page: str) -> dict[str, Any]:
    """Controls of the optimizer; the values of :class:`OptimizerSpec`'s fields."""
    name = st.selectbox(
        "Optimizer",
        list(OPTIMIZERS),
        format_func=lambda option: optimizers.get(option).title,
        key=widgets.key(page, "optimizer"),
        help=effects.of(OptimizerSpec, "optimizer"),
    )
    left, right = st.columns(2)
    with left:
        steps = widgets.number(page, OptimizerSpec, "steps", "k, steps", 100)
    with right:
        chosen = optimizers.get(name)
        label = "η  [1 / λ_max]" if chosen.normalized else "η, learning rate"
        eta = widgets.number(page, OptimizerSpec, "eta", label, None, "%g")
    values: dict[str, Any] = {"optimizer": name, "steps": steps, "eta": eta}
    with place():
        for need, usual in chosen.needs.items():
            start = check_of(OptimizerSpec, need).check(need, usual)
            values[need] = widgets.number(page, OptimizerSpec, need, *_NEEDS[need], start=start)
        if chosen.departure:
            theory = "A departure from the theory, which is that of full-batch gradient descent."
            st.caption(f"{chosen.about} {theory}")
    return values
