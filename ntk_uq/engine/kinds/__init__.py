"""The kinds of jobs that an engine knows, one file each, in one registry."""

from collections.abc import Iterator
from typing import Any

from ntk_uq.base.errors import EngineError
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds import (
    calibration,
    curve,
    ensemble,
    fetch,
    spectrum,
)
from ntk_uq.engine.kinds import (
    descent as descent,
)
from ntk_uq.engine.kinds import (
    inspection as report,
)
from ntk_uq.engine.kinds import map as map_
from ntk_uq.engine.kinds import (
    training_time as training,
)
from ntk_uq.engine.kinds.base import Kind
from ntk_uq.store import ResultsCache

REGISTRY: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        calibration.KIND,
        curve.KIND,
        ensemble.KIND,
        fetch.KIND,
        training.KIND,
        descent.KIND,
        map_.KIND,
        report.KIND,
        spectrum.KIND,
    )
}


def get(name: str) -> Kind:
    """The kind of that name.

    Raises:
        EngineError: if there is none.
    """
    if name not in REGISTRY:
        raise EngineError(
            f"This engine does not know jobs of kind {name!r}, only {', '.join(REGISTRY)}; is it "
            "older than the pages? Start it again after an update."
        )
    return REGISTRY[name]


def plan(kind: str, spec: Any, results: ResultsCache) -> Plan:
    """What a job still needs.

    Args:
        kind: name of its kind.
        spec: its specification, JSON's own types.
        results: what has been computed already.

    Raises:
        NtkUqError: where the job cannot be computed: unknown kind, a specification of another
            version, data missing, too large for the memory.
    """
    return get(kind).plan(spec, results)


def compute(chunk: Chunk, progress: Progress) -> Iterator[Result]:
    """The chunk's results, each as soon as it is ready.

    Raises:
        Stopped: out of ``progress``.
        NtkUqError: as the kind does.
    """
    yield from get(chunk.kind).compute(chunk.payload, progress)


__all__ = ["REGISTRY", "Kind", "compute", "get", "plan"]
