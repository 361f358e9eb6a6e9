"""Learning curves foreseen from a sample."""

from dataclasses import dataclass, field

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Increasing, Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.training import TrainingSpec

CARRIES = 2
"""A sample of M examples carries a learning curve up to N_D = M over this."""


def sizes_of(sample: int) -> tuple[int, ...]:
    """N_D that a sample tells of, each twice the one before: 25, 50, ... up to half of it."""
    most = sample // CARRIES
    return tuple(25 * 2**k for k in range(20) if 25 * 2**k <= most) or (most,)


@dataclass(frozen=True)
class ForeseenSpec(Spec):
    """The mean loss against N_D, foreseen from the kernel of a sample of the pool, and checked on
    it; ``data.n_test`` does not matter."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    training: TrainingSpec = field(default_factory=TrainingSpec)
    sample: int = checked(
        Whole(4, 4000), 1000, "examples M of the pool on which the kernel is evaluated"
    )
    n_train: tuple[int, ...] = checked(
        Increasing(Whole(1, 2000)),
        (25, 50, 100, 200, 400),
        "training-set sizes N_D for which the loss is foreseen, up to half of the sample",
    )

    def validate(self) -> None:
        if not self.training.converged:
            raise SpecError(
                "A learning curve is foreseen for networks that are trained to convergence, or "
                "Bayesian; leave out time and steps."
            )
        if CARRIES * self.n_train[-1] > self.sample:
            raise SpecError(
                f"A sample of {self.sample} examples tells of N_D up to {self.sample // CARRIES}, "
                f"and {self.n_train[-1]} is asked for; choose a sample of "
                f"{CARRIES * self.n_train[-1]} or more, or a smaller N_D."
            )
