"""Scaling curves, and the points that they consist of."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Increasing, Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.ranges import DRAWS, N_TRAIN
from ntk_uq.specs.training import TrainingSpec


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

    @property
    def n_points(self) -> int:
        """How many points there are to compute: N_D times draws."""
        return len(self.n_train) * self.draws

    def point(self, n_train: int, draw: int) -> PointSpec:
        """The specification of one point of this curve."""
        return PointSpec(self.data, self.architecture, self.training, n_train, draw)


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
