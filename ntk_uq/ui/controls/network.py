"""The network, and how it is trained."""

from typing import Any

import streamlit as st

from ntk_uq.activations import get
from ntk_uq.base.errors import SpecError
from ntk_uq.specs import ACTIVATIONS, ArchitectureSpec, DataSpec, TrainingSpec
from ntk_uq.ui.controls import effects, widgets
from ntk_uq.ui.place import place

_TRAININGS = {
    "converged": "Gradient descent, converged",
    "time": "Gradient flow, for a time t",
    "steps": "Gradient descent, k steps",
    "bayes": "Bayesian posterior (NNGP)",
}
_START = {"time": 1000.0, "steps": 1000}
"""What a training time starts from when it is chosen first."""


def depths(page: str, cls: type, start: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """A control for several depths, the field ``depths`` of a view; its value.

    ``start`` is what it holds when it appears. (Streamlit forgets what is not drawn.)
    """
    # A box of names to choose from would take "3" and Enter for 3, 13, 23, 30, 31 and 32.
    text = widgets.numbers(page, cls, "depths", "Depths, hidden layers", start)
    try:
        return tuple(widgets.read_numbers(cls, "depths", text))
    except SpecError:
        return ()  # the control has told; those below it are to be drawn all the same


def activation(page: str) -> dict[str, Any]:
    """Controls of activation and variances; the values of those fields."""
    chosen = st.selectbox(
        "Activation",
        tuple(ACTIVATIONS),
        key=widgets.key(page, "activation"),
        help=effects.beside(
            "; ".join(f"{name}: {get(name).words}" for name in ACTIVATIONS), "activation"
        ),
    )
    left, right = st.columns(2)
    with left:
        sigma_w = widgets.number(page, ArchitectureSpec, "sigma_w", "σ_w, weights", 0.1, "%.5g")
    with right:
        sigma_b = widgets.number(page, ArchitectureSpec, "sigma_b", "σ_b, biases", 0.1, "%.5g")
    return {"activation": chosen, "sigma_w": sigma_w, "sigma_b": sigma_b}


def fill_training(page: str, training: TrainingSpec) -> None:
    """Sets the controls of the training."""
    kind = "bayes" if training.posterior == "bayes" else "converged"
    if training.time is not None:
        kind = "time"
    if training.steps is not None:
        kind = "steps"
    values = {
        "kind": kind,
        "time": training.time or _START["time"],
        "steps": training.steps or _START["steps"],
        "eta": training.eta,
        "jitter": training.jitter,
    }
    widgets.fill(page, values)


def training(page: str) -> dict[str, Any]:
    """Controls of the training; the values of :class:`TrainingSpec`'s fields, and the seed."""
    st.header("Training")
    kind = st.selectbox(
        "Trained how",
        _TRAININGS,
        format_func=lambda name: _TRAININGS[name],
        key=widgets.key(page, "kind"),
        help=effects.beside("how far the networks are trained, or that they are Bayesian", "kind"),
    )
    values: dict[str, Any] = {"posterior": "bayes" if kind == "bayes" else "trained"}
    with place():
        values |= _how_long(page, kind)
    with st.expander("Jitter and seed"):
        label = "Jitter  [mean kernel diagonal]"
        values["jitter"] = widgets.number(page, TrainingSpec, "jitter", label, None, "%g")
        values["seed"] = widgets.number(page, DataSpec, "seed", "Seed", 1)
    return values


def _how_long(page: str, kind: str) -> dict[str, Any]:
    if kind == "time":
        label = "t  [1 / NTK eigenvalue]"
        time = widgets.number(
            page, TrainingSpec, "time", label, None, "%g", start=_START["time"], needed=True
        )
        return {"time": time}
    if kind != "steps":
        return {}
    left, right = st.columns(2)
    with left:
        steps = widgets.number(
            page, TrainingSpec, "steps", "k, steps", 100, start=_START["steps"], needed=True
        )
    with right:
        eta = widgets.number(page, TrainingSpec, "eta", "η  [1 / λ_max]", 0.1, "%g", start=1.0)
    return {"steps": steps, "eta": eta}
