"""Jobs that measure how fast the engine's workers train, for estimates before a launch."""

from ntk_uq.jobs.kinds.base import JobKind, counted
from ntk_uq.results.speed import stored_speed
from ntk_uq.specs import CalibrationSpec

KIND = JobKind(
    name="calibration",
    spec=CalibrationSpec,
    words=lambda spec: "How fast a worker trains",  # noqa: ARG005
    rank=10,
    total=lambda spec: 1,  # noqa: ARG005
    progress=counted("measurements"),
    stored=lambda results, spec: stored_speed(results),  # noqa: ARG005
    keys=("speed",),
)
