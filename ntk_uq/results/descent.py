"""Losses along a training, as the store has them."""

from ntk_uq import datasets
from ntk_uq.results.descent_record import DESCENT_VERSION, Descent
from ntk_uq.results.keys import record_key
from ntk_uq.specs import DescentSpec
from ntk_uq.store import ResultsCache


def descent_key(spec: DescentSpec, fingerprint: str) -> str:
    """Where the store keeps a history: one for all specifications that mean the same.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    return record_key("history", DESCENT_VERSION, spec, fingerprint)


def stored_descent(results: ResultsCache, spec: DescentSpec) -> Descent | None:
    """The history on the data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    key = descent_key(spec, datasets.get(spec.data.dataset).fingerprint())
    descent = results.get_record(key, Descent)
    return descent if descent is not None and descent.recorded == spec.steps else None
