"""The controls of the page of phase maps: widgets to view and back."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.base.fields.text import AxisValues
from ntk_uq.figures.phase_map import SYMBOLS
from ntk_uq.jobs.words import axis_symbol
from ntk_uq.specs import (
    ACTIVATIONS,
    AXES,
    ArchitectureSpec,
    DataSpec,
    MapSpec,
    TrainingSpec,
    read_values,
)
from ntk_uq.ui.controls import adapting, data, effects, network, widgets
from ntk_uq.ui.place import place
from ntk_uq.views import PhaseMapView

_PAGE = "map"
_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")
_SIZES = 5
"""N_D of a cell when its exponent is asked for first."""
_LABELS = {
    "depth": "depth, hidden layers",
    "sigma_w": "σ_w, weights",
    "sigma_b": "σ_b, biases",
    "activation": "activation",
    "n_train": "N_D, training examples",
    "n_test": "N_T, test examples",
    "time": "training time t",
    "steps": "training steps k",
    "jitter": "jitter",
}
_USUAL = {
    "depth": "1, 2, 3, 4, 6, 8",
    "sigma_w": "0.4:3:14",
    "sigma_b": "0:1.5:7",
    "n_train": "25:800:6 log",
    "n_test": "50, 100, 200, 400",
    "time": "1:1e6:7 log",
    "steps": "10:100000:9 log",
    "jitter": "1e-8:1:9 log",
}
"""What an axis starts from when it is chosen; that of activations has all that there are."""
_SCALES = {"automatic": "automatic", "linear": "linear", "log": "logarithmic"}


def fill(view: PhaseMapView) -> None:
    """Sets every control to a view, before they are drawn."""
    spec = view.map
    data.fill(_PAGE, spec.data)
    network.fill_training(_PAGE, spec.training)
    widgets.fill(_PAGE, {name: getattr(spec.architecture, name) for name in _NETWORK})
    widgets.fill(_PAGE, {name: getattr(spec, name) for name in ("n_train", "draws", "x", "y")})
    for which in ("x", "y"):
        values = getattr(spec, f"{which}_values")
        text = AxisValues(len(values)).format(values).replace(",", ", ")
        widgets.fill(_PAGE, {f"{which}_values": text})
    widgets.fill(_PAGE, {"exponent": spec.sizes > 0, "sizes": spec.sizes or _SIZES})
    widgets.fill(_PAGE, {"quantity": view.quantity, "scale": view.scale})
    select(spec, view.shown)


def select(spec: MapSpec, place: tuple[int, int] | None) -> None:
    """Sets which cell of a map is shown in detail."""
    st.session_state[widgets.key(_PAGE, "shown")] = (spec, place)


def draw() -> PhaseMapView:
    """Draws the controls into the sidebar, and above the map what its colours show; the view that
    they hold.

    Raises:
        SpecError: if together they hold no map.
    """
    spec = _map()
    _quantity(spec)
    return _view_of(spec)


def _map() -> MapSpec:
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.header("Axes")
        axes = {which: _axis(which, label) for which, label in (("x", "Across"), ("y", "Up"))}
        names = [name for name, _ in axes.values()]
        st.header("Network")
        depth = widgets.number(_PAGE, ArchitectureSpec, "depth", "Depth, hidden layers", 1)
        layers = network.activation(_PAGE)
        _replaced(names, _NETWORK)
        st.header("Cells")
        cells = _cells()
        _replaced(names, ("n_train", "n_test"))
        trained = network.training(_PAGE)
        _replaced(names, ("time", "steps", "jitter"))
        seed = trained.pop("seed")
    # Only now: a value that is refused must not take the controls below it away.
    try:
        values: dict[str, Any] = {
            f"{which}_values": read_values(name, text) for which, (name, text) in axes.items()
        }
        return MapSpec(
            DataSpec(**chosen, seed=seed),
            ArchitectureSpec(depth=depth, **layers),
            TrainingSpec(**trained),
            **cells,
            x=axes["x"][0],
            y=axes["y"][0],
            **values,
        )
    except SpecError as error:
        told = str(error)
        for which, (name, _) in axes.items():  # as the control is labelled
            told = told.replace(f"{which}_values", f"“{_values_label(name)}”")
        raise SpecError(told) from None


def _values_label(name: str) -> str:
    return f"Values of {axis_symbol(name)}"


def _view_of(spec: MapSpec) -> PhaseMapView:
    """The view of a map with the chosen quantity, colours and cell."""
    wanted = st.session_state.get(widgets.key(_PAGE, "quantity"))
    quantity = wanted if wanted in spec.quantities else "mu"
    scale = st.session_state.get(widgets.key(_PAGE, "scale")) or "automatic"
    of, place = st.session_state.get(widgets.key(_PAGE, "shown"), (spec, None))
    # A cell that was chosen on another map means nothing here.
    row, column = place if place is not None and of == spec else (None, None)
    return PhaseMapView(spec, str(quantity), str(scale), row, column)


def _quantity(spec: MapSpec) -> None:
    """What the colours show, and their scale: a choice that computes nothing."""
    key = widgets.key(_PAGE, "quantity")
    options = spec.quantities
    if st.session_state.get(key) not in options:
        st.session_state[key] = "mu"
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.segmented_control(
        "Colours show",
        options,
        format_func=lambda name: SYMBOLS[name],
        key=key,
        required=True,
        help=effects.of(PhaseMapView, "quantity"),
    )
    right.selectbox(
        "Scale of the colours",
        list(_SCALES),
        format_func=lambda name: _SCALES[name],
        key=widgets.key(_PAGE, "scale"),
        help=effects.of(PhaseMapView, "scale"),
    )


def _axis(which: str, label: str) -> tuple[str, str]:
    """The field of an axis, and its values as they are written."""
    name = st.selectbox(
        label,
        AXES,
        format_func=lambda name: _LABELS[name],
        key=widgets.key(_PAGE, which),
        help=effects.of(MapSpec, which),
        on_change=_adapt,
        args=(which,),
    )
    text = st.text_input(
        _values_label(name),
        key=widgets.key(_PAGE, f"{which}_values"),
        help=effects.beside(
            "values with commas between; or low:high:count, evenly spaced; with log behind it "
            "evenly spaced in the logarithm. Examples: 1, 2, 4 or 0.5:3:11 or 1:1e6:7 log",
            which,
        ),
    )
    return name, text


def _adapt(which: str) -> None:
    """Gives an axis that was just chosen its usual values, as far as the data have them."""
    name = st.session_state[widgets.key(_PAGE, which)]
    text = ", ".join(ACTIVATIONS) if name == "activation" else _USUAL[name]
    dataset = data.find(st.session_state[widgets.key(_PAGE, "dataset")])
    if name in ("n_train", "n_test") and dataset is not None:
        try:
            pool, test = dataset.sizes()
        except DataError:
            pool = test = 1
        if name == "n_test":
            values = [n for n in (50, 100, 200, 400, 1000) if n <= test]
            text = ", ".join(map(str, values if len(values) > 1 else (1, test)))
        else:
            text = f"25:{min(800, pool)}:6 log" if pool > 25 else f"1:{pool}:3"
    adapting.adapt(_PAGE, {f"{which}_values": text})


def _replaced(names: Sequence[str], fields: Sequence[str]) -> None:
    """Says which of the controls above have no effect."""
    given = [axis_symbol(name) for name in fields if name in names]
    with place():
        if given:
            st.caption(f":material/open_with: {' and '.join(given)}: set by the axes.")


def _cells() -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        n_train = widgets.number(_PAGE, MapSpec, "n_train", "N_D", 50)
    with right:
        draws = widgets.number(_PAGE, MapSpec, "draws", "Draws", 1)
    fitted = st.toggle(
        "Fit exponents", key=widgets.key(_PAGE, "exponent"), help=effects.of(MapSpec, "sizes")
    )
    with place():
        label = "N_D of each cell, N_D/8 to N_D"
        sizes = widgets.number(_PAGE, MapSpec, "sizes", label, 1, start=_SIZES) if fitted else 0
    return {"n_train": n_train, "draws": draws, "sizes": sizes}
