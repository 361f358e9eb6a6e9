"""Scaling curves, and the points that they consist of."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Increasing, Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.ranges import DRAWS, N_TRAIN
from ntk_uq.specs.testing import HELD_OUT, HeldOutOrFolds, folds_of, trained_on
from ntk_uq.specs.training import TrainingSpec

_TEST = (
    "what networks are tested on: a held-out test set, or K folds: all examples but a fold are "
    "trained on, and the fold is tested on, each in its turn"
)


@dataclass(frozen=True)
class PointSpec(Spec):
    """One N_D of one draw: the unit in which results are kept.

    Training subsets are nested, so a point is the same whichever grid it was computed on.
    """

    data: DataSpec
    architecture: ArchitectureSpec
    training: TrainingSpec
    n_train: int = checked(N_TRAIN, 100, "training examples N_D")
    draw: int = checked(Whole(0, 99), 0, "which of the independent training subsets")
    test: str = checked(HeldOutOrFolds(), HELD_OUT, _TEST, since=6)


@dataclass(frozen=True)
class CurveSpec(Spec):
    """A scaling curve of the infinite-width theory: several N_D, one or more draws."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    training: TrainingSpec = field(default_factory=TrainingSpec)
    n_train: tuple[int, ...] = checked(
        Increasing(N_TRAIN), (50, 100, 200, 400, 800), "training-set sizes N_D"
    )
    draws: int = checked(DRAWS, 1, "independent random training subsets")
    test: str = checked(HeldOutOrFolds(), HELD_OUT, _TEST, since=6)

    def validate(self) -> None:
        folds = self.folds
        if folds is None:
            return
        if not self.training.converged:
            raise SpecError(
                f"Tested on folds, networks have to be trained to convergence, or Bayesian; choose "
                f"test {HELD_OUT}, or no training time."
            )
        if self.n_train[0] < 2 * folds:
            raise SpecError(
                f"N_D {self.n_train[0]} in {folds} folds leaves fewer than two examples in some; "
                f"choose N_D from {2 * folds} on, or fewer folds."
            )
        for n, (low, high) in zip(self.n_train, itertools.pairwise(self.sizes), strict=False):
            if low == high:
                raise SpecError(
                    f"In {folds} folds, N_D {n} and the next one train networks on {low} examples "
                    "both; choose N_D further apart."
                )

    @property
    def folds(self) -> int | None:
        """How many folds the networks are tested on; None for a held-out test set."""
        return folds_of(self.test)

    @property
    def sizes(self) -> tuple[int, ...]:
        """What networks are trained on at each N_D: where its points lie."""
        folds = self.folds
        return self.n_train if folds is None else tuple(trained_on(n, folds) for n in self.n_train)

    def n_test_at(self, n: int) -> int:
        """N_T where n examples are used: those of a fold, or of the held-out test set."""
        return self.data.n_test if self.folds is None else round(n / self.folds)

    @property
    def n_points(self) -> int:
        """How many points there are to compute: N_D times draws."""
        return len(self.n_train) * self.draws

    def point(self, n_train: int, draw: int) -> PointSpec:
        """The specification of one point of this curve."""
        return PointSpec(self.data, self.architecture, self.training, n_train, draw, self.test)

    def without_test_set(self) -> "CurveSpec":
        """The curve as it is kept: where folds are tested on, N_T says nothing."""
        return self if self.folds is None else replace(self, data=replace(self.data, n_test=1))


def check_window(
    low: float | None, high: float | None, n_train: Iterable[int] = ()
) -> tuple[float, float]:
    """The bounds of a fit window as numbers; None is no bound.

    Raises:
        SpecError: if the window is upside down, or holds none of ``n_train`` where these are given.
    """
    bounds = (0.0 if low is None else low, float("inf") if high is None else high)
    if bounds[0] >= bounds[1]:
        raise SpecError(
            f"The fit window goes from {bounds[0]:g} to {bounds[1]:g}; "
            "its upper end must be above its lower end."
        )
    grid = tuple(n_train)
    if grid and not any(bounds[0] <= n <= bounds[1] for n in grid):
        raise SpecError(
            f"The fit window {bounds[0]:g} to {bounds[1]:g} holds no N_D of this range, "
            f"{grid[0]} to {grid[-1]}; widen it or leave it empty."
        )
    return bounds


def logarithmic_grid(low: int, high: int, points: int) -> tuple[int, ...]:
    """At most ``points`` whole numbers from ``low`` to ``high``, evenly spaced in the logarithm.

    Neighbours that round to the same number are one.
    """
    ratio = (high / low) ** (1 / (points - 1))
    inner = (round(low * ratio**i) for i in range(1, points - 1))
    return tuple(sorted({low, *inner, high}))
