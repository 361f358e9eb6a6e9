"""Where a job's result is shown: the page and the view, one function a kind."""

from collections.abc import Callable
from typing import Any

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs.asking import (
    CURVE,
    DESCENT,
    ENSEMBLE,
    FETCH,
    INSPECTION,
    MAP,
    SPECTRUM,
    TRAINING_TIME,
)
from ntk_uq.specs import (
    CurveSpec,
    DataSpec,
    DescentSpec,
    EnsembleSpec,
    FetchSpec,
    InspectionSpec,
    MapSpec,
    OptimizerSpec,
    SpectrumSpec,
    TrainingTimeSpec,
)
from ntk_uq.store import Job
from ntk_uq.ui.links import Opening, opening_of
from ntk_uq.views import DataView, EnsemblesView, PhaseMapView, training_time_view_of, view_of


def opening(job: Job) -> Opening | None:
    """Where a job's result is shown; None where no page shows it, or its view cannot be made."""
    make = OPENINGS.get(job.kind)
    if make is None:
        return None
    try:
        return make(parse_json(job.spec))
    except NtkUqError:  # of another version of the program: the specification is on show anyway
        return None


def _curve(data: Any) -> Opening:
    spec = CurveSpec.from_json(data)
    view = view_of(spec)
    notice = ""
    if view.curves() != (spec,):
        notice = (
            "The page draws evenly spaced N_D, and those of this run are not. The link opens the "
            f"closest there is: {len(view.n_train)} N_D from {view.n_train[0]} to "
            f"{view.n_train[-1]}; N_D that both have are not computed again."
        )
    return opening_of(view, notice)


def _ensemble(data: Any) -> Opening:
    spec = EnsembleSpec.from_json(data)
    view = EnsemblesView(
        spec.data, spec.architecture, spec.optimizer, spec.widths, spec.n_train, spec.members
    )
    return opening_of(view)


def _descent(data: Any) -> Opening:
    spec = DescentSpec.from_json(data)
    optimizer = OptimizerSpec(steps=spec.steps[-1], eta=spec.eta)
    sizes = (spec.n_train,)
    return opening_of(EnsemblesView(spec.data, spec.architecture, optimizer, n_train=sizes))


def _training_time(data: Any) -> Opening:
    spec = TrainingTimeSpec.from_json(data)
    view = training_time_view_of(spec)
    notice = ""
    if view.training_times() != (spec,):
        notice = (
            "The page draws evenly spaced times, and at most a list of one of noise and jitter on "
            "each axis. The link opens the closest there is."
        )
    return opening_of(view, notice)


def _spectrum(data: Any) -> Opening:
    spec = SpectrumSpec.from_json(data)
    return opening_of(DataView(spec.data, spec.architecture, max(10, spec.n)))


def _map(data: Any) -> Opening:
    return opening_of(PhaseMapView(MapSpec.from_json(data)))


OPENINGS: dict[str, Callable[[Any], Opening]] = {
    CURVE: _curve,
    ENSEMBLE: _ensemble,
    TRAINING_TIME: _training_time,
    DESCENT: _descent,
    MAP: _map,
    SPECTRUM: _spectrum,
    INSPECTION: lambda data: opening_of(DataView(DataSpec(InspectionSpec.from_json(data).dataset))),
    FETCH: lambda data: opening_of(DataView(DataSpec(FetchSpec.from_json(data).name))),
}
"""A function from the specification's JSON for each kind that has a page."""
