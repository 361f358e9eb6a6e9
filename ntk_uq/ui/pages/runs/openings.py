"""Where a job's result is shown: the page and the view, one function a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from ntk_uq.views import DataView, EnsemblesView, PhaseMapView, training_time_view_of, view_of


@dataclass(frozen=True)
class Opening:
    """A page that shows a job's result.

    Attributes:
        page: its script.
        label: of the link.
        icon: the page's.
        query: the items of the link.
        notice: in what the view differs from the job; empty where it does not.
    """

    page: str
    label: str
    icon: str
    query: Mapping[str, str]
    notice: str = ""


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
    return Opening(
        "pages/scaling_curves.py",
        "Open in Scaling curves",
        ":material/trending_down:",
        view.to_query(),
        notice,
    )


def _data(view: DataView) -> Opening:
    return Opening("pages/data.py", "Open in Data", ":material/database:", view.to_query())


def _ensemble(data: Any) -> Opening:
    spec = EnsembleSpec.from_json(data)
    view = EnsemblesView(
        spec.data, spec.architecture, spec.optimizer, spec.widths, spec.n_train, spec.members
    )
    return _ensembles(view)


def _descent(data: Any) -> Opening:
    spec = DescentSpec.from_json(data)
    optimizer = OptimizerSpec(steps=spec.steps[-1], eta=spec.eta)
    sizes = (spec.n_train,)
    return _ensembles(EnsemblesView(spec.data, spec.architecture, optimizer, n_train=sizes))


def _training_time(data: Any) -> Opening:
    spec = TrainingTimeSpec.from_json(data)
    view = training_time_view_of(spec)
    notice = ""
    if view.training_times() != (spec,):
        notice = (
            "The page draws evenly spaced times, and at most a list of one of noise and jitter on "
            "each axis. The link opens the closest there is."
        )
    return Opening(
        "pages/training_time.py",
        "Open in Training time",
        ":material/timer:",
        view.to_query(),
        notice,
    )


def _ensembles(view: EnsemblesView) -> Opening:
    return Opening("pages/ensembles.py", "Open in Ensembles", ":material/hub:", view.to_query())


def _spectrum(data: Any) -> Opening:
    spec = SpectrumSpec.from_json(data)
    return _data(DataView(spec.data, spec.architecture, max(10, spec.n)))


def _map(data: Any) -> Opening:
    view = PhaseMapView(MapSpec.from_json(data))
    return Opening("pages/phase_map.py", "Open in Phase map", ":material/grid_on:", view.to_query())


OPENINGS: dict[str, Callable[[Any], Opening]] = {
    CURVE: _curve,
    ENSEMBLE: _ensemble,
    TRAINING_TIME: _training_time,
    DESCENT: _descent,
    MAP: _map,
    SPECTRUM: _spectrum,
    INSPECTION: lambda data: _data(DataView(DataSpec(InspectionSpec.from_json(data).dataset))),
    FETCH: lambda data: _data(DataView(DataSpec(FetchSpec.from_json(data).name))),
}
"""A function from the specification's JSON for each kind that has a page."""
