"""What is foreseen of scaling curves from the kernel of a sample, over them."""

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.foreseen_verdicts import foreseen_beside
from ntk_uq.analysis.shown import foreseen_of
from ntk_uq.costs.memory import check_foreseen_memory
from ntk_uq.figures import Style
from ntk_uq.figures.foreseen_curves import LOSSES, ForeseenCurve, foreseen_ratio_figure
from ntk_uq.jobs import varied_words
from ntk_uq.results.curves import Curve
from ntk_uq.results.foreseen import stored_foreseen
from ntk_uq.specs import ForeseenSpec
from ntk_uq.store import Store
from ntk_uq.ui import panels, say
from ntk_uq.ui.controls import effects, widgets
from ntk_uq.ui.follow import coming, follow
from ntk_uq.ui.pages.scaling_curves.held import held
from ntk_uq.ui.place import place
from ntk_uq.ui.verdict_lines import escaped
from ntk_uq.views import CurvesView

_FIELDS = ("foreseen", "sample")


def fill(page: str, view: CurvesView) -> None:
    """Sets the controls to a view."""
    widgets.fill(page, {name: getattr(view, name) for name in _FIELDS})


def draw(page: str) -> dict[str, Any]:
    """Draws the controls; the values of the fields."""
    before = held(page)
    values: dict[str, Any] = {name: getattr(before, name) for name in _FIELDS}
    values["foreseen"] = st.toggle(
        "Foreseen from the kernel",
        key=widgets.key(page, "foreseen"),
        help=effects.of(CurvesView, "foreseen"),
    )
    with place():
        if values["foreseen"]:
            values["sample"] = widgets.number(
                page,
                CurvesView,
                "sample",
                "M, examples of the sample",
                100,
                empty="automatic",
                start=before.sample,
            )
    return values


def check(view: CurvesView) -> None:
    """Raises NtkUqError if what is to be foreseen cannot be computed."""
    for spec in _asked(view):
        dataset = datasets.get_for(spec.data, spec.sample, called="The sample")
        check_foreseen_memory(spec, dataset.n_features)


def _asked(view: CurvesView) -> dict[ForeseenSpec, str]:
    """What is asked for, with its curve's name."""
    if not view.foreseen:
        return {}
    return {
        spec: varied_words.label(view.vary, curve)
        for curve, spec in zip(view.curves(), foreseen_of(view), strict=True)
        if spec is not None
    }


def read(store: Store, view: CurvesView, curves: Sequence[Curve]) -> tuple[ForeseenCurve, ...]:
    """The view's curves of which the store has what is foreseen.

    Args:
        store: the store.
        view: what the page shows.
        curves: as many of its curves as it has, in their order; others may follow.
    """
    found = []
    for place_, (spec, curve) in enumerate(zip(foreseen_of(view), curves, strict=False)):
        there = None if spec is None else stored_foreseen(store.results, spec)
        if there is not None:
            label = varied_words.label(view.vary, curve.spec)
            found.append(ForeseenCurve(label, place_, curve, there))
    return tuple(found)


def waiting(store: Store, view: CurvesView) -> bool:
    """Whether more may come by itself."""
    return any(
        stored_foreseen(store.results, spec) is None and coming(store, spec)
        for spec in _asked(view)
    )


def progress(store: Store, view: CurvesView) -> None:
    """What is being computed, asked for the first time, and of which curves nothing is foreseen."""
    if not view.foreseen:
        return
    for spec, label in _asked(view).items():
        if stored_foreseen(store.results, spec) is None:
            follow(store, spec, f"What the kernel foresees of {label}")
    for sentence in _nothing(view):
        say.info(sentence, icon=":material/info:")


def _nothing(view: CurvesView) -> Iterator[str]:
    lacking = [
        curve for curve, spec in zip(view.curves(), foreseen_of(view), strict=True) if spec is None
    ]
    for early in (True, False):
        curves = [curve for curve in lacking if curve.training.converged is not early]
        labels = ", ".join(varied_words.label(view.vary, curve) for curve in curves)
        if curves and early:
            yield f"Nothing is foreseen of {labels}: only of training to convergence."
        elif curves:
            yield (
                f"Nothing is foreseen of {labels}: all N_D are beyond half of the sample; choose "
                "smaller ones, or a larger sample."
            )


def sentences(view: CurvesView, found: Sequence[ForeseenCurve]) -> list[tuple[str, str | None]]:
    """How what is foreseen of each curve compares with it, by its name; None until it is there."""
    there = {one.label: foreseen_beside(one.found, one.curve) for one in found}
    return [(f"Foreseen, {escaped(label)}", there.get(label)) for label in _asked(view).values()]


def ratios(
    view: CurvesView, found: Sequence[ForeseenCurve], dark: bool
) -> tuple[panels.SentFigure, ...]:
    """Foreseen over measured, of the mean loss and of its parts: three small plots."""
    style = Style(dark, view.axis == "linear")
    return panels.panels_of(
        foreseen_ratio_figure(name, found, style, view.digest()) for name in LOSSES
    )
