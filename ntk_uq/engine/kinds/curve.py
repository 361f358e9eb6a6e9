"""Evaluates a scaling curve of the theory, one draw a chunk, points one by one."""

import math
from collections.abc import Container, Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.costs.kernels import draw_seconds
from ntk_uq.costs.memory import check_memory
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.curve import KIND
from ntk_uq.results.curves import PointId, canonical, stored_curve
from ntk_uq.results.points import point_key
from ntk_uq.specs import CurveSpec
from ntk_uq.store import ResultsCache, json_bytes


def split(
    curve: CurveSpec,
    known: Container[PointId],
    memory: int = 0,
    seconds: float = math.inf,
) -> tuple[Chunk, ...]:
    """The chunks that compute the points of a curve that are not known: one a draw.

    Args:
        curve: all of it. known: draw and N_D of points that are not wanted.
        memory, seconds: of one draw, for the engine.
    """
    # Points are kept, and so found, under what a specification comes to for its data set.
    spec, chunks = canonical(curve).to_json(), []
    for draw in range(curve.draws):
        skip = [n for n in curve.n_train if (draw, n) in known]
        if len(skip) < len(curve.n_train):
            payload = {"spec": spec, "draw": draw, "skip": skip}
            chunks.append(Chunk(KIND.name, payload, memory, seconds))
    return tuple(chunks)


def plan(curve: CurveSpec, results: ResultsCache) -> Plan:
    """The draws of which points are missing."""
    curve = curve.without_test_set()
    dataset = datasets.get_for(curve.data, curve.n_train[-1], folds=curve.folds)
    known = {(p.draw, p.used) for p in stored_curve(results, curve).raw}
    total = curve.n_points
    memory = check_memory(curve, dataset.n_features) if len(known) < total else 0
    seconds = draw_seconds(curve, dataset.n_features)
    return Plan(split(curve, known, memory, seconds), len(known), total)


def compute(payload: Any, progress: Progress) -> Iterator[Result]:  # noqa: ARG001
    """The points of a draw."""
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.curve import evaluate_draw

    curve, draw = CurveSpec.from_json(payload["spec"]), payload["draw"]
    for point in evaluate_draw(curve, draw, payload["skip"]):
        key = point_key(curve.point(point.used, draw), point.provenance["data_fingerprint"])
        yield Result(key, json_bytes(point.to_json()))
