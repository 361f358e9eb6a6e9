"""The views of a demo: which they are, of which jobs their results are, and whether these are
there.

A demo is a store whose saved views are those that were prepared. Nothing else tells of them, so
that whoever looks finds them where saved views are.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ntk_uq import datasets
from ntk_uq.analysis.maps import map_cost, stored_map
from ntk_uq.analysis.posteriors import bayesian
from ntk_uq.analysis.preset_views import AS_IN_THE_PAPER, TRY, PresetView
from ntk_uq.analysis.shown import foreseen_of, spectrum_of, view_of_named
from ntk_uq.analysis.training_time import shows_networks
from ntk_uq.base.errors import DataError, LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.costs import training
from ntk_uq.jobs import kinds
from ntk_uq.jobs.asking import cost_of
from ntk_uq.results.ensembles.stored import descent_of, missing_members, theory_of
from ntk_uq.specs import DataSpec, EnsembleSpec, InspectionSpec, MapSpec
from ntk_uq.store import Store
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

_ALL_TOGETHER = AS_IN_THE_PAPER[-1:]

SMALL = (
    PresetView("Scaling curves", "as the page opens", CurvesView()),
    *TRY,
    *AS_IN_THE_PAPER[:-1],
    PresetView(
        "Finite over infinite width",
        "networks of two widths beside their limit",
        CurvesView(
            depths=(2,),
            n_low=50,
            n_high=400,
            n_points=4,
            finite=True,
            widths=(32, 128),
            members=10,
        ),
    ),
    PresetView("Spectrum", "as the page opens", SpectrumView()),
    PresetView("Phase map", "as the page opens", PhaseMapView()),
    PresetView("Width", "as the page opens", WidthView()),
    PresetView("Ensembles", "as the page opens", EnsemblesView()),
    *(
        PresetView(f"Data: {dataset.title}"[:60], "what is in it", DataView(DataSpec(dataset.name)))
        for dataset in datasets.REGISTRY.values()
    ),
)
"""What takes minutes on two cores: theory throughout, and small networks."""

FULL = (*SMALL, *_ALL_TOGETHER)
"""The same with what takes hours: networks on all tasks of the paper."""


@dataclass(frozen=True)
class DemoPlan:
    """What a demo is to have.

    Attributes:
        views: those whose data sets are there.
        left_out: labels of the others, with the reason.
    """

    views: tuple[PresetView, ...]
    left_out: tuple[tuple[str, str], ...]


def plan(wanted: Iterable[PresetView]) -> DemoPlan:
    """Which of some views can be prepared with the data sets that are there."""
    views: list[PresetView] = []
    left_out: list[tuple[str, str]] = []
    for one in wanted:
        try:
            for name in data_sets(one.view):
                datasets.get(name).fingerprint()
        except DataError as error:
            left_out.append((one.label, str(error)))
        else:
            views.append(one)
    return DemoPlan(tuple(views), tuple(left_out))


def data_sets(view: Any) -> tuple[str, ...]:
    """The names of the data sets that a view shows."""
    if isinstance(view, CurvesView):
        return tuple(dict.fromkeys(spec.data.dataset for spec in view.curves()))
    return () if isinstance(view, RunsView) else (view.data.dataset,)


def name_views(store: Store, wanted: Iterable[PresetView]) -> None:
    """Saves these views, so that whoever looks finds them; those of another size of demo go.

    Raises:
        StoreError: if they cannot be written.
    """
    kept = {one.label: one for one in wanted}
    for one in FULL:
        if one.label not in kept:
            store.views.delete(one.label)
    for label, one in kept.items():
        store.views.save(NamedView(label, page_name(one.view), one.view.to_query()))


def views(store: Store) -> tuple[PresetView, ...]:
    """The views that a demo's store has, by name; without those of other versions.

    Raises:
        StoreError: if they cannot be read.
    """
    found = []
    for saved in store.views.list():
        with suppress(LinkError):
            found.append(PresetView(saved.name, "", view_of_named(saved)))
    return tuple(found)


def missing(store: Store, view: Spec) -> tuple[Spec, ...]:
    """The jobs whose results a view lacks.

    Raises:
        NtkUqError: if they cannot be looked up: files of the data that are missing, say.
    """
    return tuple(spec for spec in jobs_of(view) if not _there(store, spec))


def jobs_of(view: Spec) -> tuple[Spec, ...]:
    """What is computed for a view, each once.

    Raises:
        NtkUqError: as :func:`missing`.
    """
    return tuple(dict.fromkeys(spec for spec in _JOBS[type(view)](view) if spec is not None))


def seconds(store: Store, spec: Spec) -> float:
    """About how long what a job lacks takes one worker; 0 where nobody can tell.

    Raises:
        NtkUqError: as :func:`missing`.
    """
    if isinstance(spec, EnsembleSpec):
        lacking = missing_members(store.results, spec)
        return training.cost_of(store.results, spec, lacking).seconds
    if isinstance(spec, MapSpec):
        return map_cost(stored_map(store.results, spec)).seconds
    cost = cost_of(spec, kinds.of(spec).result(store.results, spec))
    return 0.0 if cost is None else cost.seconds


def _there(store: Store, spec: Spec) -> bool:
    found = kinds.of(spec).result(store.results, spec)
    return found is not None and bool(getattr(found, "complete", True))


def _curves(view: CurvesView) -> Iterable[Spec | None]:
    yield from view.curves()
    if view.bayes:
        yield from map(bayesian, view.curves())
    if view.baseline:
        yield from view.pinned().curves()
    for spec in view.networks() if view.finite else ():
        if spec is not None:
            yield from (spec, theory_of(spec))
    yield from foreseen_of(view)


def _ensembles(view: EnsemblesView) -> Iterable[Spec | None]:
    spec = view.ensembles()
    yield from (spec, theory_of(spec))
    # A click shows another N_D.
    yield from (descent_of(spec, n_train) for n_train in view.n_train)


def _widths(view: WidthView) -> Iterable[Spec | None]:
    for spec in view.ensembles():
        yield from (spec, theory_of(spec))


def _training_time(view: TrainingTimeView) -> Iterable[Spec | None]:
    yield from view.training_times()
    if shows_networks(view):
        yield from (view.ensembles(), descent_of(view.ensembles(), view.n_train))


def _data(view: DataView) -> Iterable[Spec | None]:
    dataset = datasets.get(view.data.dataset)
    return InspectionSpec(dataset.name), spectrum_of(view, dataset)


_JOBS: dict[type[Spec], Callable[[Any], Iterable[Spec | None]]] = {
    CurvesView: _curves,
    EnsemblesView: _ensembles,
    WidthView: _widths,
    TrainingTimeView: _training_time,
    PhaseMapView: lambda view: (view.map,),
    DataView: _data,
    SpectrumView: lambda view: (*view.foreseen(), *view.curves()),
    RunsView: lambda _: (),
}
