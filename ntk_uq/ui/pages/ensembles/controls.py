"""The controls of the page of ensembles: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import ArchitectureSpec, DataSpec, OptimizerSpec
from ntk_uq.ui.controls import data, effects, finite, network, widgets
from ntk_uq.views import EnsemblesView

_PAGE = "ensembles"
_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")


def fill(view: EnsemblesView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view.architecture, name) for name in _NETWORK})
    finite.fill(_PAGE, view)
    width, n_train = view.shown
    widgets.fill_value_axis(_PAGE, view.axis)
    widgets.fill(_PAGE, {"shown_width": width, "shown_n_train": n_train})


def draw() -> EnsemblesView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.header("Networks")
        depth = widgets.number(_PAGE, ArchitectureSpec, "depth", "Depth, hidden layers", 1)
        layers = network.activation(_PAGE)
        widths = finite.widths(_PAGE, EnsemblesView)
        n_train, members = finite.sets_and_members(_PAGE, EnsemblesView)
        st.header("Training")
        optimizer = finite.optimizer(_PAGE)
        with st.expander("Seed, axes"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            axis = widgets.value_axis(_PAGE)
    # Only now: a value that is refused must not take the controls below it away.
    return EnsemblesView(
        DataSpec(**chosen, seed=seed),
        ArchitectureSpec(depth=depth, **layers),
        OptimizerSpec(**optimizer),
        **finite.read_lists(EnsemblesView, widths, n_train),
        members=members,
        shown_width=st.session_state.get(widgets.key(_PAGE, "shown_width")),
        shown_n_train=st.session_state.get(widgets.key(_PAGE, "shown_n_train")),
        axis=axis,
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
        chosen = column.selectbox(
            label, options, options.index(value), key=box, help=effects.of(EnsemblesView, name)
        )
        if chosen != value:
            st.session_state[widgets.key(_PAGE, name)] = chosen
            st.rerun()
