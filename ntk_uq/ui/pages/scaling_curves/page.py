"""The page "Scaling curves": controls, then the infinite-width curves as they come."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.curve_laws import shown_laws
from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.analysis.posteriors import PosteriorPair, bayesian
from ntk_uq.base.errors import SpecError
from ntk_uq.costs.memory import check_memory
from ntk_uq.figures import TITLES, Style, Trace, scaling_figure
from ntk_uq.figures.foreseen_curves import ForeseenCurve, any_holds
from ntk_uq.figures.posteriors import ratio_figure
from ntk_uq.jobs import varied_words
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.specs import CurveSpec
from ntk_uq.store import Store
from ntk_uq.ui import (
    beginning,
    export,
    launch,
    links,
    live,
    panels,
    polling,
    say,
    session,
    shared,
    tables,
    verdict_lines,
)
from ntk_uq.ui.pages.scaling_curves import about_fits, controls, finite, foreseen, pinned
from ntk_uq.ui.pages.scaling_curves import tables as law_tables
from ntk_uq.ui.pages.scaling_curves.exhibit import exhibit, loss_unit
from ntk_uq.ui.place import place
from ntk_uq.views import CurvesView, SpectrumView

POLL_SECONDS = 1.0
WHY = "Why do they fall so? Foreseen from the kernel"


def page() -> None:
    """The whole page."""
    st.markdown(
        "Mean $\\mu$ of the test loss over initializations of infinitely wide networks, its spread "
        "$\\sigma$ and their ratio $\\epsilon=\\sigma/\\mu$, against the number of training "
        "examples $N_D$."
    )
    with session.told():
        store, view, _ = beginning.chosen(CurvesView, controls, check)
        curves = read(store, view)
        if view.finite:
            with session.kept():
                launch.calibrate(store)
        awaited = [*curves, *beside(store, view)]
        live.ask(store, awaited)
        every = polling.interval(waiting(store, view, awaited), POLL_SECONDS)
        complete = all(curve.complete for curve in curves)
        found = live.once(curves, complete, lambda: read(store, view))
    # While points may come, only the fragment is drawn again, and nothing once they are there.
    st.fragment(results, run_every=every)(view, every, found)


def check(view: CurvesView) -> datasets.Dataset:
    """The view's data set, if all of its curves can be computed; raises NtkUqError if not."""
    for spec in view.curves():
        dataset = datasets.get_for(spec.data, view.n_high, folds=spec.folds)
        check_memory(spec, dataset.n_features)
    foreseen.check(view)
    return dataset


def read(store: Store, view: CurvesView) -> list[Curve]:
    """The curves as far as they are there."""
    return [stored_curve(store.results, spec) for spec in wanted(view)]


def beside(store: Store, view: CurvesView) -> list[Curve]:
    """The curves that the figures have besides: of the baseline, and of the networks' own limit."""
    specs = [*pinned.specs(view), *finite.limits(view)]
    return [stored_curve(store.results, spec) for spec in specs]


def waiting(store: Store, view: CurvesView, awaited: Sequence[Curve]) -> bool:
    """Whether anything may come by itself: points, networks, what is foreseen."""
    return (
        live.pending(store, awaited) or finite.waiting(store, view) or foreseen.waiting(store, view)
    )


def results(view: CurvesView, every: float | None, found: Callable[[], list[Curve]]) -> None:
    """Progress, plots and tables of what is there."""
    with session.told():
        store = session.store()
        curves, baseline = found(), pinned.read(store, view)
        networks = finite.read(store, view)
        from_kernel = foreseen.read(store, view, curves)
        awaited = [*curves, *beside(store, view)]
        labels = labels_of(view)
        with place():
            live.progress(store, curves)
            live.ended(store, curves, labels)
        still_every = polling.interval(waiting(store, view, awaited), POLL_SECONDS)
    if every != still_every:
        links.follow(every)
    style = Style(session.dark(), view.axis == "linear", view.parts)
    drawn = [*curves, *(curve for _, curve in baseline)]
    state = (
        *(curve.state for curve in drawn),
        *(one.state for one in networks),
        *((one.label, one.found.seconds) for one in from_kernel),
    )
    shown = shared.ShownView(view, state, style)
    traces = shown.once("traces", lambda: traces_of(view, labels, curves))
    verdict_lines.draw(shown.once("verdicts", lambda: law_tables.verdicts(traces, view)))
    with place():
        pinned.difference(view)
        finite.panel(store, view)
    panels.show(
        shown.panels(
            "charts", lambda: charts(view, traces, style, baseline, networks, from_kernel)
        ),
        key="charts",
        view=view,
    )
    compared = pairs(traces) if view.bayes else []
    with place():
        if compared:
            panels.show(
                shown.panels("ratios", lambda: ratios(view, compared, style.dark)),
                key="ratios",
                view=view,
            )
        foreseen.progress(store, view)  # its lines go when they are done: below, no plot moves
        if any_holds(from_kernel):
            panels.show(
                shown.panels(
                    "foreseen_ratios", lambda: foreseen.ratios(view, from_kernel, style.dark)
                ),
                key="foreseen_ratios",
                view=view,
            )
        if view.foreseen:
            verdict_lines.draw(
                shown.once("foreseen", lambda: foreseen.sentences(view, from_kernel)),
                key="verdicts_foreseen",
            )
        compared_lines = shown.once("beside", lambda: law_tables.beside(traces, baseline))
        verdict_lines.draw(compared_lines, rows=4, key="verdicts_compared")
        law_tables.expectations(traces, view)
        for sentence in dict.fromkeys(s for c in curves for s in (*c.failures, *c.warnings)):
            say.warning(sentence, icon=":material/warning:")
    with place():
        if view.law == "power":
            tables.exponents(shown.once("exponents", lambda: tables.exponents_of(traces, view)))
        else:
            law_tables.shown_laws(traces)
        finite.exponents_of(networks)
    about_fits.draw(traces, view)
    tables.numbers(traces, view)
    why(view)
    export.panel(lambda: exhibit(view, traces, style, compared, baseline, networks, from_kernel))


def why(view: CurvesView) -> None:
    """The link to what foresees these curves, where it can."""
    if view.vary != "depth" or not view.training.converged:
        return
    n_pool, _ = datasets.get(view.data.dataset).sizes()
    with suppress(SpecError):  # of a handful of examples nothing is foreseen
        spectrum = SpectrumView(
            view.data,
            view.depths,
            view.activation,
            view.sigma_w,
            view.sigma_b,
            view.training,
            view.sample_of(n_pool),
            curve=True,
        )
        links.opening_of(spectrum, label=WHY).draw()


def wanted(view: CurvesView) -> tuple[CurveSpec, ...]:
    """The curves, and after them their Bayesian partners where these are asked for."""
    curves = view.curves()
    return (*curves, *map(bayesian, curves)) if view.bayes else curves


def labels_of(view: CurvesView) -> list[str]:
    """What each of :func:`wanted` is called: by the value of the field that varies."""
    labels = [varied_words.label(view.vary, spec) for spec in view.curves()]
    return labels + ([f"{label}, Bayesian" for label in labels] if view.bayes else [])


def trace(view: CurvesView, label: str, curve: Curve, color: int) -> Trace:
    """A curve, with what the view asks of its fits once it is complete; ``color`` is the index of
    its colour."""
    hollow = view.bayes and curve.spec.training.posterior == "bayes"
    if not curve.complete:
        return Trace(label, curve, None, color=color, hollow=hollow)
    fits = curve.fits(view.fit_low, view.fit_high)
    instead = view.law != "power"
    laws = None
    if instead or view.extrapolate is not None:
        laws = shown_laws(curve, fits, view.law, view.fit_low, view.fit_high)
    return Trace(label, curve, fits, laws, instead, color, hollow, (view.fit_low, view.fit_high))


def traces_of(
    view: CurvesView, labels: Sequence[str], curves: Sequence[Curve]
) -> tuple[Trace, ...]:
    """All curves with their fits."""
    return tuple(
        trace(view, label, curve, place % len(view.curves()))
        for place, (label, curve) in enumerate(zip(labels, curves, strict=True))
    )


def charts(
    view: CurvesView,
    traces: Sequence[Trace],
    style: Style,
    baseline: pinned.Pinned,
    networks: list[CurveNetworks],
    from_kernel: Sequence[ForeseenCurve] = (),
) -> tuple[panels.SentFigure, ...]:
    """The three plots."""
    unit = loss_unit(view)
    digest, target = view.digest(), view.extrapolate
    return panels.panels_of(
        scaling_figure(
            quantity, traces, unit, style, digest, target, baseline, networks, from_kernel
        )
        for quantity in TITLES
    )


def pairs(traces: Sequence[Trace]) -> list[tuple[str, PosteriorPair]]:
    """Each trained curve with its Bayesian partner."""
    half = len(traces) // 2
    return [
        (left.label, PosteriorPair(left.curve, right.curve))
        for left, right in zip(traces[:half], traces[half:], strict=True)
    ]


def ratios(
    view: CurvesView, compared: list[tuple[str, PosteriorPair]], dark: bool
) -> tuple[panels.SentFigure, ...]:
    """Trained over Bayesian networks: three small plots below the others."""
    style = Style(dark, view.axis == "linear")
    window = (view.fit_low, view.fit_high)
    return panels.panels_of(
        ratio_figure(quantity, compared, style, view.digest(), window) for quantity in TITLES
    )
