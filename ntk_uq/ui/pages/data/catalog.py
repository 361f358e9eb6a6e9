"""All data sets of this server: what is there, what can be fetched, and how far that is."""

from collections.abc import Callable

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.counting import counted
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets import Dataset, fetching
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import FetchSpec
from ntk_uq.store import Job, JobState, Store
from ntk_uq.ui import links, say, session, stop, who
from ntk_uq.ui.engine_words import warn_of_engine
from ntk_uq.ui.plain_text import plain

_WIDTHS = [4, 3, 3, 2]


def fetching_now(store: Store) -> bool:
    """Whether files are on their way."""
    return any(not job.state.ended for job in _jobs(store).values())


def table(store: Store, choose: Callable[[str], None]) -> None:
    """A row a data set: what it is, its size and licence, whether it is there, what can be done.

    Args:
        store: the store.
        choose: called with the name when somebody wants to see a data set.
    """
    jobs = _jobs(store)
    header = st.columns(_WIDTHS)
    for column, text in zip(header, ("Data set", "Licence, source", "State", ""), strict=True):
        column.caption(text)
    for dataset in datasets.REGISTRY.values():
        with st.container(border=True):
            _row(store, dataset, jobs.get(dataset.name), choose)
    if any(not job.state.ended for job in jobs.values()):
        warn_of_engine(store)


def _row(store: Store, dataset: Dataset, job: Job | None, choose: Callable[[str], None]) -> None:
    what, source, state, action = st.columns(_WIDTHS, vertical_alignment="center")
    kind = "classes" if dataset.task == "classification" else "regression"
    shape = " × ".join(map(str, dataset.shape))
    what.markdown(
        f"**{plain(dataset.title)}** (`{dataset.name}`)  \n{kind}, {shape} values  \n"
        f"target: {plain(dataset.target_unit)}"
    )
    licence = f"{dataset.licence}  \n" if dataset.licence else ""
    source.caption(f"{licence}{plain(dataset.citation)}")
    there, sentence = availability(dataset)
    state.markdown(f"{':material/check_circle:' if there else ':material/cloud:'} {sentence}")
    if there:
        action.button("Show", key=f"show_{dataset.name}", on_click=choose, args=(dataset.name,))
    elif dataset.name in fetching.SOURCES:
        with action:
            fetch_button(store, dataset.name, job)


def availability(dataset: Dataset) -> tuple[bool, str]:
    """Whether a data set can be used, and what there is of it, or is missing, in words."""
    try:
        pool, test = dataset.sizes()
    except DataError as error:
        source = fetching.SOURCES.get(dataset.name)
        if source is None or fetching.present(source):
            return False, str(error)
        files = fetching.needed(source)
        missing = sum(not path.is_file() for path in files)
        return False, f"{missing} of {len(files)} files are not there"
    return True, f"{pool:,} in the pool, {test:,} for the test set"


def fetch_button(store: Store, name: str, job: Job | None) -> None:
    """Fetches a public data set: a button, or how far it is, with a button to stop."""
    if store.read_only:
        return
    source = fetching.get(name)
    if job is not None and not job.state.ended:
        share = min(1.0, job.done / job.total) if job.total else 0.0
        key = f"stop_{name}"
        text = plain(job.message) or "waiting for the engine"
        st.progress(share, text=text + stop.state(store, [job], key))
        stop.button(store, [job], key)
        return
    forbidden = who.no_launch(store)
    size = f", {format_bytes(source.size)}" if source.size else ""
    if st.button(
        f"Fetch{size}",
        key=f"fetch_{name}",
        icon=":material/download:",
        disabled=bool(forbidden),
        help=forbidden
        or (
            f"Downloads {counted(len(source.files), 'file')} to the server's "
            f"folder {source.directory()} and verifies the checksums. Files copied there by hand "
            "are found, too."
        ),
    ):
        with session.told():
            submit(store.jobs, FetchSpec(name), by=who.acting(store))
        links.again()
    if job is not None and job.state is JobState.FAILED:
        say.error(job.error)


def fetch_job(store: Store, name: str) -> Job | None:
    """The job that fetches a data set, if anybody ever asked for it."""
    return store.jobs.get(FetchSpec(name).digest())


def _jobs(store: Store) -> dict[str, Job]:
    """The jobs that fetch something, by the name of the data set."""
    ids = {FetchSpec(name).digest(): name for name in fetching.SOURCES}
    return {ids[job_id]: job for job_id, job in store.jobs.get_many(ids).items()}
