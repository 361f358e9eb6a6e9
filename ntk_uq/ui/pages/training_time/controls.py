"""The controls of the page of training time: widgets to view and back."""

from typing import Any

import streamlit as st

from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingSpec
from ntk_uq.ui.controls import data, effects, network, widgets
from ntk_uq.ui.place import place
from ntk_uq.views import TrainingTimeView
from ntk_uq.views.training_time import AXES, FAMILIES

_PAGE = "time"
_HELD = "time_held"
"""The view as it was last: its fields whose controls are not drawn."""

_NETWORK = ("depth", "activation", "sigma_w", "sigma_b")
_PLAIN = (
    *("n_train", "draws", "tau_low", "tau_high", "n_times", "family", "against", "jitter"),
    *("parts", "training", "finite", "members", "eta", "steps", "networks"),
)
_LISTS = ("noises", "jitters", "widths")
_FAMILIES = {
    "none": "one curve",
    "depth": "depths",
    "noise": "levels of label noise",
    "jitter": "jitters",
}
_AXES = {"time": "training time τ", "jitter": "jitter", "noise": "label noise"}
_TOGGLES = {"parts": "Bias and variance parts of μ", "training": "Training loss"}
_LABELS = {
    "noises": "Levels of label noise  [rms of the targets]",
    "jitters": "Jitters  [mean kernel diagonal]",
    "widths": "Widths",
}


def fill(view: TrainingTimeView) -> None:
    """Sets every control to a view, before they are drawn."""
    st.session_state[_HELD] = view
    data.fill(_PAGE, view.data)
    widgets.fill(_PAGE, {name: getattr(view.architecture, name) for name in _NETWORK})
    widgets.fill(_PAGE, {name: getattr(view, name) for name in _PLAIN})
    for name in _LISTS:
        widgets.fill_numbers(_PAGE, TrainingTimeView, name, getattr(view, name))
    widgets.fill_numbers(_PAGE, type(view), "depths", view.depths)
    widgets.fill_value_axis(_PAGE, view.axis)


def draw() -> TrainingTimeView:
    """Draws the controls into the sidebar; the view that they hold.

    Raises:
        SpecError: if together they hold no view.
    """
    with st.sidebar:
        chosen = data.draw(_PAGE)
        st.header("Curves")
        against = _choice("against", "Against", AXES, _AXES)
        family = _choice("family", "A curve for each of several", FAMILIES, _FAMILIES)
        with place():
            lists = {name: _list(name) for name in _shown_lists(family, against)}
        st.header("Network")
        depths, depth = _depths(family)
        layers = network.activation(_PAGE)
        st.header("Training")
        plain = _training("jitters" not in lists)
        networks = _networks()
        with st.expander("Seed, axes, parts"):
            seed = widgets.number(_PAGE, DataSpec, "seed", "Seed", 1)
            parts, training = (
                st.toggle(
                    label,
                    key=widgets.key(_PAGE, name),
                    help=effects.of(TrainingTimeView, name),
                )
                for name, label in _TOGGLES.items()
            )
            axis = widgets.value_axis(_PAGE)
    # Only now: a value that is refused must not take the controls below it away.
    lists |= networks.pop("lists")
    view = TrainingTimeView(
        DataSpec(**chosen, seed=seed),
        ArchitectureSpec(depth=depth, **layers),
        **{name: getattr(_held(), name) for name in _LISTS if name not in lists},
        **{
            name: widgets.read_numbers(TrainingTimeView, name, text) for name, text in lists.items()
        },
        **plain,
        **networks,
        depths=depths,
        family=family,
        against=against,
        parts=parts,
        training=training,
        axis=axis,
    )
    st.session_state[_HELD] = view
    return view


def _held() -> TrainingTimeView:
    view: TrainingTimeView = st.session_state.get(_HELD) or TrainingTimeView()
    return view


def networks_of(view: TrainingTimeView) -> None:
    """A box that chooses the curve whose finite networks are shown.

    Inside a fragment; since the address bar holds the choice, the whole page runs again.
    """
    if len(view.choices) < 2:
        return
    current = view.networks if view.networks in view.choices else view.choices[0]
    # A box for each value: an old box would remember what a link has changed since.
    chosen = st.selectbox(
        f"Networks at {'depth' if view.family == 'depth' else 'label noise'}",
        view.choices,
        view.choices.index(current),
        format_func=lambda value: f"{value:g}",
        key=f"{_PAGE}_networks_{view.family}_{current}",
        help=effects.of(TrainingTimeView, "networks"),
    )
    if chosen != current:
        st.session_state[widgets.key(_PAGE, "networks")] = float(chosen)
        st.rerun()


def _shown_lists(family: str, against: str) -> tuple[str, ...]:
    return tuple(f"{name}s" for name in ("noise", "jitter") if name in (family, against))


def _choice(name: str, label: str, options: tuple[str, ...], words: dict[str, str]) -> str:
    return st.selectbox(
        label,
        options,
        format_func=lambda option: words[option],
        key=widgets.key(_PAGE, name),
        help=effects.of(TrainingTimeView, name),
    )


def _list(name: str) -> str:
    start = getattr(_held(), name)
    return widgets.numbers(_PAGE, TrainingTimeView, name, _LABELS[name], start)


def _depths(family: str) -> tuple[tuple[int, ...], int]:
    """The depths, and the one depth where these are not curves."""
    held = _held()
    if family != "depth":
        start = held.architecture.depth
        depth = widgets.number(
            _PAGE, ArchitectureSpec, "depth", "Depth, hidden layers", 1, start=start
        )
        return held.depths, depth
    return network.depths(_PAGE, TrainingTimeView, held.depths), held.architecture.depth


def _training(one_jitter: bool) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        n_train = widgets.number(_PAGE, TrainingTimeView, "n_train", "N_D, examples", 50)
        low = widgets.number(_PAGE, TrainingTimeView, "tau_low", "from τ", None, "%g")
        n_times = widgets.number(_PAGE, TrainingTimeView, "n_times", "Number of τ", 4)
    with right:
        draws = widgets.number(_PAGE, TrainingTimeView, "draws", "Draws", 1)
        high = widgets.number(_PAGE, TrainingTimeView, "tau_high", "to τ", None, "%g")
        jitter = _held().jitter
        if one_jitter:
            jitter = widgets.number(
                _PAGE, TrainingSpec, "jitter", "Jitter", None, "%g", start=jitter
            )
    return {
        "n_train": n_train,
        "draws": draws,
        "tau_low": low,
        "tau_high": high,
        "n_times": n_times,
        "jitter": jitter,
    }


def _networks() -> dict[str, Any]:
    """Whether finite networks are shown, and which."""
    held = _held()
    finite = st.toggle(
        "Finite networks",
        key=widgets.key(_PAGE, "finite"),
        help=effects.of(TrainingTimeView, "finite"),
    )
    if not finite:
        place()
        return {
            "finite": False,
            "lists": {},
            **{name: getattr(held, name) for name in ("members", "eta", "steps", "networks")},
        }
    with place():
        return _which(held)


def _which(held: TrainingTimeView) -> dict[str, Any]:
    widths = _list("widths")
    left, right = st.columns(2)
    with left:
        members = widgets.number(
            _PAGE, TrainingTimeView, "members", "Members", 10, start=held.members
        )
        eta = widgets.number(
            _PAGE, TrainingTimeView, "eta", "η  [1 / λ_max]", None, "%g", start=held.eta
        )
    with right:
        steps = widgets.number(_PAGE, TrainingTimeView, "steps", "k, steps", 100, start=held.steps)
    return {
        "finite": True,
        "members": members,
        "eta": eta,
        "steps": steps,
        "networks": st.session_state.get(widgets.key(_PAGE, "networks")),
        "lists": {"widths": widths},
    }
