"""The losses along a training as a result: plain records, for processes without JAX."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.base.records import Record
from ntk_uq.results.losses import TrainingMoments

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
