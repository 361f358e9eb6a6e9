"""The controls of the page of scaling curves: widgets to view and back."""

from typing import Any

import streamlit as st

from ntk_uq.specs import DataSpec, TrainingSpec
from ntk_uq.specs.testing import HELD_OUT, folds_of, in_folds
from ntk_uq.ui.controls import data, effects, network, widgets
from ntk_uq.ui.pages.scaling_curves import finite, foreseen, varied
from ntk_uq.ui.pages.scaling_curves.held import keep
from ntk_uq.ui.place import place
from ntk_uq.views import CurvesView

_PAGE = "curves"
_OWN = ("activation", "sigma_w", "sigma_b", "n_low", "n_high", "n_points", "draws", "test")
_DISPLAY = ("fit_low", "fit_high", "law", "extrapolate", "parts", "bayes")
_ONE_POSTERIOR = ("posterior", "time")
"""What may vary where no curve has a Bayesian partner."""

_TESTS = (HELD_OUT, *map(in_folds, (5, 10, 20)))

_LAWS = {
    "power": "power law, plateau of ε",
    "auto": "automatic, by AICc",
    "offset": "power law with offset",
    "broken": "broken power law",
}


def fill(view: CurvesView) -> None:
    """Sets every control to a view, before they are drawn."""
    data.fill(_PAGE, view.data)
    network.fill_training(_PAGE, view.training)
    widgets.fill(_PAGE, {name: getattr(view, name) for name in (*_OWN, *_DISPLAY)})
    varied.fill(_PAGE, view)
    finite.fill(_PAGE, view)
    foreseen.fill(_PAGE, view)
    keep(_PAGE, view)
    widgets.fill(_PAGE, {"baseline": view.baseline})
    widgets.fill_value_axis(_PAGE, view.axis)


def draw() -> CurvesView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view (a range upside down, say).
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        several = varied.draw(_PAGE)
        vary = several["vary"]
        varied.replaced(vary, "dataset", "preparation")
        layers = _network(vary)
        grid = _grid()
        training = network.training(_PAGE)
        varied.replaced(vary, "posterior", "time")
        seed = training.pop("seed")
        networks = finite.draw(_PAGE, training.get("steps") is not None)
        display = _display(training["posterior"] == "trained" and vary not in _ONE_POSTERIOR)
    # Only now: a value that is refused must not take the controls below it away.
    view = CurvesView(
        **finite.read_widths(networks),
        data=DataSpec(**chosen, seed=seed),
        training=TrainingSpec(**training),
        **layers,
        **several,
        baseline=st.session_state.get(widgets.key(_PAGE, "baseline")),
        **grid,
        **display,
    )
    keep(_PAGE, view)
    return view


def _network(vary: str) -> dict[str, Any]:
    st.header("Network")
    values = {"depths": varied.depths(_PAGE, vary), **network.activation(_PAGE)}
    varied.replaced(vary, "activation", "sigma_w", "sigma_b")
    return values


def _grid() -> dict[str, Any]:
    st.header("Training sets")
    left, right = st.columns(2)
    with left:
        low = widgets.number(_PAGE, CurvesView, "n_low", "from N_D", 10)
        points = widgets.number(_PAGE, CurvesView, "n_points", "Number of N_D", 1)
    with right:
        high = widgets.number(_PAGE, CurvesView, "n_high", "to N_D", 100)
        draws = widgets.number(_PAGE, CurvesView, "draws", "Draws", 1)
    now = st.session_state.get(widgets.key(_PAGE, "test"), HELD_OUT)
    test = st.selectbox(
        "Tested on",
        [*_TESTS, *({now} - set(_TESTS))],
        format_func=_tested,
        key=widgets.key(_PAGE, "test"),
        help=effects.of(CurvesView, "test"),
    )
    return {"n_low": low, "n_high": high, "n_points": points, "draws": draws, "test": test}


def _tested(test: str) -> str:
    folds = folds_of(test)
    return "a held-out test set, N_T" if folds is None else f"every example, in {folds} folds"


def _display(partners: bool) -> dict[str, Any]:
    st.header("Display and fits")
    left, right = st.columns(2)
    with left:
        low = _bound("fit_low", "fit from N_D")
    with right:
        high = _bound("fit_high", "fit to N_D")
    law = st.selectbox(
        "Law of the fits",
        list(_LAWS),
        format_func=_LAWS.__getitem__,
        key=widgets.key(_PAGE, "law"),
        help=effects.of(CurvesView, "law"),
    )
    extrapolate = widgets.number(
        _PAGE, CurvesView, "extrapolate", "Extrapolate to N_D", 1000, empty="not at all"
    )
    with place():
        bayes = partners and st.toggle(
            "Bayesian posterior beside",
            key=widgets.key(_PAGE, "bayes"),
            help=effects.of(CurvesView, "bayes"),
        )
    from_kernel = foreseen.draw(_PAGE)
    parts = st.toggle(
        "Bias and variance parts of μ",
        key=widgets.key(_PAGE, "parts"),
        help=effects.of(CurvesView, "parts"),
    )
    axis = widgets.value_axis(_PAGE)
    return {
        "fit_low": low,
        "fit_high": high,
        "law": law,
        "extrapolate": extrapolate,
        "bayes": bayes,
        "parts": parts,
        "axis": axis,
        **from_kernel,
    }


def _bound(name: str, label: str) -> Any:
    return widgets.number(_PAGE, CurvesView, name, label, None, "%g", empty="automatic")
