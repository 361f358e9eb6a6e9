"""Jobs of kind ``report``: what is in a data set, in one chunk."""

from collections.abc import Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.base import Kind, read_spec
from ntk_uq.jobs import REPORT
from ntk_uq.reports import report_key, stored_report
from ntk_uq.specs import ReportSpec
from ntk_uq.store import ResultsCache, json_bytes


def _plan(spec: Any, results: ResultsCache) -> Plan:
    wanted = read_spec(ReportSpec, spec)
    datasets.get(wanted.dataset).sizes()  # tells at once what is wrong with the files
    if stored_report(results, wanted.dataset) is not None:
        return Plan((), 1, 1)
    return Plan((Chunk(REPORT, wanted.to_json()),), 0, 1)


def _compute(payload: Any, progress: Progress) -> Iterator[Result]:
    from ntk_uq.datasets.inspect import inspect

    report = inspect(
        datasets.get(payload["dataset"]),
        lambda done, total: progress(f"{done:,} of {total:,} examples read"),
    )
    yield Result(report_key(report.dataset, report.fingerprint), json_bytes(report.to_json()))


def _words(done: int, total: int) -> str:  # noqa: ARG001
    return "looked through" if done else "not looked at yet"


KIND = Kind(name=REPORT, plan=_plan, compute=_compute, words=_words, smaller="data set")
