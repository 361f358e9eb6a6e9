"""The page "Width": how finite networks approach infinite width, and how wide is wide enough."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import stored_comparison
from ntk_uq.analysis.width_laws import WidthLaws, width_laws
from ntk_uq.figures import TITLES, Style
from ntk_uq.figures.width import correction_figure, width_figure
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.ensembles.stored import theory_of
from ntk_uq.store import Store
from ntk_uq.ui import beginning, export, launch, links, live, panels, polling, say, session, shared
from ntk_uq.ui.pages.width import controls
from ntk_uq.ui.pages.width import tables as width_tables
from ntk_uq.ui.pages.width.exhibit import exhibit
from ntk_uq.ui.place import place
from ntk_uq.views import WidthView

POLL_SECONDS = 2.0


def page() -> None:
    """The whole page."""
    st.markdown(
        "Where can the infinite-width answer be trusted? Ensembles of real networks against their "
        "width $w$, with the law $q(w)=q_\\infty\\,(1+c/w)$ fitted to them, its limit compared "
        "with the theory, and the width from which on a network is close enough."
    )
    with session.told():
        store, view, _ = beginning.chosen(WidthView, controls, check)
        with session.kept():
            launch.calibrate(store)
        wanted = (theory_of(spec) for spec in view.ensembles())
        curves = [stored_curve(store.results, curve) for curve in wanted if curve is not None]
        live.ask(store, curves)
        every = polling.interval(_waiting(store, view, curves), POLL_SECONDS)
    st.fragment(results, run_every=every)(view, every)


def check(view: WidthView) -> datasets.Dataset:
    """The view's data set, if it is large enough."""
    return datasets.get_for(view.data, view.n_train[-1])


def _waiting(store: Store, view: WidthView, curves: Sequence[Curve]) -> bool:
    """Whether networks or points of the theory may come by themselves."""
    return launch.running(store, *view.ensembles()) or live.pending(store, curves)


def results(view: WidthView, every: float | None) -> None:
    """The launch, and what is there of networks, theory and laws."""
    with session.told():
        store = session.store()
        with st.spinner("Reading the networks…"):
            found = [stored_comparison(store.results, spec) for spec in view.ensembles()]
            studies = [width_laws(comparison) for comparison in found]
        with place():
            launch.panel(store, *(comparison.ensembles for comparison in found))
            live.offer(store, [c.theory for c in found if c.theory is not None])
        still_every = polling.interval(
            _waiting(store, view, [c.theory for c in found if c.theory is not None]), POLL_SECONDS
        )
    if every != still_every:
        links.follow(every)
    with session.told():
        controls.shown(view)
    with place():
        width_tables.verdicts(studies, view, launch.running(store, *view.ensembles()))
    style = Style(session.dark(), view.axis == "linear")
    theories = (comparison.theory for comparison in found)
    state = (
        *(comparison.ensembles.state for comparison in found),
        *(None if theory is None else theory.state for theory in theories),
    )
    drawn = shared.ShownView(view, state, style)
    panels.show(
        drawn.panels("charts", lambda: charts(view, studies, style)), key="charts", view=view
    )
    with place():
        width_tables.answers(studies, view)
    with place():
        corrections(view, studies, drawn)
    with place():
        for sentence in dict.fromkeys(w for s in studies for w in s.comparison.ensembles.warnings):
            say.warning(sentence, icon=":material/warning:")
        width_tables.laws(studies)
    export.panel(lambda: exhibit(view, studies, style))


def charts(
    view: WidthView, studies: list[WidthLaws], style: Style
) -> tuple[panels.SentFigure, ...]:
    """The three quantities against width."""
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    tolerance, digest = view.tolerance / 100, view.digest()
    return panels.panels_of(
        width_figure(quantity, studies, view.shown, tolerance, unit, style, digest)
        for quantity in TITLES
    )


def corrections(view: WidthView, studies: list[WidthLaws], drawn: shared.ShownView) -> None:
    """The correction c against depth and against N_D, where there are several of them."""
    style = Style(drawn.style.dark)
    several = {"depth": len(view.depths) > 1, "n_train": len(view.n_train) > 1}
    trusted = any(law.trusted for study in studies for law in study.laws)
    if not any(several.values()) or not trusted:
        return
    st.markdown("## The correction *c* in units of width")
    for against in (name for name, drawn in several.items() if drawn):
        key = f"correction_{against}"
        panels.show(
            drawn.panels(key, partial(_against, view, studies, against, style)), key, view=view
        )


def _against(
    view: WidthView, studies: list[WidthLaws], against: str, style: Style
) -> tuple[panels.SentFigure, ...]:
    return panels.panels_of(
        correction_figure(q, studies, against, style, view.digest()) for q in TITLES
    )
