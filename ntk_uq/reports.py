"""What is in a data set, as the store has it."""

from ntk_uq import datasets
from ntk_uq.datasets.report import REPORT_VERSION, DataReport
from ntk_uq.fields import digest_of
from ntk_uq.store import ResultsCache


def report_key(name: str, fingerprint: str) -> str:
    """Where the store keeps the report of a data set: it depends on what the files hold."""
    content = {"report": REPORT_VERSION, "data": fingerprint, "name": name}
    return f"report/{digest_of(content)}"


def stored_report(results: ResultsCache, name: str) -> DataReport | None:
    """The report of a data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set. MissingDataError: if its files are not there.
    """
    fingerprint = datasets.get(name).fingerprint()
    report = results.get_record(report_key(name, fingerprint), DataReport)
    if report is None or (report.dataset, report.fingerprint) != (name, fingerprint):
        return None
    return report
