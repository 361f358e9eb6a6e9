"""Foresees a learning curve from the kernel of a sample, in one chunk."""

from ntk_uq import datasets
from ntk_uq.costs.memory import check_foreseen_memory
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import one_record
from ntk_uq.jobs.kinds.foreseen import KIND
from ntk_uq.results.foreseen import Foreseen
from ntk_uq.specs import ForeseenSpec


def _memory(spec: ForeseenSpec) -> int:
    dataset = datasets.get_for(spec.data, spec.sample, called="The sample")
    return check_foreseen_memory(spec, dataset.n_features)


def _evaluate(spec: ForeseenSpec, progress: Progress) -> tuple[str, Foreseen]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.foreseen import evaluate_foreseen

    found = evaluate_foreseen(spec, tell=progress)
    return found.provenance["data_fingerprint"], found


plan, compute = one_record(KIND, _memory, _evaluate)
