"""Jobs of kind ``history``: the infinite-width losses along a training, in one chunk."""

from ntk_uq import datasets
from ntk_uq.costs.memory import check_descent_memory
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import at_once
from ntk_uq.jobs.asking import DESCENT
from ntk_uq.results.descent import Descent, descent_key, stored_descent
from ntk_uq.specs import DescentSpec


def _check(spec: DescentSpec) -> int:
    dataset = datasets.get_for(spec.data, spec.n_train)
    return check_descent_memory(spec, dataset.n_features)


def _evaluate(spec: DescentSpec, progress: Progress) -> tuple[str, Descent]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.descent import evaluate_descent

    descent = evaluate_descent(spec, tell=progress)
    return descent_key(spec, descent.provenance["data_fingerprint"]), descent


KIND = at_once(DESCENT, DescentSpec, stored_descent, _check, _evaluate)
