"""Evaluates the infinite-width losses along a training, in one chunk."""

from ntk_uq import datasets
from ntk_uq.costs.memory import check_descent_memory
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import one_record
from ntk_uq.jobs.kinds.descent import KIND
from ntk_uq.results.descent import Descent
from ntk_uq.specs import DescentSpec


def _memory(spec: DescentSpec) -> int:
    dataset = datasets.get_for(spec.data, spec.n_train)
    return check_descent_memory(spec, dataset.n_features)


def _evaluate(spec: DescentSpec, progress: Progress) -> tuple[str, Descent]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.descent import evaluate_descent

    descent = evaluate_descent(spec, tell=progress)
    return descent.provenance["data_fingerprint"], descent


plan, compute = one_record(KIND, _memory, _evaluate)
