"""All that a view shows of a store, read as its page reads it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import stored_comparison
from ntk_uq.analysis.curve_networks import stored_networks
from ntk_uq.analysis.maps import stored_map
from ntk_uq.analysis.posteriors import bayesian
from ntk_uq.analysis.training_time import stored_training_time_study
from ntk_uq.base.errors import LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.descent import stored_descent
from ntk_uq.results.ensembles.stored import descent_of
from ntk_uq.results.foreseen import stored_foreseen
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.results.spectrum import stored_spectrum
from ntk_uq.specs import ForeseenSpec, SpectrumSpec
from ntk_uq.store import SavedItem, Store
from ntk_uq.store.named_views import NamedView
from ntk_uq.views import (
    CurvesView,
    DataView,
    EnsemblesView,
    PhaseMapView,
    RunsView,
    SpectrumView,
    TrainingTimeView,
    WidthView,
    page_name,
)


def read_all(store: Store, view: Spec) -> None:
    """Reads every result that the page of a view shows.

    Args:
        store: that of the page; what notes which of its results are asked for, to find these.
        view: of any page.

    Raises:
        NtkUqError: where what is shown cannot be looked up: files of the data that are missing,
            say.
    """
    _READERS[type(view)](store, view)


def view_of_named(saved: NamedView | SavedItem) -> Spec:
    """The view that somebody saved under a name.

    Raises:
        LinkError: if this version has no such page, or cannot read the view.
    """
    for cls in _READERS:
        if page_name(cls) == (saved.page or page_name(CurvesView)):
            return cls.from_query(saved.query)
    raise LinkError(f"This version has no page {saved.page!r:.80} for the view {saved.name!r}.")


def spectrum_of(view: DataView, dataset: datasets.Dataset) -> SpectrumSpec:
    """The spectrum that a view shows, on no more examples than there are."""
    n_pool, _ = dataset.sizes()
    return SpectrumSpec(
        # The test set does not matter here: one spectrum for all of its sizes.
        datasets.canonical(dataset, replace(view.data, n_test=1)),
        view.architecture,
        min(view.sample, n_pool),
    )


def _curves(store: Store, view: CurvesView) -> None:
    curves = view.curves()
    beside = (*map(bayesian, curves),) if view.bayes else ()
    pinned = view.pinned().curves() if view.baseline else ()
    for spec in (*curves, *beside, *pinned):
        stored_curve(store.results, spec)
    if view.finite:
        stored_networks(store, view.networks(), [""] * len(curves))
    for wanted in foreseen_of(view):
        if wanted is not None:
            stored_foreseen(store.results, wanted)


def foreseen_of(view: CurvesView) -> list[ForeseenSpec | None]:
    """What foresees each curve of a view, None where nothing can be foreseen of it; nothing at all
    where the view does not show that."""
    if not view.foreseen:
        return []
    return [
        view.foreseen_of(curve, datasets.get(curve.data.dataset).sizes()[0])
        for curve in view.curves()
    ]


def _ensembles(store: Store, view: EnsemblesView) -> None:
    spec = view.ensembles()
    stored_comparison(store.results, spec)
    for n_train in view.n_train:  # a click shows another one
        wanted = descent_of(spec, n_train)
        if wanted is not None:
            stored_descent(store.results, wanted)


def _widths(store: Store, view: WidthView) -> None:
    for spec in view.ensembles():
        stored_comparison(store.results, spec)


def _training_time(store: Store, view: TrainingTimeView) -> None:
    stored_training_time_study(store.results, view)


def _map(store: Store, view: PhaseMapView) -> None:
    stored_map(store.results, view.map)


def _data(store: Store, view: DataView) -> None:
    dataset = datasets.get(view.data.dataset)
    stored_inspection(store.results, dataset.name)
    stored_spectrum(store.results, spectrum_of(view, dataset))


def _spectra(store: Store, view: SpectrumView) -> None:
    for spec in view.foreseen():
        stored_foreseen(store.results, spec)
    for curve in view.curves():
        stored_curve(store.results, curve)


def _runs(store: Store, view: RunsView) -> None:
    """Runs are not results."""


_READERS: dict[type[Spec], Callable[[Store, Any], None]] = {
    CurvesView: _curves,
    EnsemblesView: _ensembles,
    WidthView: _widths,
    TrainingTimeView: _training_time,
    PhaseMapView: _map,
    DataView: _data,
    SpectrumView: _spectra,
    RunsView: _runs,
}
