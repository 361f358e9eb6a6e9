"""The controls of the page of scaling curves: widgets to view and back."""

from typing import Any

import streamlit as st

from ntk_uq import datasets
from ntk_uq.errors import DataError
from ntk_uq.fields import Maybe, Real, Whole, about, check_of
from ntk_uq.specs import ACTIVATIONS, DEPTH, ArchitectureSpec, DataSpec, TrainingSpec
from ntk_uq.views import MOST_CURVES, CurvesView

_TRAININGS = {
    "converged": "Gradient descent, to convergence",
    "time": "Gradient flow, for a time t",
    "steps": "Gradient descent, k steps",
    "bayes": "Bayesian posterior (NNGP)",
}
_NUMBERS = {
    "n_test": (DataSpec, "N_T, test examples"),
    "seed": (DataSpec, "Seed"),
    "sigma_w": (ArchitectureSpec, "σ_w, weights"),
    "sigma_b": (ArchitectureSpec, "σ_b, biases"),
    "time": (TrainingSpec, "t  [1 / NTK eigenvalue]"),
    "steps": (TrainingSpec, "k, steps"),
    "eta": (TrainingSpec, "η  [1 / λ_max]"),
    "jitter": (TrainingSpec, "Jitter  [mean kernel diagonal]"),
    "n_low": (CurvesView, "from N_D"),
    "n_high": (CurvesView, "to N_D"),
    "n_points": (CurvesView, "Number of N_D"),
    "draws": (CurvesView, "Draws"),
    "fit_low": (CurvesView, "fit from N_D"),
    "fit_high": (CurvesView, "fit to N_D"),
}
_START = {"time": 1000.0, "steps": 1000, "eta": 1.0}
"""What a training time starts from when it is chosen first."""


def fill(view: CurvesView) -> None:
    """Sets every control to a view, before they are drawn."""
    training = view.training
    kind = "bayes" if training.posterior == "bayes" else "converged"
    if training.time is not None:
        kind = "time"
    if training.steps is not None:
        kind = "steps"
    values = {
        **{name: getattr(view.data, name) for name in ("dataset", "n_test", "seed")},
        **{name: getattr(view, name) for name in ("activation", "sigma_w", "sigma_b")},
        **{name: getattr(view, name) for name in ("n_low", "n_high", "n_points", "draws")},
        **{name: getattr(view, name) for name in ("fit_low", "fit_high", "parts")},
        "depths": list(view.depths),
        "kind": kind,
        "time": training.time or _START["time"],
        "steps": training.steps or _START["steps"],
        "eta": training.eta,
        "jitter": training.jitter,
        "linear": view.axis == "linear",
    }
    for name, value in values.items():
        st.session_state[_key(name)] = value


def draw() -> CurvesView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view (a range upside down, say).
    """
    with st.sidebar:
        data = _data()
        network = _network()
        grid = _grid()
        training = _training()
        seed = training.pop("seed")
        display = _display()
    # Only now: a value that is refused must not take the controls below it away.
    return CurvesView(
        data=DataSpec(**data, seed=seed),
        training=TrainingSpec(**training),
        **network,
        **grid,
        **display,
    )


def _data() -> dict[str, Any]:
    st.subheader("Data")
    # A data set that a link names and this server lacks is shown, not silently replaced.
    names = list(dict.fromkeys([*datasets.REGISTRY, st.session_state[_key("dataset")]]))
    name = st.selectbox("Data set", names, format_func=_title, key=_key("dataset"))
    if name in datasets.REGISTRY:
        st.caption(_about(name))
    return {"dataset": name, "n_test": _number("n_test", 50)}


def _network() -> dict[str, Any]:
    st.subheader("Network")
    depths = st.multiselect(
        "Depth, hidden layers",
        range(DEPTH.low, DEPTH.high + 1),
        max_selections=MOST_CURVES,
        key=_key("depths"),
        help=about(CurvesView, "depths"),
    )
    activation = st.selectbox("Activation", ACTIVATIONS, key=_key("activation"))
    left, right = st.columns(2)
    with left:
        sigma_w = _number("sigma_w", 0.1, "%.5g")
    with right:
        sigma_b = _number("sigma_b", 0.1, "%.5g")
    return {
        "depths": tuple(sorted(depths)),
        "activation": activation,
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
    }


def _grid() -> dict[str, Any]:
    st.subheader("Training sets")
    left, right = st.columns(2)
    with left:
        low, points = _number("n_low", 10), _number("n_points", 1)
    with right:
        high, draws = _number("n_high", 100), _number("draws", 1)
    return {"n_low": low, "n_high": high, "n_points": points, "draws": draws}


def _training() -> dict[str, Any]:
    st.subheader("Training")
    kind = st.selectbox(
        "Trained how", _TRAININGS, format_func=lambda name: _TRAININGS[name], key=_key("kind")
    )
    values: dict[str, Any] = {"posterior": "bayes" if kind == "bayes" else "trained"}
    if kind == "time":
        values["time"] = _number("time", None, "%g")
    if kind == "steps":
        left, right = st.columns(2)
        with left:
            values["steps"] = _number("steps", 100)
        with right:
            values["eta"] = _number("eta", 0.1, "%g")
    with st.expander("Jitter and seed"):
        values["jitter"] = _number("jitter", None, "%.1e")
        values["seed"] = _number("seed", 1)
    return values


def _display() -> dict[str, Any]:
    st.subheader("Display and fits")
    left, right = st.columns(2)
    with left:
        low = _number("fit_low", None, "%g")
    with right:
        high = _number("fit_high", None, "%g")
    parts = st.toggle("Bias and variance parts of μ", key=_key("parts"))
    linear = st.toggle("Linear value axes", key=_key("linear"))
    return {
        "fit_low": low,
        "fit_high": high,
        "parts": parts,
        "axis": "linear" if linear else "log",
    }


def _number(name: str, step: float | None, form: str | None = None) -> Any:
    """A number input with the bounds of the field's own check."""
    cls, label = _NUMBERS[name]
    check = check_of(cls, name)
    optional = isinstance(check, Maybe) and name.startswith("fit")
    inner: Any = check.inner if isinstance(check, Maybe) else check
    whole = isinstance(inner, Whole)
    kind = int if whole else float
    open_low = isinstance(inner, Real) and inner.above
    value = st.number_input(
        label,
        # The session has the value. With None here an emptied field is empty and told about;
        # otherwise it would jump to its smallest value and start a computation.
        value=None,
        # An open end stays open: the specification says what is wrong with the bound itself.
        min_value=kind(inner.low),
        max_value=kind(inner.high),
        step=None if step is None else kind(step),
        format=form,
        key=_key(name),
        placeholder="automatic" if optional else None,
        help=about(cls, name) + (", above 0" if open_low else ""),
    )
    return value


def _title(name: str) -> str:
    return datasets.REGISTRY[name].title if name in datasets.REGISTRY else f"{name} (unknown)"


def _about(name: str) -> str:
    dataset = datasets.REGISTRY[name]
    try:
        pool, test = dataset.sizes()
    except DataError:
        return dataset.about
    return f"{dataset.about} N_D up to {pool:,}, N_T up to {test:,}."


def _key(name: str) -> str:
    return f"curves_{name}"
