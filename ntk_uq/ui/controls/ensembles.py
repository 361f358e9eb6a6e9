"""The controls of the page of ensembles: widgets to view and back."""

from typing import Any

import streamlit as st

from ntk_uq.fields import about, check_of
from ntk_uq.specs import (
    OPTIMIZERS,
    USUAL,
    ArchitectureSpec,
    DataSpec,
    EnsembleSpec,
    OptimizerSpec,
)
from ntk_uq.ui.controls import data, network, widgets
from ntk_uq.views import EnsemblesView

_PAGE = "ensembles"
_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")
_OPTIMIZER = ("optimizer", "steps", "eta")
_OPTIMIZERS = {
    "gd": "gradient descent",
    "momentum": "gradient descent with momentum",
    "sgd": "stochastic gradient descent",
    "adam": "Adam",
}
_START = {name: value for needs in USUAL.values() for name, value in needs.items()}
_ETA = {"adam": "η, learning rate"}


def fill(view: EnsemblesView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view.architecture, name) for name in _NETWORK})
    widgets.fill(_PAGE, {name: getattr(view.optimizer, name) for name in _OPTIMIZER})
    for name, start in _START.items():
        widgets.fill(_PAGE, {name: getattr(view.optimizer, name) or start})
    for name in ("widths", "n_train"):
        text = check_of(EnsemblesView, name).format(getattr(view, name)).replace(",", ", ")
        widgets.fill(_PAGE, {name: text})
    width, n_train = view.shown
    widgets.fill(_PAGE, {"members": view.members, "linear": view.axis == "linear"})
    widgets.fill(_PAGE, {"shown_width": width, "shown_n_train": n_train})


def draw() -> EnsemblesView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.subheader("Networks")
        depth = widgets.number(_PAGE, ArchitectureSpec, "depth", "Depth, hidden layers", 1)
        layers = network.activation(_PAGE)
        widths = _list("widths", "Widths")
        st.subheader("Training sets and members")
        n_train = _list("n_train", "N_D, training examples")
        members = widgets.number(_PAGE, EnsembleSpec, "members", "Members of each ensemble", 10)
        st.subheader("Training")
        optimizer = _optimizer()
        with st.expander("Seed, axes"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            linear = st.toggle("Linear value axes", key=widgets.key(_PAGE, "linear"))
    # Only now: a value that is refused must not take the controls below it away.
    lists = {
        name: check_of(EnsemblesView, name).parse(name, text)
        for name, text in (("widths", widths), ("n_train", n_train))
    }
    return EnsemblesView(
        DataSpec(**chosen, seed=seed),
        ArchitectureSpec(depth=depth, **layers),
        OptimizerSpec(**optimizer),
        **lists,
        members=members,
        shown_width=st.session_state.get(widgets.key(_PAGE, "shown_width")),
        shown_n_train=st.session_state.get(widgets.key(_PAGE, "shown_n_train")),
        axis="linear" if linear else "log",
    )


def shown(view: EnsemblesView) -> None:
    """Two boxes that choose the ensemble to be shown in detail.

    Inside a fragment; since the address bar holds the choice, the whole page runs again.
    """
    width, n_train = view.shown
    left, right, _ = st.columns([1, 1, 3])
    for column, label, name, options, value in (
        (left, "Width", "shown_width", view.widths, width),
        (right, "N_D", "shown_n_train", view.n_train, n_train),
    ):
        # A box for each value: an old box would remember what a link has changed since.
        box = f"{_PAGE}_{name}_{value}"
        chosen = column.selectbox(label, options, options.index(value), key=box)
        if chosen != value:
            st.session_state[widgets.key(_PAGE, name)] = chosen
            st.rerun()


def _list(name: str, label: str) -> str:
    return st.text_input(
        label,
        key=widgets.key(_PAGE, name),
        help=f"{about(EnsemblesView, name)}; numbers with commas between, from small to large",
    )


def _optimizer() -> dict[str, Any]:
    name = st.selectbox(
        "Optimizer",
        OPTIMIZERS,
        format_func=lambda option: _OPTIMIZERS[option],
        key=widgets.key(_PAGE, "optimizer"),
    )
    left, right = st.columns(2)
    with left:
        steps = widgets.number(_PAGE, OptimizerSpec, "steps", "k, steps", 100)
    with right:
        label = _ETA.get(name, "η  [1 / λ_max]")
        eta = widgets.number(_PAGE, OptimizerSpec, "eta", label, None, "%g")
    values: dict[str, Any] = {"optimizer": name, "steps": steps, "eta": eta}
    if name == "momentum":
        values["momentum"] = widgets.number(
            _PAGE, OptimizerSpec, "momentum", "Momentum", None, "%g", start=_START["momentum"]
        )
    if name == "sgd":
        values["batch_size"] = widgets.number(
            _PAGE, OptimizerSpec, "batch_size", "Batch size", 8, start=_START["batch_size"]
        )
    if name != "gd":
        st.caption("A departure from the theory, which is that of full-batch gradient descent.")
    return values
