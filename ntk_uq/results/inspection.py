"""What is in a data set, as the store has it."""

from ntk_uq import datasets
from ntk_uq.base.fields import digest_of
from ntk_uq.datasets.inspection.record import INSPECTION_VERSION, Inspection
from ntk_uq.store import ResultsCache


def inspection_key(name: str, fingerprint: str) -> str:
    """Where the store keeps the inspection of a data set: it depends on what the files hold."""
    content = {"report": INSPECTION_VERSION, "data": fingerprint, "name": name}
    return f"report/{digest_of(content)}"


def stored_inspection(results: ResultsCache, name: str) -> Inspection | None:
    """The inspection of a data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set. MissingDataError: if its files are not there.
    """
    fingerprint = datasets.get(name).fingerprint()
    inspection = results.get_record(inspection_key(name, fingerprint), Inspection)
    if inspection is None or (inspection.dataset, inspection.fingerprint) != (name, fingerprint):
        return None
    return inspection
