"""Jobs of kind ``history``: the infinite-width losses along a training, in one chunk."""

from ntk_uq import datasets
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import at_once
from ntk_uq.histories import history_key, stored_history
from ntk_uq.jobs import HISTORY
from ntk_uq.specs import HistorySpec
from ntk_uq.theory.history_record import History
from ntk_uq.theory.memory import check_history_memory


def _check(spec: HistorySpec) -> int:
    dataset = datasets.get_for(spec.data, spec.n_train)
    return check_history_memory(spec, dataset.n_features)


def _evaluate(spec: HistorySpec, progress: Progress) -> tuple[str, History]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.history import evaluate_history

    history = evaluate_history(spec, tell=progress)
    return history_key(spec, history.provenance["data_fingerprint"]), history


KIND = at_once(HISTORY, HistorySpec, stored_history, _check, _evaluate)
