"""Small pictures of views and reports, of what the store has of them now."""

import base64
import functools
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import stored_comparison
from ntk_uq.analysis.curve_networks import stored_networks
from ntk_uq.analysis.maps import stored_map
from ntk_uq.analysis.shown import spectrum_of
from ntk_uq.analysis.training_time import stored_training_time_study
from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.base import settings
from ntk_uq.base.errors import MissingDataError, NtkUqError, StoreError
from ntk_uq.base.fields import Spec
from ntk_uq.base.shared import Shared
from ntk_uq.export.document import figure_of
from ntk_uq.export.report import open_report
from ntk_uq.figures import Style, Trace, on_ground, scaling_figure
from ntk_uq.figures.ensembles import ensemble_figure
from ntk_uq.figures.foreseen import CURVE, foreseen_figure
from ntk_uq.figures.phase_map import map_figure
from ntk_uq.figures.small import small_picture
from ntk_uq.figures.spectrum import eigenvalue_figure
from ntk_uq.figures.width import width_figure
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.spectrum import stored_spectrum
from ntk_uq.store import SavedItem, Store
from ntk_uq.ui.pages.scaling_curves.exhibit import loss_unit
from ntk_uq.ui.pages.scaling_curves.page import labels_of, wanted
from ntk_uq.ui.pages.spectrum.exhibit import traces_of
from ntk_uq.ui.pages.training_time.exhibit import figure as time_figure
from ntk_uq.views import (
    CurvesView,
    DataView,
    EnsemblesView,
    PhaseMapView,
    SpectrumView,
    TrainingTimeView,
    WidthView,
)

NOT_YET = "not computed yet"
NO_FILES = "not computed yet: its data files are not here"
NO_FIGURE = "no figure"
GONE = "its file cannot be read"

DRAWING = "being drawn"

_MADE: Shared[Future["CardPicture"]] = Shared(1024)
"""For all sessions: nothing in a picture is a session's own, and it has no words."""

_THREADS = ThreadPoolExecutor(2, "small-pictures")
"""Beside the pages: to look for results of data that are simulated, these are simulated first."""


@dataclass(frozen=True)
class CardPicture:
    """A card's picture.

    Attributes:
        svg: empty where there is none.
        words: why there is none; empty where there is one.
    """

    svg: str = ""
    words: str = ""

    @functools.cached_property
    def source(self) -> str:
        """The picture as an address that holds all of it."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg.encode()).decode()}"


def of_view(store: Store, view: Spec, dark: bool, until: float) -> CardPicture:
    """The picture of a view, of the results that are there.

    Args:
        store: where they are.
        view: of any page.
        dark: whether the page is.
        until: how long it may take, by the monotonic clock; later it is :data:`DRAWING`.

    Raises:
        StoreError: if the store cannot be read.
    """
    if type(view) not in _FIGURES:
        return CardPicture(words=NO_FIGURE)
    # Looked for again only when results have come, or gone: those that are there never change, and
    # a home page has many cards.
    there = store.results.totals()
    if not any(there):
        return CardPicture(words=NOT_YET)
    key = (store.directory, there, view, dark, settings.tf32())
    make = functools.partial(_of_results, store, view, Style(dark))
    found = _in_time(key, make, until)
    # Files of data come without a result, and a store that was locked is so no longer.
    return make() if found is None or found.words == NO_FILES else found


def of_report(store: Store, item: SavedItem, dark: bool, until: float) -> CardPicture:
    """The picture of a report, its first figure; the rest as of :func:`of_view`."""
    key = (store.directory, item.id, item.saved, dark)
    found = _in_time(key, functools.partial(_first, store, item, Style(dark)), until)
    return CardPicture(words=GONE) if found is None else found


def _in_time(key: Hashable, make: Callable[[], CardPicture], until: float) -> CardPicture | None:
    """What ``make`` gives, from whichever session asked first; None where it fails."""
    task = _MADE.get(key, lambda: _THREADS.submit(make))
    try:
        return task.result(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return CardPicture(words=DRAWING)
    except NtkUqError:
        return None


def _of_results(store: Store, view: Spec, style: Style) -> CardPicture:
    try:
        return _drawn(store, view, style)
    except MissingDataError:
        return CardPicture(words=NO_FILES)
    except StoreError:
        raise
    except NtkUqError:  # what the view's own page says in full
        return CardPicture(words=NOT_YET)


def _drawn(store: Store, view: Spec, style: Style) -> CardPicture:
    figure = _FIGURES[type(view)](store, view, style)
    svg = "" if figure is None else small_picture(figure, style)
    return CardPicture(svg, "" if svg else NOT_YET)


def _first(store: Store, item: SavedItem, style: Style) -> CardPicture:
    report = open_report(store.saved.report(item.id))
    given = (one["figure"] for each in report.items for one in each.view.get("figures", ()))
    for figure in given:
        try:
            svg = small_picture(on_ground(figure_of(figure), style.dark), style)
        except ValueError:  # Plotly's word for what is no figure
            continue
        if svg:
            return CardPicture(svg)
    return CardPicture(words=NO_FIGURE)


def _curves(store: Store, view: CurvesView, style: Style) -> go.Figure | None:
    curves = [stored_curve(store.results, spec) for spec in wanted(view)]
    labels, count = labels_of(view), len(view.curves())
    networks = stored_networks(store, view.networks(), labels[:count]) if view.finite else []
    if not any(curve.points for curve in curves) and not any(n.ensembles.points for n in networks):
        return None
    # Without fits, which take longer than all the rest.
    traces = [
        Trace(label, curve, None, color=i % count, hollow=i >= count)
        for i, (label, curve) in enumerate(zip(labels, curves, strict=True))
    ]
    return scaling_figure("epsilon", traces, loss_unit(view), style, networks=networks)


def _ensembles(store: Store, view: EnsemblesView, style: Style) -> go.Figure | None:
    found = stored_comparison(store.results, view.ensembles())
    if not found.ensembles.points:
        return None
    return ensemble_figure("epsilon", found, _unit(view), style)


def _widths(store: Store, view: WidthView, style: Style) -> go.Figure | None:
    found = [stored_comparison(store.results, spec) for spec in view.ensembles()]
    if not any(comparison.ensembles.points for comparison in found):
        return None
    studies = [width_laws(comparison) for comparison in found]
    tolerance = view.tolerance / 100
    return width_figure("mu", studies, view.shown, tolerance, _unit(view), style)


def _training_time(store: Store, view: TrainingTimeView, style: Style) -> go.Figure | None:
    found = stored_training_time_study(store.results, view)
    there = any(training.raw for training in found.training_times)
    return time_figure(found, "mu", style) if there else None


def _map(store: Store, view: PhaseMapView, style: Style) -> go.Figure | None:
    found = stored_map(store.results, view.map)
    if np.isnan(found.values(view.quantity)).all():
        return None
    return map_figure(found, view.quantity, _unit(view), style, view.scale)


def _data(store: Store, view: DataView, style: Style) -> go.Figure | None:
    spec = spectrum_of(view, datasets.get(view.data.dataset))
    found = stored_spectrum(store.results, spec)
    return None if found is None else eigenvalue_figure(found, style)


def _foreseen(store: Store, view: SpectrumView, style: Style) -> go.Figure | None:
    traces = traces_of(store, view)
    if all(trace.found is None for trace in traces):
        return None
    return foreseen_figure(CURVE, traces, _unit(view), style)


def _unit(view: Any) -> str:
    return datasets.loss_unit(datasets.get(view.data.dataset), view.data)


_FIGURES: dict[type[Spec], Callable[[Store, Any, Style], go.Figure | None]] = {
    CurvesView: _curves,
    EnsemblesView: _ensembles,
    WidthView: _widths,
    TrainingTimeView: _training_time,
    PhaseMapView: _map,
    DataView: _data,
    SpectrumView: _foreseen,
}
