"""The controls of the page of ensembles: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import (
    ArchitectureSpec,
    DataSpec,
    EnsembleSpec,
    OptimizerSpec,
)
from ntk_uq.ui.controls import data, finite, network, widgets
from ntk_uq.views import EnsemblesView

_PAGE = "ensembles"
_LISTS = ("widths", "n_train")
_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")


def fill(view: EnsemblesView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view.architecture, name) for name in _NETWORK})
    finite.fill_optimizer(_PAGE, view.optimizer)
    for name in _LISTS:
        widgets.fill_numbers(_PAGE, EnsemblesView, name, getattr(view, name))
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
        widths = widgets.numbers(_PAGE, EnsemblesView, "widths", "Widths")
        st.subheader("Training sets and members")
        n_train = widgets.numbers(_PAGE, EnsemblesView, "n_train", "N_D, training examples")
        members = widgets.number(_PAGE, EnsembleSpec, "members", "Members of each ensemble", 10)
        st.subheader("Training")
        optimizer = finite.optimizer(_PAGE)
        with st.expander("Seed, axes"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            linear = st.toggle("Linear value axes", key=widgets.key(_PAGE, "linear"))
    # Only now: a value that is refused must not take the controls below it away.
    lists = {
        name: widgets.read_numbers(EnsemblesView, name, text)
        for name, text in zip(_LISTS, (widths, n_train), strict=True)
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
