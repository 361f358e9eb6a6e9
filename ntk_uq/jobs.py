"""Asking for jobs: which kinds there are, and which of them go first.

Whoever asks loads nothing that computes: a job is the name of its kind and a specification.
"""

import json

from ntk_uq import datasets
from ntk_uq.datasets import fetching
from ntk_uq.fields import Spec
from ntk_uq.specs import (
    CalibrationSpec,
    CurveSpec,
    EnsembleSpec,
    FetchSpec,
    FlowSpec,
    HistorySpec,
    MapSpec,
    ReportSpec,
    SpectrumSpec,
)
from ntk_uq.store import Job, JobTable

CALIBRATION = "calibration"
CURVE = "curve"
ENSEMBLE = "ensemble"
FETCH = "fetch"
FLOW = "flow"
HISTORY = "history"
MAP = "map"
REPORT = "report"
SPECTRUM = "spectrum"

RANK = {
    CALIBRATION: 10,
    FETCH: 30,
    REPORT: 20,
    CURVE: 0,
    FLOW: 0,
    HISTORY: 0,
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
    """Asks for a curve; its points are found by :func:`ntk_uq.curves.stored_curve`."""
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


def submit_history(jobs: JobTable, spec: HistorySpec) -> Job:
    """Asks for the losses along a training; :func:`ntk_uq.histories.stored_history` finds them."""
    return submit(jobs, HISTORY, spec, total=1)


def submit_flow(jobs: JobTable, spec: FlowSpec) -> Job:
    """Asks for the losses against training time; :func:`ntk_uq.flows.stored_flow` finds them."""
    return submit(jobs, FLOW, spec, total=spec.draws)


def submit_map(jobs: JobTable, spec: MapSpec) -> Job:
    """Asks for a phase map; its cells are found by :func:`ntk_uq.maps.stored_map`."""
    return submit(jobs, MAP, spec)


def submit_report(jobs: JobTable, name: str) -> Job:
    """Asks for a look through a data set; :func:`ntk_uq.reports.stored_report` finds it.

    Raises:
        SpecError: for an unknown data set.
    """
    return submit(jobs, REPORT, ReportSpec(datasets.get(name).name), total=1)


def submit_spectrum(jobs: JobTable, spec: SpectrumSpec) -> Job:
    """Asks for a spectrum; :func:`ntk_uq.spectra.stored_spectrum` finds it."""
    return submit(jobs, SPECTRUM, spec, total=1)


def submit_ensemble(jobs: JobTable, spec: EnsembleSpec) -> Job:
    """Asks for ensembles; :func:`ntk_uq.ensembles.stored.stored_ensembles` finds their members."""
    return submit(jobs, ENSEMBLE, spec, total=spec.n_members)


def submit_calibration(jobs: JobTable) -> Job:
    """Asks how fast training is; :func:`ntk_uq.ensembles.stored.stored_speed` finds it."""
    return submit(jobs, CALIBRATION, CalibrationSpec(), total=1)
