"""The page "Scaling curves": controls, then the infinite-width curves as they come."""

import streamlit as st

from ntk_uq import datasets
from ntk_uq.curves import stored_curve
from ntk_uq.errors import MissingDataError, NtkUqError
from ntk_uq.figures import PLOT_CONFIG, TITLES, Style, Trace, scaling_figure
from ntk_uq.theory.memory import check_memory
from ntk_uq.ui import links, live, missing_data, session, tables
from ntk_uq.ui.controls import curves as controls
from ntk_uq.views import CurvesView

POLL_SECONDS = 1.0


def page() -> None:
    """The whole page."""
    st.header("Scaling curves", anchor=False)
    st.markdown(
        "How much of a network's test loss $L$ is luck of the initialization? Mean $\\mu$ of $L$ "
        "over initializations of infinitely wide networks, its spread $\\sigma$, and their ratio "
        "$\\epsilon=\\sigma/\\mu$, against the number of training examples $N_D$."
    )
    opened = links.opened_view(CurvesView)
    if opened is not None:
        controls.fill(opened)
    with session.told():
        store = session.store()
        try:
            view = controls.draw()
            links.keep(view)
            dataset = check(view)
        except NtkUqError as error:
            live.ask(store, ())  # what the view before asked for is not wanted any more
            if isinstance(error, MissingDataError):
                missing_data.end(view.data, error)
            raise
        st.caption(f"**{dataset.title}.** Preparation: {datasets.describe(dataset, view.data)}.")
        curves = [stored_curve(store.results, spec) for spec in view.curves()]
        live.ask(store, curves)
        waiting = live.pending(store, curves)
    # While points may come, only the fragment is drawn again, and nothing once they are there.
    st.fragment(results, run_every=POLL_SECONDS if waiting else None)(view, waiting)


def check(view: CurvesView) -> datasets.Dataset:
    """The view's data set, if all of its curves can be computed; raises NtkUqError if not."""
    dataset = datasets.get(view.data.dataset)
    datasets.check_sizes(dataset, view.data, view.n_high)
    for spec in view.curves():
        check_memory(spec, dataset.n_features)
    return dataset


def results(view: CurvesView, waiting: bool) -> None:
    """Progress, plots and tables of what is there."""
    with session.told():
        store = session.store()
        curves = [stored_curve(store.results, spec) for spec in view.curves()]
        still_waiting = live.pending(store, curves)
        labels = [f"depth {depth}" for depth in view.depths]
        live.progress(store, curves)
        live.ended(store, curves, labels)
    if waiting and not still_waiting:
        st.rerun()
    traces = [
        Trace(label, curve, curve.fits(view.fit_low, view.fit_high) if curve.complete else None)
        for label, curve in zip(labels, curves, strict=True)
    ]
    charts(view, traces)
    for sentence in dict.fromkeys(s for c in curves for s in (*c.failures, *c.warnings)):
        st.warning(sentence, icon=":material/warning:")
    tables.exponents(traces)
    tables.reasons(traces)
    tables.numbers(traces, view)


def charts(view: CurvesView, traces: list[Trace]) -> None:
    """The three plots side by side."""
    dataset = datasets.get(view.data.dataset)
    style = Style(session.dark(), view.axis == "linear", view.parts)
    for column, quantity in zip(st.columns(3), TITLES, strict=True):
        figure = scaling_figure(
            quantity, traces, datasets.loss_unit(dataset, view.data), style, view.digest()
        )
        column.plotly_chart(
            figure,
            theme=None,
            key=f"chart_{quantity}",
            config=PLOT_CONFIG,
            alt=f"{TITLES[quantity]} against the number of training examples",
        )


session.run(page)
