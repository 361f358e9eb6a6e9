"""Measures how fast a worker trains."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.calibration import KIND
from ntk_uq.results.speed import SPEED_KEY
from ntk_uq.specs import CalibrationSpec
from ntk_uq.store import ResultsCache, json_bytes


def plan(spec: CalibrationSpec, results: ResultsCache) -> Plan:  # noqa: ARG001
    """One chunk: it is measured anew when it is asked for."""
    return Plan((Chunk(KIND.name, {}),), 0, 1)


def compute(payload: Any, progress: Progress) -> Iterator[Result]:  # noqa: ARG001
    """The speed of this process."""
    from ntk_uq.training.calibration import measure_speed

    yield Result(SPEED_KEY, json_bytes(dataclasses.asdict(measure_speed())))
