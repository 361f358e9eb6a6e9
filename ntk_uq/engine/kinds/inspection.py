"""Looks through a data set, in one chunk."""

from ntk_uq import datasets
from ntk_uq.datasets.inspection.record import Inspection
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import one_record
from ntk_uq.jobs.kinds.inspection import KIND
from ntk_uq.specs import InspectionSpec


def _memory(spec: InspectionSpec) -> int:
    datasets.get(spec.dataset).sizes()  # tells at once what is wrong with the files
    return 0


def _evaluate(spec: InspectionSpec, progress: Progress) -> tuple[str, Inspection]:
    from ntk_uq.datasets.inspection.inspect import inspect

    inspection = inspect(
        datasets.get(spec.dataset),
        lambda done, total: progress(f"{done:,} of {total:,} examples read"),
    )
    return inspection.fingerprint, inspection


plan, compute = one_record(KIND, _memory, _evaluate)
