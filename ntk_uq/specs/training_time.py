"""The theory against training time."""

from dataclasses import dataclass, field
from typing import ClassVar

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Increasing, Real, Spec, check_of, checked, default_of, same_as
from ntk_uq.specs.curves import CurveSpec, PointSpec
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.training import TrainingSpec

TIME = Real(0, 1e15, above=True)

MOST_POINTS = 20_000


def time_grid(low: float, high: float, points: int) -> tuple[float, ...]:
    """Training times from ``low`` to ``high``, evenly spaced in the logarithm."""
    ratio = (high / low) ** (1 / (points - 1))
    return tuple(sorted({low, *(low * ratio**i for i in range(1, points - 1)), high}))


@dataclass(frozen=True)
class TrainingTimeSpec(Spec):
    """The infinite-width losses along gradient flow, for levels of label noise and jitters.

    A time is ``tau = t lambda_max``, with the largest eigenvalue of the NTK on the training subset
    without jitter: a range of it means the same for every kernel, and gradient descent with steps
    ``eta / lambda_max`` is at ``tau = eta k`` after k steps. The limit of endless time is always
    computed. ``data.noise`` stays 0: the levels are in ``noises``.
    """

    digested_as: ClassVar[str] = "FlowSpec"

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    n_train: int = same_as(PointSpec, "n_train")
    times: tuple[float, ...] = checked(
        Increasing(TIME, longest=200),
        time_grid(0.1, 1e5, 37),
        "training times tau = t lambda_max; eta k for gradient descent",
    )
    jitters: tuple[float, ...] = checked(
        Increasing(check_of(TrainingSpec, "jitter"), longest=40),
        (default_of(TrainingSpec, "jitter"),),
        "ridges on the kernel's diagonal, relative to the mean diagonal",
    )
    noises: tuple[float, ...] = checked(
        Increasing(check_of(DataSpec, "noise"), longest=40),
        (default_of(DataSpec, "noise"),),
        "levels of label noise, in units of the targets' root mean square",
    )
    draws: int = same_as(CurveSpec, "draws")

    def validate(self) -> None:
        if self.data.noise:
            raise SpecError(
                f"noise is {self.data.noise:g}, but against training time the levels of label "
                "noise are a list of their own; leave noise at 0 and give noises."
            )
        points = len(self.times) * len(self.jitters) * len(self.noises)
        if points > MOST_POINTS:
            raise SpecError(
                f"{len(self.times)} times, {len(self.jitters)} jitters and {len(self.noises)} "
                f"levels of noise make {points:,} points; choose at most {MOST_POINTS:,}."
            )
