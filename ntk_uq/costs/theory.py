"""What is still to be computed of a job of the theory: seconds of one worker, and its memory."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ntk_uq import datasets
from ntk_uq.costs.kernels import draw_seconds, foreseen_seconds, modes_seconds
from ntk_uq.costs.memory import (
    check_descent_memory,
    check_foreseen_memory,
    check_memory,
    check_spectrum_memory,
    check_training_time_memory,
)
from ntk_uq.results.curves import Curve
from ntk_uq.results.training_time import TrainingTime
from ntk_uq.specs import (
    CurveSpec,
    DescentSpec,
    ForeseenSpec,
    InspectionSpec,
    SpectrumSpec,
    TrainingTimeSpec,
)

_VALUES_A_SECOND = 5e7
"""Numbers of a data set that are looked through in a second, on a slow core."""


@dataclass(frozen=True)
class TheoryCost:
    """What is still to be done.

    Attributes:
        seconds: about how long that takes on one worker, on a processor, compilation left out.
        bytes: memory of a worker; 0 where nobody has estimated.
        chunk: seconds of its longest chunk.
    """

    seconds: float
    bytes: int
    chunk: float


NOTHING = TheoryCost(0.0, 0, 0.0)


def together(costs: Iterable[TheoryCost]) -> TheoryCost:
    """Of several jobs, one after the other."""
    several = list(costs)
    return TheoryCost(
        sum(cost.seconds for cost in several),
        max((cost.bytes for cost in several), default=0),
        max((cost.chunk for cost in several), default=0.0),
    )


def curve_cost(spec: CurveSpec, found: Curve | None = None) -> TheoryCost:
    """What the points of a curve cost that are not found.

    Raises:
        SpecError: for an unknown data set.
        MemoryLimitError: where it does not fit.
    """
    n_features = datasets.get(spec.data.dataset).n_features
    there = {(p.draw, p.used) for p in found.raw} if found is not None else set()
    draws = []
    for draw in range(spec.draws):
        missing = tuple(n for n in spec.n_train if (draw, n) not in there)
        if missing:
            part = replace(spec, n_train=missing)
            seconds = draw_seconds(part, n_features)
            draws.append(TheoryCost(seconds, check_memory(part, n_features), seconds))
    return together(draws)


def training_time_cost(spec: TrainingTimeSpec, found: TrainingTime | None = None) -> TheoryCost:
    """What the draws cost that are not found. Raises as :func:`curve_cost`."""
    n_features = datasets.get(spec.data.dataset).n_features
    missing = spec.draws - (len(found.raw) if found is not None else 0)
    if not missing:
        return NOTHING
    filters = (len(spec.times) + 1) * len(spec.jitters) * len(spec.noises)
    shape = spec.architecture, spec.n_train, spec.data.n_test, n_features
    seconds = modes_seconds(*shape, filters)
    memory = check_training_time_memory(spec, n_features)
    return TheoryCost(missing * seconds, memory, seconds)


def descent_cost(spec: DescentSpec, found: object = None) -> TheoryCost:
    """What the losses along a training cost. Raises as :func:`curve_cost`."""
    if found is not None:
        return NOTHING
    n_features = datasets.get(spec.data.dataset).n_features
    shape = spec.architecture, spec.n_train, spec.data.n_test, n_features
    seconds = modes_seconds(*shape, len(spec.steps))
    return TheoryCost(seconds, check_descent_memory(spec, n_features), seconds)


def spectrum_cost(spec: SpectrumSpec, found: object = None) -> TheoryCost:
    """What the spectrum costs; raises as :func:`curve_cost`."""
    if found is not None:
        return NOTHING
    n_features = datasets.get(spec.data.dataset).n_features
    seconds = modes_seconds(spec.architecture, spec.n, 1, n_features, 0)
    return TheoryCost(seconds, check_spectrum_memory(spec, n_features), seconds)


def foreseen_cost(spec: ForeseenSpec, found: object = None) -> TheoryCost:
    """What a learning curve foreseen from a sample costs; raises as :func:`curve_cost`."""
    if found is not None:
        return NOTHING
    n_features = datasets.get(spec.data.dataset).n_features
    seconds = foreseen_seconds(spec, n_features)
    return TheoryCost(seconds, check_foreseen_memory(spec, n_features), seconds)


def inspection_cost(spec: InspectionSpec, found: object = None) -> TheoryCost:
    """What one pass over a data set costs.

    Raises:
        SpecError: for an unknown data set.
        MissingDataError: if its files are not there.
    """
    if found is not None:
        return NOTHING
    dataset = datasets.get(spec.dataset)
    seconds = sum(dataset.sizes()) * dataset.n_features / _VALUES_A_SECOND
    return TheoryCost(seconds, 0, seconds)
