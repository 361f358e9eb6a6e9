"""Jobs of kind ``calibration``: how fast a worker trains, for estimates before a launch."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.base import Kind, counted, read_spec
from ntk_uq.jobs.asking import CALIBRATION
from ntk_uq.results.speed import SPEED_KEY
from ntk_uq.specs import CalibrationSpec
from ntk_uq.store import ResultsCache, json_bytes


def _plan(spec: Any, results: ResultsCache) -> Plan:  # noqa: ARG001 (measured anew when asked)
    read_spec(CalibrationSpec, spec)
    return Plan((Chunk(CALIBRATION, {}),), 0, 1)


def _compute(payload: Any, progress: Progress) -> Iterator[Result]:  # noqa: ARG001
    from ntk_uq.training.calibration import measure_speed

    yield Result(SPEED_KEY, json_bytes(dataclasses.asdict(measure_speed())))


KIND = Kind(name=CALIBRATION, plan=_plan, compute=_compute, words=counted("measurements"))
