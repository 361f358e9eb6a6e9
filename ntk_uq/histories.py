"""Losses along a training, as the store has them."""

from dataclasses import replace

from ntk_uq import datasets
from ntk_uq.ensembles.schedule import recorded_steps
from ntk_uq.fields import digest_of
from ntk_uq.specs import EnsembleSpec, HistorySpec
from ntk_uq.store import ResultsCache
from ntk_uq.theory.history_record import HISTORY_VERSION, History


def history_key(spec: HistorySpec, fingerprint: str) -> str:
    """Where the store keeps a history: one for all specifications that mean the same.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    data = datasets.canonical(datasets.get(spec.data.dataset), spec.data)
    identity = replace(spec, data=data).identity()
    content = {"history": HISTORY_VERSION, "data": fingerprint, "spec": identity}
    return f"history/{digest_of(content)}"


def stored_history(results: ResultsCache, spec: HistorySpec) -> History | None:
    """The history on the data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    key = history_key(spec, datasets.get(spec.data.dataset).fingerprint())
    history = results.get_record(key, History)
    return history if history is not None and history.recorded == spec.steps else None


def history_of(spec: EnsembleSpec, n_train: int) -> HistorySpec | None:
    """The theory of the losses along an ensemble's training at one N_D, at the steps at which its
    networks are looked at; None where there is none."""
    training = spec.optimizer.counterpart
    if training is None or training.steps is None:
        return None
    steps = tuple(int(step) for step in recorded_steps(training.steps))
    return HistorySpec(spec.data, spec.architecture, training.eta, steps, n_train)
