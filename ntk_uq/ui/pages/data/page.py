"""The page "Data": what there is, what is in it, and a file of one's own."""

from dataclasses import replace

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.shown import spectrum_of
from ntk_uq.base.errors import MissingDataError
from ntk_uq.datasets import Dataset, fetching
from ntk_uq.figures import Style
from ntk_uq.people import DEMO
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.results.spectrum import stored_spectrum
from ntk_uq.specs import InspectionSpec
from ntk_uq.store import Store
from ntk_uq.ui import export, links, prepared_views, say, session, setup_bar
from ntk_uq.ui.follow import follow
from ntk_uq.ui.pages.data import catalog, controls, own_sets, sections, upload
from ntk_uq.ui.pages.data.exhibit import exhibit
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView, DataView

POLL_SECONDS = 1.0
_SECTION = "data_section"
_INSIDE, _ALL, _OWN = "What is in it", "All data sets", "A file of your own"


def page() -> None:
    """The whole page."""
    links.set_controls(DataView, controls.fill)
    with session.told():
        store = session.store()
        view = controls.draw()
        links.keep(view)
        setup_bar.draw(view)
        prepared_views.tell(store, view)
    st.session_state.setdefault(_SECTION, _INSIDE)
    section = st.segmented_control(
        "Section",
        (_INSIDE, _ALL, _OWN),
        key=_SECTION,
        label_visibility="collapsed",
        required=True,
        help="What is in one data set, which there are and how to fetch them, or a file of yours.",
    )
    with session.told():
        if section == _ALL:
            waiting = catalog.fetching_now(store)
            st.fragment(all_sets, run_every=POLL_SECONDS if waiting else None)(waiting)
        elif section == _OWN and store.read_only:
            say.info(DEMO, icon=":material/inventory_2:")
        elif section == _OWN:
            with st.container():  # whatever it holds, the upload below stays in its place
                own_sets.table(show)
            upload.upload(show)
        else:
            inside(store, view)


def show(name: str) -> None:
    """Turns to what is in a data set, from before the controls are drawn again."""
    controls.choose(name)
    st.session_state[_SECTION] = _INSIDE


def all_sets(waiting: bool) -> None:
    """Every data set of the server; follows what is being fetched."""
    with session.told():
        store = session.store()
        catalog.table(store, show)
        if waiting != catalog.fetching_now(store):
            links.follow(POLL_SECONDS if waiting else None)


def inside(store: Store, view: DataView) -> None:
    """What is in the chosen data set."""
    dataset = datasets.get(view.data.dataset)
    try:
        dataset.sizes()
    except MissingDataError as error:
        missing(store, dataset, str(error))
        return
    st.header(plain(dataset.title), anchor=False)
    source = f" {dataset.licence}." if dataset.licence else ""
    st.markdown(f"{plain(dataset.about)} *{plain(dataset.citation)}.*{source}")
    sections.preparation(dataset, view.data)
    curves = curves_of(dataset, view)
    links.opening_of(curves, label="Scaling curves of these data").draw()
    ready = stored_inspection(store.results, dataset.name) is not None
    decomposed = stored_spectrum(store.results, spectrum_of(view, dataset)) is not None
    done = (ready and decomposed) or store.read_only
    st.fragment(results, run_every=None if done else POLL_SECONDS)(view, done)


def missing(store: Store, dataset: Dataset, reason: str) -> None:
    """What to do where a data set's files are not there."""
    say.info(reason, icon=":material/cloud_download:")
    if dataset.name in fetching.SOURCES:
        job = catalog.fetch_job(store, dataset.name)
        running = job is not None and not job.state.ended
        st.fragment(fetch, run_every=POLL_SECONDS if running else None)(dataset.name, running)


def fetch(name: str, running: bool) -> None:
    """The button that fetches the chosen data set, or how far it is."""
    with session.told():
        store = session.store()
        job = catalog.fetch_job(store, name)
        catalog.fetch_button(store, name, job)
        if running and (job is None or job.state.ended):
            links.follow(POLL_SECONDS)


def results(view: DataView, done: bool) -> None:
    """The report and the spectrum, as they come."""
    style = Style(session.dark())
    with session.told():
        store, dataset = session.store(), datasets.get(view.data.dataset)
        inspection = stored_inspection(store.results, dataset.name)
        waiting = False
        if inspection is None:
            waiting |= follow(store, InspectionSpec(dataset.name), "What is in the data")
        else:
            sections.summary(dataset, inspection)
            left, right = st.columns([3, 2])
            with left:
                sections.distribution(view, dataset, inspection, style)
            with right:
                sections.flaws(dataset, inspection)
            sections.examples(view, dataset, inspection, style)
        st.markdown("### Spectrum of the kernel")
        wanted = spectrum_of(view, dataset)
        found = stored_spectrum(store.results, wanted)
        if found is None:
            waiting |= follow(store, wanted, "The spectrum")
        else:
            sections.spectrum(view, found, style)
        export.panel(lambda: exhibit(view, dataset, inspection, wanted, found, style))
    if not done and not waiting and inspection is not None and found is not None:
        links.follow(POLL_SECONDS)


def curves_of(dataset: Dataset, view: DataView) -> CurvesView:
    """A first view of the scaling curves of a data set, with this page's preparation."""
    n_pool, n_test = dataset.sizes()
    high = max(2, min(1200, n_pool))
    return CurvesView(
        data=replace(view.data, n_test=min(view.data.n_test, n_test)),
        activation=view.architecture.activation,
        sigma_w=view.architecture.sigma_w,
        sigma_b=view.architecture.sigma_b,
        n_low=min(40, max(1, high // 8)),
        n_high=high,
    )
