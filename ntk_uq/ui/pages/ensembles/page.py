"""The page "Ensembles": finite networks trained in the background, over the theory."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison, stored_comparison
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.figures import TITLES, Style
from ntk_uq.figures.ensembles import ensemble_figure
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.ensembles.stored import theory_of
from ntk_uq.store import Store
from ntk_uq.ui import beginning, export, launch, links, live, panels, polling, say, session, shared
from ntk_uq.ui.pages.ensembles import controls, details
from ntk_uq.ui.pages.ensembles import tables as ensemble_tables
from ntk_uq.ui.pages.ensembles.exhibit import exhibit
from ntk_uq.ui.place import place
from ntk_uq.views import EnsemblesView

POLL_SECONDS = 2.0


def page() -> None:
    """The whole page."""
    st.markdown(
        "Real networks of finite width, trained from independent initializations, beside the "
        "infinite-width theory at the same step size and number of steps: mean $\\mu$ of the test "
        "loss over networks, spread $\\sigma$, and $\\epsilon=\\sigma/\\mu$, with bootstrap errors."
    )
    with session.told():
        store, view, _ = beginning.chosen(EnsemblesView, controls, check)
        with session.kept():
            launch.calibrate(store)
        theory = theory_of(view.ensembles())
        curves = [] if theory is None else [stored_curve(store.results, theory)]
        live.ask(store, curves)
        every = polling.interval(_waiting(store, view, curves), POLL_SECONDS)
    st.fragment(results, run_every=every)(view, every)


def check(view: EnsemblesView) -> datasets.Dataset:
    """The view's data set, if it is large enough."""
    return datasets.get_for(view.data, view.n_train[-1])


def _waiting(store: Store, view: EnsemblesView, curves: Sequence[Curve]) -> bool:
    """Whether networks or points of the theory may come by themselves."""
    return (
        launch.running(store, view.ensembles())
        or live.pending(store, curves)
        or details.waiting(store, view)
    )


def results(view: EnsemblesView, every: float | None) -> None:
    """The launch, and what is there of theory and networks."""
    with session.told():
        store = session.store()
        comparison = stored_comparison(store.results, view.ensembles())
        ensembles, theory = comparison.ensembles, comparison.theory
        with place():
            launch.panel(store, ensembles)
            if theory is not None:
                live.offer(store, [theory])
        still_every = polling.interval(
            _waiting(store, view, [] if theory is None else [theory]), POLL_SECONDS
        )
    if every != still_every:
        links.follow(every)
    found = exponents(comparison) if ensembles.points else ()
    running = launch.running(store, comparison.ensembles.spec)
    with place():
        ensemble_tables.verdicts(comparison, found, running)
    style = Style(session.dark(), view.axis == "linear")
    state = (ensembles.state, None if theory is None else theory.state)
    shown = shared.ShownView(view, state, style)
    panels.show(
        shown.panels("charts", lambda: charts(view, comparison, style)), key="charts", view=view
    )
    with place():
        for sentence in comparison.ensembles.warnings:
            say.warning(sentence, icon=":material/warning:")
        ensemble_tables.numbers(comparison, view, found)
    with session.told():
        st.markdown("## One ensemble in detail")
        controls.shown(view)
        descent = details.draw(store, comparison, view, style)
    export.panel(lambda: exhibit(view, comparison, descent, style))


def charts(
    view: EnsemblesView, comparison: Comparison, style: Style
) -> tuple[panels.SentFigure, ...]:
    """The three quantities, each with its ratio."""
    dataset = datasets.get(view.data.dataset)
    unit = datasets.loss_unit(dataset, view.data)
    digest = view.ensembles().digest()
    return panels.panels_of(
        ensemble_figure(quantity, comparison, unit, style, digest) for quantity in TITLES
    )
