"""The controls of the page of widths: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import DataSpec, OptimizerSpec
from ntk_uq.ui.controls import data, effects, finite, network, widgets
from ntk_uq.views import WidthView

_PAGE = "width"
_OWN = ("activation", "sigma_w", "sigma_b", "tolerance")


def fill(view: WidthView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    finite.fill(_PAGE, view)
    widgets.fill(_PAGE, {name: getattr(view, name) for name in _OWN})
    widgets.fill_numbers(_PAGE, type(view), "depths", view.depths)
    widgets.fill(_PAGE, {"shown_n_train": view.shown})
    widgets.fill_value_axis(_PAGE, view.axis)


def draw() -> WidthView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.header("Networks")
        depths = network.depths(_PAGE, WidthView)
        layers = network.activation(_PAGE)
        widths = finite.widths(_PAGE, WidthView)
        n_train, members = finite.sets_and_members(_PAGE, WidthView)
        st.header("Training")
        optimizer = finite.optimizer(_PAGE)
        st.header("Close to infinite width")
        tolerance = widgets.number(_PAGE, WidthView, "tolerance", "Within, %", 1, "%g")
        with st.expander("Seed, axes"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            axis = widgets.value_axis(_PAGE)
    # Only now: a value that is refused must not take the controls below it away.
    return WidthView(
        DataSpec(**chosen, seed=seed),
        depths=depths,
        **layers,
        optimizer=OptimizerSpec(**optimizer),
        **finite.read_lists(WidthView, widths, n_train),
        members=members,
        tolerance=tolerance,
        shown_n_train=st.session_state.get(widgets.key(_PAGE, "shown_n_train")),
        axis=axis,
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
        help=effects.of(WidthView, "shown_n_train"),
    )
    if chosen is not None and chosen != view.shown:
        st.session_state[widgets.key(_PAGE, "shown_n_train")] = chosen
        st.rerun()
