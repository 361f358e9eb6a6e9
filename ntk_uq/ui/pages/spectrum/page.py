"""The page "Spectrum": why curves fall as they do, foreseen from the kernel of a sample."""

from collections.abc import Mapping

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.foreseen_verdicts import foreseen_verdict
from ntk_uq.costs.memory import check_foreseen_memory
from ntk_uq.figures import Style
from ntk_uq.figures.foreseen import TITLES_FORESEEN, ForeseenTrace, foreseen_figure
from ntk_uq.results.curves import Curve
from ntk_uq.store import Store
from ntk_uq.ui import (
    beginning,
    export,
    fitted_table,
    links,
    live,
    panels,
    polling,
    say,
    session,
    shared,
    verdict_lines,
)
from ntk_uq.ui.follow import coming, follow
from ntk_uq.ui.pages.spectrum import controls
from ntk_uq.ui.pages.spectrum.exhibit import decays_of, exhibit, exponents_of, traces_of
from ntk_uq.ui.place import place
from ntk_uq.views.spectrum import SpectrumView

POLL_SECONDS = 1.0


def page() -> None:
    """The whole page."""
    st.markdown(
        "Why does the test loss fall as it does? From the kernel of a sample of $M$ examples alone "
        "the mean test loss $\\mu$ after training on $N_D$ of them follows, without training. How "
        "fast it falls is in the eigenvalues $\\lambda_k$, and in how much of the target and of "
        "the function at initialization lies beyond rank $k$."
    )
    with session.told():
        store, view, _ = beginning.chosen(SpectrumView, controls, check)
        traces = traces_of(store, view)
        live.ask(store, curves_of(traces))
        every = polling.interval(_waiting(store, traces), POLL_SECONDS)
    # While results may come, only the fragment is drawn again, and nothing once they are there.
    st.fragment(results, run_every=every)(view, every)


def curves_of(traces: list[ForeseenTrace]) -> list[Curve]:
    """The scaling curves with a test set, where they are shown."""
    return [trace.curve for trace in traces if trace.curve is not None]


def _waiting(store: Store, traces: list[ForeseenTrace]) -> bool:
    """Whether more may come by itself."""
    missing = [trace.spec for trace in traces if trace.found is None]
    return live.pending(store, curves_of(traces)) or any(coming(store, spec) for spec in missing)


def check(view: SpectrumView) -> datasets.Dataset:
    """The view's data set, if all of it can be computed; raises NtkUqError if not."""
    first = view.foreseen()[0]
    dataset = datasets.get_for(first.data, view.sample, called="The sample")
    check_foreseen_memory(first, dataset.n_features)
    return dataset


def results(view: SpectrumView, every: float | None) -> None:
    """Progress, sentences, figures, exponents."""
    with session.told():
        store = session.store()
        traces = traces_of(store, view)
        curves = curves_of(traces)
        with place():
            for one in traces:
                if one.found is None:
                    follow(store, one.spec, f"What {one.label} foresees")
            if curves:
                live.progress(store, curves)
                live.ended(store, curves, [one.label for one in traces])
        still_every = polling.interval(_waiting(store, traces), POLL_SECONDS)
    if every != still_every:
        links.follow(every)
    style = Style(session.dark(), view.axis == "linear")
    state = (
        *(None if one.found is None else one.found.seconds for one in traces),
        *(curve.state for curve in curves),
    )
    drawn = shared.ShownView(view, state, style)
    with place():
        verdict_lines.draw(drawn.once("verdicts", lambda: verdicts(view, traces)), rows=4)
    panels.show(
        drawn.panels("charts", lambda: charts(view, traces, style)),
        key="charts",
        view=view,
        linked=False,
    )
    with place():
        for sentence in dict.fromkeys(s for c in curves for s in (*c.failures, *c.warnings)):
            say.warning(sentence, icon=":material/warning:")
        exponents(
            drawn.once("exponents", lambda: exponents_of(traces)),
            drawn.once("decays", lambda: decays_of(traces)),
        )
    export.panel(lambda: exhibit(view, traces, style))


def verdicts(view: SpectrumView, traces: list[ForeseenTrace]) -> list[tuple[str, str | None]]:
    """What each network's curve says, by its name; None until it is there."""
    name = verdict_lines.escaped(datasets.get(view.data.dataset).title)
    return [
        (
            f"{name}, {one.label}",
            None if one.found is None else foreseen_verdict(one.found, one.curve),
        )
        for one in traces
    ]


def charts(
    view: SpectrumView, traces: list[ForeseenTrace], style: Style
) -> tuple[panels.SentFigure, ...]:
    """Eigenvalues, power beyond a rank, and the learning curve."""
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    return panels.panels_of(
        foreseen_figure(name, traces, unit, style, view.digest()) for name in TITLES_FORESEEN
    )


def exponents(rows: tuple[Mapping[str, str], ...], decays: tuple[Mapping[str, str], ...]) -> None:
    """Exponents and the decays that they follow from in tables, and how to read them."""
    if not rows:
        return
    st.markdown("## Exponents of $N_D^{-\\alpha}$")
    fitted_table.draw(rows, "exponents", keys=2)
    st.caption(
        "By decays: min(a − 1, 2b) of the mean network's part, and min(c − 1, 2b) of the variance, "
        "from the decays below. Of the foreseen curve and trained: fitted to the N_D of the "
        "figure. In parentheses: no power law by the rules of the fits, but an average."
    )
    fitted_table.draw(decays, "decays")
    st.caption(
        "λ_k ~ k^−b; power of the target along the eigenvectors ~ k^−a, of the function at "
        "initialization ~ k^−c; from rank 10 to M/5, powers as means over neighbouring ranks."
    )
