"""The theory along one training."""

from dataclasses import dataclass, field
from typing import ClassVar

from ntk_uq.base.fields import Increasing, Spec, Whole, checked, same_as
from ntk_uq.specs.curves import PointSpec
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.training import TrainingSpec


@dataclass(frozen=True)
class DescentSpec(Spec):
    """The infinite-width losses at some steps of one training by gradient descent."""

    digested_as: ClassVar[str] = "HistorySpec"

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    eta: float = same_as(TrainingSpec, "eta")
    steps: tuple[int, ...] = checked(
        Increasing(Whole(0, 1_000_000), longest=200),
        (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
        "steps k at which the losses are evaluated; 0 is initialization",
    )
    n_train: int = same_as(PointSpec, "n_train")
    draw: int = same_as(PointSpec, "draw")
    jitter: float = same_as(TrainingSpec, "jitter")
