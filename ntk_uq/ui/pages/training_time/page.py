"""The page "Training time": losses along the training, where to stop, finite networks over it."""

from collections.abc import Callable

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.training_time import (
    TrainingTimeStudy,
    shows_networks,
    stored_training_time_study,
    table,
)
from ntk_uq.costs.memory import check_training_time_memory
from ntk_uq.figures import TITLES, Style
from ntk_uq.results.ensembles.stored import descent_of
from ntk_uq.store import Store
from ntk_uq.ui import (
    beginning,
    export,
    fitted_table,
    follow,
    launch,
    links,
    live,
    panels,
    polling,
    say,
    session,
)
from ntk_uq.ui.pages.training_time import controls
from ntk_uq.ui.pages.training_time import exhibit as exhibits
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import TrainingTimeView

POLL_SECONDS = 1.0


def page() -> None:
    """The whole page."""
    st.markdown(
        "Does training longer help, and when does it pay to stop? Mean $\\mu$ of the test loss "
        "over initializations of infinitely wide networks, its spread $\\sigma$, and "
        "$\\epsilon=\\sigma/\\mu$ along gradient flow, exactly, against the time "
        "$\\tau=t\\,\\lambda_{\\max}$: $k$ steps of gradient descent with step size "
        "$\\eta/\\lambda_{\\max}$ are at $\\tau=\\eta k$."
    )
    with session.told():
        store, view, _ = beginning.chosen(TrainingTimeView, controls, check)
        if view.data.noise and "noise" in (view.family, view.against):
            st.caption(
                f"The label noise of {view.data.noise:g} under Preparation is not used here: "
                "levels of noise are a list of their own."
            )
        law = stored_training_time_study(store.results, view)
        live.ask(store, law.training_times)
        if shows_networks(view):
            with session.kept():
                launch.calibrate(store)
        every = polling.interval(_waiting(store, law), POLL_SECONDS)
        complete = law.complete and law.ensembles is None
        found = live.once(law, complete, lambda: stored_training_time_study(store.results, view))
    # While results may come, only the fragment is drawn again, and nothing once they are there.
    st.fragment(results, run_every=every)(view, every, found)


def check(view: TrainingTimeView) -> datasets.Dataset:
    """The view's data set, if all of it can be computed; raises NtkUqError if not."""
    dataset = datasets.get_for(view.data, view.n_train)
    for spec in view.training_times():
        check_training_time_memory(spec, dataset.n_features)
    return dataset


def _waiting(store: Store, law: TrainingTimeStudy) -> bool:
    """Whether theory or networks may come by themselves."""
    if live.pending(store, law.training_times):
        return True
    if law.ensembles is None:
        return False
    if launch.running(store, law.ensembles.spec):
        return True
    wanted = descent_of(law.ensembles.spec, law.view.n_train)
    if wanted is None or law.descent is not None:
        return False
    return follow.coming(store, wanted)


def results(
    view: TrainingTimeView, every: float | None, found: Callable[[], TrainingTimeStudy]
) -> None:
    """Progress, plots, optima in words and in a table, finite networks."""
    with session.told():
        store = session.store()
        law = found()
        still_every = polling.interval(_waiting(store, law), POLL_SECONDS)
        labels = [f"depth {spec.architecture.depth}" for spec in view.training_times()]
        with place():
            live.progress(store, law.training_times, "draws")
            live.ended(store, law.training_times, labels)
    if every != still_every:
        links.follow(every)
    with session.told(), place():
        if view.finite:
            networks(store, law)
    charts(law)
    with session.told(), place():
        about_networks(store, law)
    with place():
        for sentence in law.warnings:
            say.warning(sentence, icon=":material/warning:")
        optima(law)
    export.panel(lambda: exhibits.exhibit(law, style(view)))


def style(view: TrainingTimeView) -> Style:
    """How the view's figures look."""
    return Style(session.dark(), view.axis == "linear", view.parts)


def networks(store: Store, law: TrainingTimeStudy) -> None:
    """The launch of the finite networks, and what theirs is beside the theory."""
    view = law.view
    if law.ensembles is None:
        why = (
            "they have no time of their own on this axis: choose training time"
            if view.against != "time"
            else f"they are trained without a ridge, and the curve has a jitter of "
            f"{view.shown.jitter:g}: choose a jitter of 0"
        )
        say.info(f"Finite networks are not shown here; {why}.")
        return
    with st.columns([1, 3])[0]:
        controls.networks_of(view)
    launch.panel(store, law.ensembles)


def about_networks(store: Store, law: TrainingTimeStudy) -> None:
    """What the networks are beside the theory, and the theory of their own training."""
    if law.ensembles is None:
        return
    spec, view = law.ensembles.spec, law.view
    st.caption(
        f"Networks are trained on draw 0 by gradient descent with η = {view.eta:g}. The dotted "
        "line is their own limit: infinite width, the same subset, the same steps. The curves are "
        "gradient flow and a mean over draws; steps differ from flow by O(η), "
        "(1 − ηλ/λ_max)^k from exp(−λt). Bars are 68 % bootstrap intervals over networks."
    )
    wanted = descent_of(spec, view.n_train)
    if law.descent is None and wanted is not None:
        follow.follow(store, wanted, "The theory of the networks' own training")


def charts(law: TrainingTimeStudy) -> None:
    """The three quantities side by side."""
    view = law.view
    panels.show(
        [exhibits.figure(law, quantity, style(view)) for quantity in TITLES],
        key="charts",
        view=view,
    )


def optima(law: TrainingTimeStudy) -> None:
    """Where to stop, in a table and in words."""
    st.markdown("## Where to stop")
    rows = table(law)
    if rows:
        unit = datasets.loss_unit(datasets.get(law.view.data.dataset), law.view.data)
        fitted_table.draw(rows, "optima", keys=1 if law.view.against == "time" else 2)
        st.caption(
            "Each draw's optimum is found on its own, between the times of the grid, and then "
            "averaged: τ geometrically, losses arithmetically; ± is the standard error over draws. "
            "μ(∞)/μ − 1 is what endless training has more. "
            f"Losses in {plain(unit)}."
        )
    found = (*(f"{clause}." for clause in law.clauses()), *law.failures)
    if found:
        st.markdown("\n".join(f"- {sentence}" for sentence in found))
