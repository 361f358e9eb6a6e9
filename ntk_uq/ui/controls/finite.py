"""How finite networks are trained."""

from typing import Any

import streamlit as st

from ntk_uq.specs import OPTIMIZERS, USUAL, OptimizerSpec
from ntk_uq.ui.controls import widgets

_OPTIMIZER = ("optimizer", "steps", "eta")
_OPTIMIZERS = {
    "gd": "gradient descent",
    "momentum": "gradient descent with momentum",
    "sgd": "stochastic gradient descent",
    "adam": "Adam",
}
_START = {name: value for needs in USUAL.values() for name, value in needs.items()}
_ETA = {"adam": "η, learning rate"}


def fill_optimizer(page: str, spec: OptimizerSpec) -> None:
    """Sets the controls of the optimizer."""
    widgets.fill(page, {name: getattr(spec, name) for name in _OPTIMIZER})
    for name, start in _START.items():
        widgets.fill(page, {name: getattr(spec, name) or start})


def optimizer(page: str) -> dict[str, Any]:
    """Controls of the optimizer; the values of :class:`OptimizerSpec`'s fields."""
    name = st.selectbox(
        "Optimizer",
        OPTIMIZERS,
        format_func=lambda option: _OPTIMIZERS[option],
        key=widgets.key(page, "optimizer"),
    )
    left, right = st.columns(2)
    with left:
        steps = widgets.number(page, OptimizerSpec, "steps", "k, steps", 100)
    with right:
        label = _ETA.get(name, "η  [1 / λ_max]")
        eta = widgets.number(page, OptimizerSpec, "eta", label, None, "%g")
    values: dict[str, Any] = {"optimizer": name, "steps": steps, "eta": eta}
    if name == "momentum":
        values["momentum"] = widgets.number(
            page, OptimizerSpec, "momentum", "Momentum", None, "%g", start=_START["momentum"]
        )
    if name == "sgd":
        values["batch_size"] = widgets.number(
            page, OptimizerSpec, "batch_size", "Batch size", 8, start=_START["batch_size"]
        )
    if name != "gd":
        st.caption("A departure from the theory, which is that of full-batch gradient descent.")
    return values
