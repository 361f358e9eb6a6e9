"""One ensemble in detail: its networks' losses one by one, and along the training."""

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.figures import Style
from ntk_uq.figures.members import losses_along_figure, losses_figure
from ntk_uq.results.descent import Descent, stored_descent
from ntk_uq.results.ensembles.stored import descent_of
from ntk_uq.store import Store
from ntk_uq.ui import panels
from ntk_uq.ui.follow import coming, follow
from ntk_uq.views import EnsemblesView


def waiting(store: Store, view: EnsemblesView) -> bool:
    """Whether the theory of the shown training may come by itself; :func:`draw` asks for it."""
    wanted = descent_of(view.ensembles(), view.shown[1])
    if wanted is None or stored_descent(store.results, wanted) is not None:
        return False
    return coming(store, wanted)


def draw(store: Store, comparison: Comparison, view: EnsemblesView, style: Style) -> Descent | None:
    """The two figures of the chosen ensemble, beside infinite width; gives back the theory along
    the training where it is there."""
    spec, (width, n_train) = comparison.ensembles.spec, view.shown
    unit = datasets.loss_unit(datasets.get(spec.data.dataset), spec.data)
    wanted = descent_of(spec, n_train)
    descent = None
    if wanted is not None:
        descent = stored_descent(store.results, wanted)
        if descent is None:
            follow(store, wanted, "The theory along the training")
    revision = f"{spec.digest()}{width}{n_train}"
    losses = losses_figure(comparison, width, n_train, descent, unit, style, revision)
    along = losses_along_figure(comparison, n_train, descent, unit, style, revision)
    panels.show([losses, along], key="details", view=view, linked=False)
    if descent is not None:
        for sentence in descent.warnings:
            st.caption(sentence)
    return descent
