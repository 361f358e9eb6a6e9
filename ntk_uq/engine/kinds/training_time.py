"""Evaluates the infinite-width losses against training time, a chunk a draw."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ntk_uq import datasets
from ntk_uq.costs.memory import check_training_time_memory
from ntk_uq.costs.theory import training_time_cost
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.training_time import KIND
from ntk_uq.results.training_time import stored_training_time, training_time_key
from ntk_uq.specs import TrainingTimeSpec
from ntk_uq.store import ResultsCache, json_bytes


def plan(wanted: TrainingTimeSpec, results: ResultsCache) -> Plan:
    """The draws that are missing."""
    dataset = datasets.get_for(wanted.data, wanted.n_train)
    known = {found.draw for found in stored_training_time(results, wanted).raw}
    memory = (
        check_training_time_memory(wanted, dataset.n_features) if len(known) < wanted.draws else 0
    )
    seconds = training_time_cost(wanted).chunk if memory else 0.0
    one = replace(wanted, draws=1).to_json()
    chunks = (
        Chunk(KIND.name, {"spec": one, "draw": draw}, memory, seconds)
        for draw in range(wanted.draws)
        if draw not in known
    )
    return Plan(tuple(chunks), len(known), wanted.draws)


def compute(payload: Any, progress: Progress) -> Iterator[Result]:
    """The losses of a draw."""
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.training_time import evaluate_training_time

    spec, draw = TrainingTimeSpec.from_json(payload["spec"]), payload["draw"]
    found = evaluate_training_time(spec, draw, tell=progress)
    key = training_time_key(spec, draw, found.provenance["data_fingerprint"])
    yield Result(key, json_bytes(found.to_json()))
