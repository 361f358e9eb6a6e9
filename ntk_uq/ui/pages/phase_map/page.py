"""The page "Phase map": the theory over two axes, cell by cell as it comes."""

from collections.abc import Callable

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.maps import PhaseMap, groups, sides, stored_map
from ntk_uq.figures import Style
from ntk_uq.figures.phase_map import map_figure
from ntk_uq.ui import beginning, export, links, live, panels, polling, say, session
from ntk_uq.ui.pages.phase_map import controls
from ntk_uq.ui.pages.phase_map import details as map_details
from ntk_uq.ui.pages.phase_map import launch as map_launch
from ntk_uq.ui.pages.phase_map.exhibit import exhibit
from ntk_uq.ui.place import place
from ntk_uq.views import PhaseMapView

POLL_SECONDS = 1.0


def page() -> None:
    """The whole page."""
    st.markdown(
        "Where is the test loss low, and where is it luck? Mean $\\mu$, spread $\\sigma$ and "
        "$\\epsilon=\\sigma/\\mu$ of infinitely wide networks over any two of depth, $\\sigma_w$, "
        "$\\sigma_b$, activation, $N_D$, $N_T$, training time and jitter. A click on a cell shows "
        "its numbers and opens its scaling curve."
    )
    with session.told():
        store, view, _ = beginning.chosen(PhaseMapView, controls, check)
        found = stored_map(store.results, view.map)
        live.ask(store, [found] if map_launch.at_once(found) else [])
        every = polling.interval(live.pending(store, [found]), POLL_SECONDS)
        read = live.once(found, found.complete, lambda: stored_map(store.results, view.map))
    # While cells may come, only the fragment is drawn again, and nothing once they are there.
    st.fragment(results, run_every=every)(view, every, read)


def check(view: PhaseMapView) -> datasets.Dataset:
    """The view's data set, if it is there and can be prepared as asked."""
    groups(view.map)
    return datasets.get(view.data.dataset)


def results(view: PhaseMapView, every: float | None, read: Callable[[], PhaseMap]) -> None:
    """The launch, the map as far as it is there, and the chosen cell."""
    with session.told():
        store = session.store()
        found = read()
        with place():
            map_launch.panel(store, found)
        still_every = polling.interval(live.pending(store, [found]), POLL_SECONDS)
    if every != still_every:
        links.follow(every)
    left, right = st.columns([5, 3])
    with left:
        chart(found, view)
    with right:
        map_details.draw(found, view)
    with place():
        for sentence in found.notices:
            say.warning(sentence, icon=":material/warning:")
    export.panel(lambda: exhibit(view, found, Style(session.dark())))


def chart(found: PhaseMap, view: PhaseMapView) -> None:
    """The map; a click on a cell chooses it."""
    dataset = datasets.get(view.map.data.dataset)
    digest = view.map.digest()
    figure = map_figure(
        found,
        view.quantity,
        datasets.loss_unit(dataset, view.map.data),
        Style(session.dark()),
        view.scale,
        view.shown,
        digest,
    )
    click = panels.show([figure], key="map", view=view, clicks=True)
    cell = map_details.cell_of(click)
    if cell is not None and cell != view.shown:
        controls.select(view.map, cell)
        st.rerun()
    for sentence in sides(view.map):
        st.caption(sentence)
