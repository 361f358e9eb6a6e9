"""The losses against training time as a result: plain records, for processes without JAX."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ntk_uq.base.records import Record
from ntk_uq.results.losses import TrainingMoments

TRAINING_TIME_VERSION = 3
"""Part of every key: raised when the numbers change."""


class End(StrEnum):
    """Where along a training a quantity is smallest."""

    INSIDE = "inside"
    """Inside the range of times."""

    FIRST = "first"
    """At the first time, beside which it only grows."""

    LAST = "last"
    """At the last time, to a millionth."""

    CONVERGED = "converged"
    """In the limit of endless training, which no time of the range beats by more than 0.01 %."""


@dataclass(frozen=True)
class LossesAtTime(TrainingMoments):
    """The losses over random initializations at one training time.

    Attributes:
        time: ``tau = t lambda_max``; None for the limit of endless training.

    The targets of the training set have the label noise, and those of the test set have not.
    """

    time: float | None


@dataclass(frozen=True)
class Optimum(Record):
    """Where a quantity is smallest along the training.

    Attributes:
        end: where that is.
        point: the losses at the optimum where it is inside, its time refined to a thousandth;
            those of the first or last time where it is there; None in the limit.
    """

    end: End
    point: LossesAtTime | None


@dataclass(frozen=True)
class TimeSeries(Record):
    """The losses along one training: one level of label noise, one jitter.

    Attributes:
        noise: standard deviation of the label noise in units of the targets' root mean square.
        jitter: relative to the mean diagonal of the kernel. ridge: the same in its units.
        points: at the times that were asked for.
        converged: in the limit of endless training; None where the kernel with its ridge is
            singular in float64, and ``failure`` says so.
        best_mu, best_epsilon: where mu and epsilon are smallest.
    """

    noise: float
    jitter: float
    ridge: float
    points: tuple[LossesAtTime, ...]
    converged: LossesAtTime | None
    failure: str | None
    best_mu: Optimum
    best_epsilon: Optimum


@dataclass(frozen=True)
class TrainingTimeDraw(Record):
    """The losses along the trainings on one training subset.

    Attributes:
        n_train, draw: which subset.
        curves: of each level of label noise, and of each jitter within it.
        lambda_max, lambda_min: of the NTK on the subset, without ridge: times are in units of
            ``1 / lambda_max``, and the slowest mode needs ``lambda_max / lambda_min``.
        seconds: what it took.
        warnings: sentences about the numbers, with what they concern.
        provenance: versions, device, dtype, data and preparation.
    """

    n_train: int
    draw: int
    curves: tuple[TimeSeries, ...]
    lambda_max: float
    lambda_min: float
    seconds: float
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]

    def curve(self, noise: float, jitter: float) -> TimeSeries:
        """That of a level of noise and a jitter. Raises KeyError if there is none."""
        for curve in self.curves:
            if (curve.noise, curve.jitter) == (noise, jitter):
                return curve
        raise KeyError(f"There is no curve of noise {noise:g} and jitter {jitter:g}.")
