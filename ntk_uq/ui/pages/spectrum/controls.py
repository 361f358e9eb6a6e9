"""The controls of the page of spectra: widgets to view and back."""

import streamlit as st

from ntk_uq.specs import DataSpec, TrainingSpec
from ntk_uq.ui.controls import data, effects, network, widgets
from ntk_uq.views.spectrum import SpectrumView

_PAGE = "spectrum"
_OWN = ("activation", "sigma_w", "sigma_b", "sample", "curve")


def fill(view: SpectrumView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view, name) for name in _OWN})
    widgets.fill_numbers(_PAGE, SpectrumView, "depths", view.depths)
    network.fill_training(_PAGE, view.training)
    widgets.fill_value_axis(_PAGE, view.axis)


def draw() -> SpectrumView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        st.header("Data")
        name = data.choose(_PAGE)
        prepared = data.preparation(_PAGE, data.find(name))
        sample = widgets.number(_PAGE, SpectrumView, "sample", "M, examples of the sample", 100)
        st.header("Network")
        depths = network.depths(_PAGE, SpectrumView)
        layers = network.activation(_PAGE)
        training = network.training(_PAGE)
        st.header("Display")
        curve = st.toggle(
            "Curve with a test set beside",
            key=widgets.key(_PAGE, "curve"),
            help=effects.of(SpectrumView, "curve"),
        )
        axis = widgets.value_axis(_PAGE)
    seed = training.pop("seed")
    # Nothing here depends on it; it stays what it is on other pages.
    n_test = st.session_state[widgets.key(_PAGE, "n_test")]
    return SpectrumView(
        DataSpec(name, n_test=n_test, seed=seed, **prepared),
        depths=depths,
        **layers,
        training=TrainingSpec(**training),
        sample=sample,
        curve=curve,
        axis=axis,
    )
