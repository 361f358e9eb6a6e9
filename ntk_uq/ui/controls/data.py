"""Which data, and how they are prepared."""

import contextlib
from collections.abc import Iterable
from typing import Any

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.specs import PREPARATIONS, TARGETS, DataSpec
from ntk_uq.ui import own
from ntk_uq.ui.controls import adapting, effects, widgets
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain

_PREPARATIONS = {
    "default": "the data set's own",
    "sphere": "each on a sphere",
    "standardize": "each value standardized",
    "scale": "one common scale",
    "none": "as they are",
}
_TARGETS = {
    "default": "the data set's own",
    "raw": "as it is",
    "standardize": "standardized",
    "log": "standardized logarithm",
}
_WHITENING = 0.1
"""The regularization from which whitening starts when it is chosen first."""

FIELDS = ("dataset", "n_test", "seed", "preparation", "target", "noise")


def fill(page: str, spec: DataSpec) -> None:
    """Sets the controls to a specification."""
    own.remember(spec.dataset)
    widgets.fill(page, {name: getattr(spec, name) for name in FIELDS})
    whitened = spec.zca is not None
    widgets.fill(page, {"whiten": whitened, "zca": spec.zca if whitened else _WHITENING})


def draw(page: str) -> dict[str, Any]:
    """Draws the controls; the values of :class:`DataSpec`'s fields but the seed."""
    st.header("Data")
    name = choose(page)
    dataset = find(name)
    with place():
        if dataset is not None:
            st.caption(plain(_about(dataset)))
    values = {"dataset": name, "n_test": widgets.number(page, DataSpec, "n_test", _N_TEST, 50)}
    with st.expander("Preparation"):
        return {**values, **preparation(page, dataset)}


_N_TEST = "N_T, test examples"


def choose(page: str) -> str:
    """A box to choose a data set from: those of the server, and this session's own."""
    # A data set that a link names and this server lacks is shown, not silently replaced.
    current = st.session_state[widgets.key(page, "dataset")]
    names = list(dict.fromkeys([*datasets.REGISTRY, *own.offered(), current]))
    return st.selectbox(
        "Data set",
        names,
        format_func=title,
        key=widgets.key(page, "dataset"),
        required=True,
        help=effects.beside("examples to learn: public ones, simulated ones, your own", "dataset"),
        on_change=adapt,
        args=(page,),
    )


def adapt(page: str) -> None:
    """Fits the other controls of a page to a data set that was just chosen.

    What was chosen for one set's target means nothing for another's labels, and numbers of
    examples that the new one does not have become those that it has.
    """
    chosen = st.session_state[widgets.key(page, "dataset")]
    adapting.adapt(page, {"target": "default", **_fitting(page, [chosen])})


def adapt_to_all(page: str, names: Iterable[str]) -> None:
    """Fits the numbers of examples of a page to several data sets: none has fewer."""
    adapting.adapt(page, _fitting(page, names))


def _fitting(page: str, names: Iterable[str]) -> dict[str, Any]:
    """Numbers of examples that all of these data sets have, as close as can be to those there."""
    sizes = []
    for dataset in filter(None, map(find, names)):
        with contextlib.suppress(DataError):
            sizes.append(dataset.sizes())
    n_pool, n_test = (min(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
    low, high, asked = (
        st.session_state.get(widgets.key(page, name)) for name in ("n_low", "n_high", "n_test")
    )
    values = {}
    if asked and n_test:
        values["n_test"] = min(asked, n_test)
    if low and high and n_pool:
        values["n_high"] = min(high, n_pool)
        values["n_low"] = min(low, max(1, values["n_high"] // 8))
    return values


def preparation(page: str, dataset: datasets.Dataset | None) -> dict[str, Any]:
    """Controls of how inputs and targets are prepared; the values of the fields."""
    inputs = st.selectbox(
        "Inputs",
        PREPARATIONS,
        format_func=lambda name: _PREPARATIONS[name],
        key=widgets.key(page, "preparation"),
        help=effects.of(DataSpec, "preparation"),
    )
    whiten = st.toggle(
        "ZCA whitening", key=widgets.key(page, "whiten"), help=effects.of(DataSpec, "zca")
    )
    label, zca = "Regularization  [mean eigenvalue]", None
    with place():
        if whiten:
            zca = widgets.number(
                page, DataSpec, "zca", label, None, "%.3g", start=_WHITENING, needed=True
            )
    with place():
        target = _target(page, dataset)
    noise = widgets.number(
        page, DataSpec, "noise", "Label noise  [rms of the targets]", 0.1, "%g", start=0.0
    )
    return {"preparation": inputs, "zca": zca, "target": target, "noise": noise}


def _target(page: str, dataset: datasets.Dataset | None) -> Any:
    target = st.session_state.setdefault(widgets.key(page, "target"), "default")
    if dataset is not None and dataset.task == "classification" and target == "default":
        st.caption("Targets are one-hot minus 1/C.")
        return target
    return st.selectbox(
        "Target",
        TARGETS,
        format_func=lambda name: _TARGETS[name],
        key=widgets.key(page, "target"),
        help=effects.of(DataSpec, "target"),
    )


def title(name: str) -> str:
    """The name of a data set for people."""
    dataset = find(name)
    return f"{name} (unknown)" if dataset is None else dataset.title


def find(name: str) -> datasets.Dataset | None:
    """The data set, or None where there is none of that name here."""
    try:
        return datasets.get(name)
    except (SpecError, DataError):
        return None


def _about(dataset: datasets.Dataset) -> str:
    try:
        pool, test = dataset.sizes()
    except DataError:
        return dataset.about
    return f"{dataset.about} N_D up to {pool:,}, N_T up to {test:,}."
