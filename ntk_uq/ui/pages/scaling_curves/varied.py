"""The controls of what varies from curve to curve."""

from typing import Any

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import check_of
from ntk_uq.jobs import varied_words
from ntk_uq.specs import ACTIVATIONS, POSTERIORS, PREPARATIONS, ArchitectureSpec
from ntk_uq.specs.varied import VARIED, values_of
from ntk_uq.ui import own, refused
from ntk_uq.ui.controls import data, effects, network, widgets
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

_CHECK = check_of(CurvesView, "values")
_USUAL = {"sigma_w": "1, 1.5, 2", "sigma_b": "0, 0.5, 1", "time": "10, 1000, 100000, converged"}
_LABELS = {
    "sigma_w": "Values of σ_w",
    "sigma_b": "Values of σ_b",
    "time": "Times t  [1 / NTK eigenvalue]",
    "dataset": "Data sets",
    "activation": "Activations",
    "preparation": "Preparations of the inputs",
    "posterior": "Posteriors",
}


def fill(page: str, view: CurvesView) -> None:
    """Sets the controls to a view."""
    widgets.fill(page, {"vary": view.vary, "depth": view.depths[0]})
    widgets.fill_numbers(page, type(view), "depths", view.depths)
    if view.vary == "dataset":
        for name in view.values:
            own.remember(str(name))
    if view.vary in _USUAL:
        text = _CHECK.format(view.values).replace(",", ", ")
        widgets.fill(page, {f"values_{view.vary}": text})
    elif view.vary != "depth":
        widgets.fill(page, {f"values_{view.vary}": list(view.values)})


def draw(page: str) -> dict[str, Any]:
    """Draws them; the values of the fields ``vary`` and ``values``."""
    vary = st.selectbox(
        "A curve for each",
        VARIED,
        format_func=varied_words.NAMES.__getitem__,
        key=widgets.key(page, "vary"),
        help=effects.of(CurvesView, "vary"),
        on_change=_adapt,
        args=(page,),
    )
    with place():
        return {"vary": vary, "values": _values(page, vary)}


def _values(page: str, vary: str) -> tuple[Any, ...]:
    if vary == "depth":
        return ()
    return _numbers(page, vary) if vary in _USUAL else _names(page, vary)


def depths(page: str, vary: str) -> tuple[int, ...]:
    """A control for the depths, or for the one depth where another field varies; its value."""
    if vary == "depth":
        return network.depths(page, CurvesView, CurvesView().depths)
    label = "Depth of all curves, hidden layers"
    one = widgets.number(page, ArchitectureSpec, "depth", label, 1, start=CurvesView().depths[0])
    return (one,)


def replaced(vary: str, *fields: str) -> None:
    """Says which of the controls above has no effect."""
    with place():
        if vary in fields:
            name = plain(varied_words.NAMES[vary])
            st.caption(f":material/stacked_line_chart: {name}: one curve each.")


def _numbers(page: str, vary: str) -> tuple[float | str, ...]:
    key = widgets.key(page, f"values_{vary}")
    st.session_state.setdefault(key, _USUAL[vary])
    text = st.text_input(
        _LABELS[vary],
        key=key,
        help=effects.beside(
            "numbers with commas between"
            + ("; converged is training without end" if vary == "time" else ""),
            vary,
        ),
    )
    values: tuple[float | str, ...] = _CHECK.parse("values", text)
    try:
        values_of(vary, _CHECK.check(f"“{_LABELS[vary]}”", values))
    except SpecError as error:
        refused.tell(str(error))
        st.caption(f":red[{plain(str(error))}]")
    return values


def _names(page: str, vary: str) -> tuple[str, ...]:
    key = widgets.key(page, f"values_{vary}")
    if key not in st.session_state:
        st.session_state[key] = _start(page, vary)
    chosen = st.multiselect(
        _LABELS[vary],
        list(dict.fromkeys([*_options(vary), *st.session_state[key]])),
        format_func=lambda name: (
            data.title(name) if vary == "dataset" else varied_words.value_label(vary, name)
        ),
        key=key,
        max_selections=_CHECK.longest,
        on_change=_adapt,
        args=(page,),
        help=effects.beside(
            f"one to {_CHECK.longest} of them, in the order of the legend",
            "kind" if vary == "posterior" else vary,
        ),
    )
    return tuple(chosen)


def _adapt(page: str) -> None:
    """Fits the numbers of examples to the data sets that were just chosen, where these vary."""
    if st.session_state[widgets.key(page, "vary")] == "dataset":
        names = st.session_state.get(widgets.key(page, "values_dataset"))
        data.adapt_to_all(page, _start(page, "dataset") if names is None else names)


def _options(vary: str) -> list[str]:
    return {
        "dataset": [*datasets.REGISTRY, *own.offered()],
        "activation": list(ACTIVATIONS),
        "preparation": list(PREPARATIONS),
        "posterior": list(POSTERIORS),
    }[vary]


def _start(page: str, vary: str) -> list[str]:
    """What a list of names starts from: the page's own choice, and a further one."""
    if vary == "posterior":
        return list(POSTERIORS)
    first = st.session_state.get(widgets.key(page, vary), _options(vary)[0])
    return [first, next(name for name in _options(vary) if name not in (first, "default"))]
