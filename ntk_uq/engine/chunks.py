"""Jobs split into chunks, and what a chunk computes.

A chunk is plain values, so that it travels to any worker; its results travel back one by one.
"""

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from ntk_uq import datasets
from ntk_uq.curves import PointId, canonical, stored_curve
from ntk_uq.errors import EngineError
from ntk_uq.results import point_key
from ntk_uq.specs import CurveSpec
from ntk_uq.store import Job, JobTable, ResultsCache
from ntk_uq.theory.memory import check_memory

CURVE = "curve"


@dataclass(frozen=True)
class Chunk:
    """One draw of a curve without the N_D that are known already."""

    spec: CurveSpec
    draw: int
    skip: tuple[int, ...]

    def to_json(self) -> str:
        """The chunk as JSON text."""
        return json.dumps({"spec": self.spec.to_json(), "draw": self.draw, "skip": list(self.skip)})

    @classmethod
    def from_json(cls, text: str) -> "Chunk":
        """The chunk that :meth:`to_json` wrote."""
        data = json.loads(text)
        return cls(CurveSpec.from_json(data["spec"]), data["draw"], tuple(data["skip"]))


def submit(jobs: JobTable, spec: CurveSpec, priority: int = 0) -> Job:
    """Asks the engines of a store for a curve; asking twice is one job."""
    text = json.dumps(spec.to_json(), sort_keys=True)
    return jobs.submit(spec.digest(), CURVE, text, total=spec.n_points, priority=priority)


@dataclass(frozen=True)
class Plan:
    """What a job still needs: its chunks, and how many of its points are done of how many."""

    chunks: tuple[Chunk, ...]
    done: int
    total: int


def plan(kind: str, spec: Any, results: ResultsCache) -> Plan:
    """The chunks of a job that are not in the store yet.

    Raises:
        NtkUqError: where the job cannot be computed: data missing, too large for the memory.
    """
    if kind != CURVE:
        raise EngineError(f"This engine does not know jobs of kind {kind!r}; is it older?")
    curve = CurveSpec.from_json(spec)
    dataset = datasets.get(curve.data.dataset)
    datasets.check_sizes(dataset, curve.data, curve.n_train[-1])
    known = {(p.draw, p.n_train) for p in stored_curve(results, curve).raw}
    total = curve.n_points
    if len(known) < total:
        check_memory(curve, dataset.n_features)
    return Plan(split(curve, known), len(known), total)


def split(curve: CurveSpec, known: Container[PointId]) -> tuple[Chunk, ...]:
    """The chunks that compute the points of a curve that are not known: one a draw."""
    chunks = []
    for draw in range(curve.draws):
        skip = tuple(n for n in curve.n_train if (draw, n) in known)
        if len(skip) < len(curve.n_train):
            chunks.append(Chunk(canonical(curve), draw, skip))
    return tuple(chunks)


def compute(chunk: Chunk) -> Iterator[tuple[str, dict[str, Any]]]:
    """The chunk's results, each as soon as it is ready: its key in the store, and its record."""
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.curve import evaluate_draw

    for point in evaluate_draw(chunk.spec, chunk.draw, chunk.skip):
        spec = chunk.spec.point(point.n_train, chunk.draw)
        yield point_key(spec, point.provenance["data_fingerprint"]), point.to_json()
