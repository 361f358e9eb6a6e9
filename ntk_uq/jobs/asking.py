"""Asking for jobs: which kinds there are, and which of them go first.

Whoever asks loads nothing that computes: a job is the name of its kind and a specification.
"""

import json

from ntk_uq import datasets
from ntk_uq.base.fields import Spec
from ntk_uq.datasets import fetching
from ntk_uq.specs import (
    CalibrationSpec,
    CurveSpec,
    DescentSpec,
    EnsembleSpec,
    FetchSpec,
    InspectionSpec,
    MapSpec,
    SpectrumSpec,
    TrainingTimeSpec,
)
from ntk_uq.store import Job, JobTable

CALIBRATION = "calibration"
CURVE = "curve"
ENSEMBLE = "ensemble"
FETCH = "fetch"
TRAINING_TIME = "flow"
DESCENT = "history"
MAP = "map"
INSPECTION = "report"
SPECTRUM = "spectrum"

RANK = {
    CALIBRATION: 10,
    FETCH: 30,
    INSPECTION: 20,
    CURVE: 0,
    TRAINING_TIME: 0,
    DESCENT: 0,
    SPECTRUM: 0,
    MAP: -10,  # a cell that is opened as a curve goes before the rest of its map
    ENSEMBLE: -20,
}
"""Priority of a kind's jobs: what somebody waits for before anything else goes first, and theory,
which takes seconds, goes before training, which takes minutes."""


def submit(jobs: JobTable, kind: str, spec: Spec, *, total: int = 0, priority: int = 0) -> Job:
    """Asks the engines of a store for a job; asking twice is one job.

    Args:
        jobs: the store's job table.
        kind: one of the kinds above.
        spec: what to compute; its digest is the job's id.
        total: results in all, where that is known already.
        priority: added to the kind's own :data:`RANK`.

    Raises:
        StoreError: as :meth:`~ntk_uq.store.JobTable.submit`.
    """
    text = json.dumps(spec.to_json(), sort_keys=True)
    rank = RANK.get(kind, 0) + priority
    return jobs.submit(spec.digest(), kind, text, total=total, priority=rank)


def submit_curve(jobs: JobTable, spec: CurveSpec, priority: int = 0) -> Job:
    """Asks for a curve; its points are found by :func:`ntk_uq.results.curves.stored_curve`."""
    return submit(jobs, CURVE, spec, total=spec.n_points, priority=priority)


def submit_fetch(jobs: JobTable, name: str) -> Job:
    """Asks for what is missing of a public data set, to be fetched where the engine runs.

    The job counts bytes. Its message says which file is on its way, and its error what each mirror
    did.

    Args:
        jobs: the store's job table.
        name: one of :data:`ntk_uq.datasets.fetching.SOURCES`.

    Raises:
        SpecError: for another name.
    """
    source = fetching.get(name)
    return submit(jobs, FETCH, FetchSpec(name), total=source.size or 0)


def submit_descent(jobs: JobTable, spec: DescentSpec) -> Job:
    """Asks for the losses along a training; :func:`ntk_uq.results.descent.stored_descent` finds them."""
    return submit(jobs, DESCENT, spec, total=1)


def submit_training_time(jobs: JobTable, spec: TrainingTimeSpec) -> Job:
    """Asks for the losses against training time; :func:`ntk_uq.results.training_time.stored_training_time` finds them."""
    return submit(jobs, TRAINING_TIME, spec, total=spec.draws)


def submit_map(jobs: JobTable, spec: MapSpec) -> Job:
    """Asks for a phase map; its cells are found by :func:`ntk_uq.analysis.maps.stored_map`."""
    return submit(jobs, MAP, spec)


def submit_inspection(jobs: JobTable, name: str) -> Job:
    """Asks for a look through a data set; :func:`ntk_uq.results.inspection.stored_inspection` finds it.

    Raises:
        SpecError: for an unknown data set.
    """
    return submit(jobs, INSPECTION, InspectionSpec(datasets.get(name).name), total=1)


def submit_spectrum(jobs: JobTable, spec: SpectrumSpec) -> Job:
    """Asks for a spectrum; :func:`ntk_uq.results.spectrum.stored_spectrum` finds it."""
    return submit(jobs, SPECTRUM, spec, total=1)


def submit_ensemble(jobs: JobTable, spec: EnsembleSpec) -> Job:
    """Asks for ensembles; :func:`ntk_uq.results.ensembles.stored.stored_ensembles` finds their members."""
    return submit(jobs, ENSEMBLE, spec, total=spec.n_members)


def submit_calibration(jobs: JobTable) -> Job:
    """Asks how fast training is; :func:`ntk_uq.results.speed.stored_speed` finds it."""
    return submit(jobs, CALIBRATION, CalibrationSpec(), total=1)
