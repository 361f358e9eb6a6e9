"""Jobs of kind ``report``: what is in a data set, in one chunk."""

from ntk_uq import datasets
from ntk_uq.datasets.inspection.record import Inspection
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import at_once
from ntk_uq.jobs.asking import INSPECTION
from ntk_uq.results.inspection import inspection_key, stored_inspection
from ntk_uq.specs import InspectionSpec
from ntk_uq.store import ResultsCache


def _stored(results: ResultsCache, spec: InspectionSpec) -> Inspection | None:
    return stored_inspection(results, spec.dataset)


def _check(spec: InspectionSpec) -> int:
    datasets.get(spec.dataset).sizes()  # tells at once what is wrong with the files
    return 0


def _evaluate(spec: InspectionSpec, progress: Progress) -> tuple[str, Inspection]:
    from ntk_uq.datasets.inspection.inspect import inspect

    inspection = inspect(
        datasets.get(spec.dataset),
        lambda done, total: progress(f"{done:,} of {total:,} examples read"),
    )
    return inspection_key(inspection.dataset, inspection.fingerprint), inspection


KIND = at_once(
    INSPECTION,
    InspectionSpec,
    _stored,
    _check,
    _evaluate,
    words=("not looked at yet", "looked through"),
    smaller="data set",
)
