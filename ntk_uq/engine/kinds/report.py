"""Jobs of kind ``report``: what is in a data set, in one chunk."""

from ntk_uq import datasets
from ntk_uq.datasets.report import DataReport
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import at_once
from ntk_uq.jobs import REPORT
from ntk_uq.reports import report_key, stored_report
from ntk_uq.specs import ReportSpec
from ntk_uq.store import ResultsCache


def _stored(results: ResultsCache, spec: ReportSpec) -> DataReport | None:
    return stored_report(results, spec.dataset)


def _check(spec: ReportSpec) -> int:
    datasets.get(spec.dataset).sizes()  # tells at once what is wrong with the files
    return 0


def _evaluate(spec: ReportSpec, progress: Progress) -> tuple[str, DataReport]:
    from ntk_uq.datasets.inspect import inspect

    report = inspect(
        datasets.get(spec.dataset),
        lambda done, total: progress(f"{done:,} of {total:,} examples read"),
    )
    return report_key(report.dataset, report.fingerprint), report


KIND = at_once(
    REPORT,
    ReportSpec,
    _stored,
    _check,
    _evaluate,
    words=("not looked at yet", "looked through"),
    smaller="data set",
)
