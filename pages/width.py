"""The page "Width": how finite networks approach infinite width, and how wide is wide enough."""

import streamlit as st

from ntk_uq import datasets
from ntk_uq.comparisons import Comparison
from ntk_uq.curves import Curve, stored_curve
from ntk_uq.ensembles.stored import stored_ensembles, theory_of
from ntk_uq.figures import PLOT_CONFIG, TITLES, Style
from ntk_uq.figures.width import correction_figure, width_figure
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import Store
from ntk_uq.ui import export, launch, links, live, session, width_tables
from ntk_uq.ui.controls import width as controls
from ntk_uq.ui.exhibits.width import exhibit
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import WidthView
from ntk_uq.widths import WidthLaws, width_laws

POLL_SECONDS = 2.0


def page() -> None:
    """The whole page."""
    st.header("Width", anchor=False)
    st.markdown(
        "Where can the infinite-width answer be trusted? Ensembles of real networks against their "
        "width $w$, with the law $q(w)=q_\\infty\\,(1+c/w)$ fitted to them, its limit compared "
        "with the theory, and the width from which on a network is close enough."
    )
    opened = links.opened_view(WidthView)
    if opened is not None:
        controls.fill(opened)
    with session.told():
        store = session.store()
        view = controls.draw()
        links.keep(view)
        specs = view.ensembles()
        dataset = datasets.get(view.data.dataset)
        datasets.check_sizes(dataset, view.data, view.n_train[-1])
        st.caption(f"**{plain(dataset.title)}.** {datasets.describe(dataset, view.data)}.")
        launch.calibrate(store)
        live.ask(store, _theories(store, specs))
        waiting = _waiting(store, specs)
    st.fragment(results, run_every=POLL_SECONDS if waiting else None)(view, waiting)


def _theories(store: Store, specs: tuple[EnsembleSpec, ...]) -> list[Curve]:
    curves = (theory_of(spec) for spec in specs)
    return [stored_curve(store.results, curve) for curve in curves if curve is not None]


def _waiting(store: Store, specs: tuple[EnsembleSpec, ...]) -> bool:
    """Whether networks or points of the theory may come by themselves."""
    return launch.running(store, *specs) or live.pending(store, _theories(store, specs))


def results(view: WidthView, waiting: bool) -> None:
    """The launch, and what is there of networks, theory and laws."""
    with session.told():
        store = session.store()
        specs = view.ensembles()
        with st.spinner("Reading the networks…"):
            studies = [study(store, spec) for spec in specs]
        launch.panel(store, *(s.comparison.ensembles for s in studies))
        still_waiting = _waiting(store, specs)
    if waiting != still_waiting:
        st.rerun()
    with session.told():
        controls.shown(view)
    charts(view, studies)
    width_tables.answers(studies, view)
    corrections(view, studies)
    for sentence in dict.fromkeys(w for s in studies for w in s.comparison.ensembles.warnings):
        st.warning(sentence, icon=":material/warning:")
    width_tables.laws(studies)
    style = Style(session.dark(), view.axis == "linear")
    export.panel(lambda: exhibit(view, studies, style))


def study(store: Store, spec: EnsembleSpec) -> WidthLaws:
    """Networks and theory of one depth as far as they are there, and their laws."""
    theory = theory_of(spec)
    return width_laws(
        Comparison(
            stored_ensembles(store.results, spec),
            None if theory is None else stored_curve(store.results, theory),
        )
    )


def charts(view: WidthView, studies: list[WidthLaws]) -> None:
    """The three quantities against width, side by side."""
    style = Style(session.dark(), view.axis == "linear")
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    revision = f"{view.digest()}"
    for column, quantity in zip(st.columns(3), TITLES, strict=True):
        figure = width_figure(
            quantity, studies, view.shown, view.tolerance / 100, unit, style, revision
        )
        column.plotly_chart(
            figure,
            theme=None,
            key=f"chart_{quantity}",
            config=PLOT_CONFIG,
            alt=f"{TITLES[quantity]} against width",
        )


def corrections(view: WidthView, studies: list[WidthLaws]) -> None:
    """The correction c against depth and against N_D, where there are several of them."""
    style = Style(session.dark())
    several = {"depth": len(view.depths) > 1, "n_train": len(view.n_train) > 1}
    if not any(several.values()):
        return
    st.markdown("##### The correction *c* in units of width")
    for against in (name for name, drawn in several.items() if drawn):
        for column, quantity in zip(st.columns(3), TITLES, strict=True):
            column.plotly_chart(
                correction_figure(quantity, studies, against, style, view.digest()),
                theme=None,
                key=f"correction_{against}_{quantity}",
                config=PLOT_CONFIG,
            )


session.run(page)
