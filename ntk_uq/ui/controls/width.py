"""The controls of the page of widths: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.ui.controls import data, finite, network, widgets
from ntk_uq.views import WidthView

_PAGE = "width"
_LISTS = ("widths", "n_train")
_OWN = ("activation", "sigma_w", "sigma_b", "members", "tolerance")


def fill(view: WidthView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    finite.fill_optimizer(_PAGE, view.optimizer)
    widgets.fill(_PAGE, {name: getattr(view, name) for name in _OWN})
    for name in _LISTS:
        widgets.fill_numbers(_PAGE, WidthView, name, getattr(view, name))
    widgets.fill(_PAGE, {"depths": list(view.depths), "linear": view.axis == "linear"})
    widgets.fill(_PAGE, {"shown_n_train": view.shown})


def draw() -> WidthView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.subheader("Networks")
        depths = network.depths(_PAGE, WidthView)
        layers = network.activation(_PAGE)
        widths = widgets.numbers(_PAGE, WidthView, "widths", "Widths")
        st.subheader("Training sets and members")
        n_train = widgets.numbers(_PAGE, WidthView, "n_train", "N_D, training examples")
        members = widgets.number(_PAGE, EnsembleSpec, "members", "Members of each ensemble", 10)
        st.subheader("Training")
        optimizer = finite.optimizer(_PAGE)
        st.subheader("Close to infinite width")
        tolerance = widgets.number(_PAGE, WidthView, "tolerance", "Within, %", 1, "%g")
        with st.expander("Seed, axes"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            linear = st.toggle("Linear value axes", key=widgets.key(_PAGE, "linear"))
    # Only now: a value that is refused must not take the controls below it away.
    lists = {
        name: widgets.read_numbers(WidthView, name, text)
        for name, text in zip(_LISTS, (widths, n_train), strict=True)
    }
    return WidthView(
        DataSpec(**chosen, seed=seed),
        depths=depths,
        **layers,
        optimizer=OptimizerSpec(**optimizer),
        **lists,
        members=members,
        tolerance=tolerance,
        shown_n_train=st.session_state.get(widgets.key(_PAGE, "shown_n_train")),
        axis="linear" if linear else "log",
    )


def shown(view: WidthView) -> None:
    """A box that chooses the N_D of the plots against width.

    Inside a fragment; since the address bar holds the choice, the whole page runs again.
    """
    # A box for each value: an old box would remember what a link has changed since.
    chosen = st.segmented_control(
        "N_D of the plots against width",
        view.n_train,
        default=view.shown,
        key=f"{_PAGE}_shown_{view.shown}",
    )
    if chosen is not None and chosen != view.shown:
        st.session_state[widgets.key(_PAGE, "shown_n_train")] = chosen
        st.rerun()
