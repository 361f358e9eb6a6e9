"""Jobs of kind ``history``: the infinite-width losses along a training, in one chunk."""

from collections.abc import Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.base import Kind, read_spec
from ntk_uq.histories import history_key, stored_history
from ntk_uq.jobs import HISTORY
from ntk_uq.specs import HistorySpec
from ntk_uq.store import ResultsCache, json_bytes
from ntk_uq.theory.memory import check_history_memory


def _plan(spec: Any, results: ResultsCache) -> Plan:
    wanted = read_spec(HistorySpec, spec)
    dataset = datasets.get(wanted.data.dataset)
    datasets.check_sizes(dataset, wanted.data, wanted.n_train)
    if stored_history(results, wanted) is not None:
        return Plan((), 1, 1)
    check_history_memory(wanted, dataset.n_features)
    return Plan((Chunk(HISTORY, wanted.to_json()),), 0, 1)


def _compute(payload: Any, progress: Progress) -> Iterator[Result]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.history import evaluate_history

    spec = HistorySpec.from_json(payload)
    history = evaluate_history(spec, tell=progress)
    key = history_key(spec, history.provenance["data_fingerprint"])
    yield Result(key, json_bytes(history.to_json()))


def _words(done: int, total: int) -> str:  # noqa: ARG001
    return "computed" if done else "not begun"


KIND = Kind(name=HISTORY, plan=_plan, compute=_compute, words=_words)
