"""What is in a data set, as the store has it."""

from ntk_uq.base.fields import digest_of
from ntk_uq.datasets.inspection.record import INSPECTION_VERSION, Inspection
from ntk_uq.results.keys import OneRecord
from ntk_uq.specs import InspectionSpec
from ntk_uq.store import ResultsCache


def _key(name: str, version: int, spec: InspectionSpec, fingerprint: str) -> str:
    """It depends on what the files hold, and on no preparation."""
    content = {name: version, "data": fingerprint, "name": spec.dataset}
    return f"{name}/{digest_of(content)}"


def _fits(record: Inspection, spec: InspectionSpec, fingerprint: str) -> bool:
    return (record.dataset, record.fingerprint) == (spec.dataset, fingerprint)


INSPECTION = OneRecord[InspectionSpec, Inspection](
    name="report",
    version=INSPECTION_VERSION,
    cls=Inspection,
    fits=_fits,
    keyed=_key,
    dataset=lambda spec: spec.dataset,
)
"""Keys say "report", which an inspection was called when the first were stored."""


def inspection_key(name: str, fingerprint: str) -> str:
    """Where the store keeps what is in a data set: it depends on what the files hold."""
    return INSPECTION.key(InspectionSpec(name), fingerprint)


def stored_inspection(results: ResultsCache, name: str) -> Inspection | None:
    """What is in a data set as its files are now, or None if the store does not have it.

    Raises:
        SpecError: for an unknown data set. MissingDataError: if its files are not there.
    """
    return INSPECTION.stored(results, InspectionSpec(name))
