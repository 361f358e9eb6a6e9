"""The losses along a training as a result: plain records, for processes without JAX."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.records import Record

HISTORY_VERSION = 1
"""Part of every history's key: raised when the numbers change."""


@dataclass(frozen=True)
class HistoryStep(Record):
    """The losses over random initializations after k steps of gradient descent.

    Attributes:
        step: k; 0 is initialization.
        mu, mu_bias, mu_variance, sigma, epsilon, epsilon_floor, epsilon_population: of the test
            loss, as in :class:`ntk_uq.theory.moments.LossMoments`.
        skewness: of the test loss, dimensionless; None for losses without spread.
        train_mu: mean of the same loss on the training set. train_mu_bias, train_mu_variance: its
            two parts. train_sigma: its standard deviation.
    """

    step: int
    mu: float
    mu_bias: float
    mu_variance: float
    sigma: float
    epsilon: float
    epsilon_floor: float
    epsilon_population: float | None
    skewness: float | None
    train_mu: float
    train_mu_bias: float
    train_mu_variance: float
    train_sigma: float


@dataclass(frozen=True)
class History(Record):
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
    steps: tuple[HistoryStep, ...]
    lambda_max: float
    ridge: float
    seconds: float
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]

    @property
    def recorded(self) -> tuple[int, ...]:
        """The steps k at which there are losses."""
        return tuple(step.step for step in self.steps)
