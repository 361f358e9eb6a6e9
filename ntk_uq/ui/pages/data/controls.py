"""The controls of the page of data sets: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import ArchitectureSpec, DataSpec
from ntk_uq.ui.controls import data, network, widgets
from ntk_uq.views import DataView

_PAGE = "data"
_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")


def fill(view: DataView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view.architecture, name) for name in _NETWORK})
    widgets.fill(_PAGE, {"sample": view.sample})


def choose(name: str) -> None:
    """Sets the data set, as a choice in the box would."""
    widgets.fill(_PAGE, {"dataset": name})
    data.adapt(_PAGE)


def draw() -> DataView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        st.header("Data")
        name = data.choose(_PAGE)
        prepared = data.preparation(_PAGE, data.find(name))
        st.header("Kernel")
        depth = widgets.number(_PAGE, ArchitectureSpec, "depth", "Depth, hidden layers", 1)
        chosen = network.activation(_PAGE)
        sample = widgets.number(_PAGE, DataView, "sample", "n, examples", 100)
    # Nothing here depends on them; they stay what they are on other pages.
    others = {n: st.session_state[widgets.key(_PAGE, n)] for n in ("n_test", "seed")}
    return DataView(
        DataSpec(name, **others, **prepared), ArchitectureSpec(depth=depth, **chosen), sample=sample
    )
