"""Losses at the steps of one training by gradient descent, as the store has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.base.records import Record
from ntk_uq.results.keys import OneRecord
from ntk_uq.results.losses import TrainingMoments
from ntk_uq.specs import DescentSpec
from ntk_uq.store import ResultsCache

DESCENT_VERSION = 2
"""Part of every history's key: raised when the numbers change."""


@dataclass(frozen=True)
class DescentStep(TrainingMoments):
    """The losses over random initializations after k steps of gradient descent.

    Attributes:
        step: k; 0 is initialization.
        skewness: of the test loss, dimensionless; None for losses without spread.
    """

    step: int
    skewness: float | None


@dataclass(frozen=True)
class Descent(Record):
    """The infinite-width losses along one training by gradient descent.

    Attributes:
        n_train, draw: which training subset.
        steps: the losses at each recorded step, the first steps first.
        lambda_max: largest eigenvalue of the NTK on the subset, its ridge included: steps are of
            size ``eta / lambda_max``.
        ridge: what was added to the NTK's diagonal, in its units.
        seconds: what it took.
        warnings: sentences about the numbers, with the steps that they concern.
        provenance: versions, device, dtype, data and preparation.
    """

    n_train: int
    draw: int
    steps: tuple[DescentStep, ...]
    lambda_max: float
    ridge: float
    seconds: float
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]

    @property
    def recorded(self) -> tuple[int, ...]:
        """The steps k at which there are losses."""
        return tuple(step.step for step in self.steps)


DESCENT = OneRecord[DescentSpec, Descent](
    name="history",
    version=DESCENT_VERSION,
    cls=Descent,
    fits=lambda record, spec, _: record.recorded == spec.steps,
)
"""Keys say "history", which a descent was called when the first were stored."""


def descent_key(spec: DescentSpec, fingerprint: str) -> str:
    """Where the store keeps a descent, as :meth:`~ntk_uq.results.keys.OneRecord.key`."""
    return DESCENT.key(spec, fingerprint)


def stored_descent(results: ResultsCache, spec: DescentSpec) -> Descent | None:
    """The descent that the store has, as :meth:`~ntk_uq.results.keys.OneRecord.stored`."""
    return DESCENT.stored(results, spec)
