"""Losses along a training, as the store has them."""

from ntk_uq import datasets
from ntk_uq.keys import record_key
from ntk_uq.specs import HistorySpec
from ntk_uq.store import ResultsCache
from ntk_uq.theory.history_record import HISTORY_VERSION, History


def history_key(spec: HistorySpec, fingerprint: str) -> str:
    """Where the store keeps a history: one for all specifications that mean the same.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    return record_key("history", HISTORY_VERSION, spec, fingerprint)


def stored_history(results: ResultsCache, spec: HistorySpec) -> History | None:
    """The history on the data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    key = history_key(spec, datasets.get(spec.data.dataset).fingerprint())
    history = results.get_record(key, History)
    return history if history is not None and history.recorded == spec.steps else None
