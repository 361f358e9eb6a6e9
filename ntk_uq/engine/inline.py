"""A curve computed here and now, for scripts and the command line: no engine, no cluster."""

import json
import logging
from collections.abc import Callable

from ntk_uq.curves import Curve, PointId, stored_curve
from ntk_uq.engine.kinds import compute
from ntk_uq.engine.kinds.curve import split
from ntk_uq.errors import StoreError
from ntk_uq.results import Point
from ntk_uq.specs import CurveSpec
from ntk_uq.store import ResultsCache

log = logging.getLogger(__name__)


def run_curve(
    spec: CurveSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Curve:
    """The whole curve; what the store has is taken from it, what is new is kept there.

    Args:
        spec: the curve.
        results: the store's results, or None to compute everything and keep nothing. A store
            that fails on the way (a full disk) costs the keeping, not the curve.
        on_progress: called with the number of points done, and of all.

    Raises:
        SpecError, DataError, MemoryLimitError: as :func:`ntk_uq.theory.curve.evaluate_draw`.
    """
    known: dict[PointId, Point] = {}
    if results is not None:
        try:
            known = {(p.draw, p.n_train): p for p in stored_curve(results, spec).raw}
        except StoreError as error:
            log.warning("results are not kept: %s", error)
            results = None
    total = spec.n_points
    report = on_progress or _ignore
    report(len(known), total)
    for chunk in split(spec, known):
        for result in compute(chunk, _no_progress):
            point = Point.from_json(json.loads(result.value))
            known[point.draw, point.n_train] = point
            if results is not None:
                try:
                    results.put(result.key, result.value)
                except StoreError as error:
                    log.warning("results are not kept: %s", error)
                    results = None
            report(len(known), total)
    return Curve(spec, tuple(known[i] for i in sorted(known)))


def _ignore(done: int, total: int) -> None: ...


def _no_progress(message: str, done: int | None = None, total: int | None = None) -> None: ...
