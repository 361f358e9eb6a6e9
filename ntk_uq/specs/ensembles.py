"""Ensembles of finite networks, and the networks that they consist of."""

from dataclasses import dataclass, field

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Increasing, Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.ranges import MEMBERS, N_TRAIN, WIDTH
from ntk_uq.specs.training import OptimizerSpec


@dataclass(frozen=True)
class MemberSpec(Spec):
    """One network of an ensemble: the unit in which trained networks are kept.

    Its seed is the digest of this specification, so that it is the same network whatever
    ensemble asks for it.
    """

    data: DataSpec
    architecture: ArchitectureSpec
    optimizer: OptimizerSpec
    width: int = checked(WIDTH, 256, "units of each hidden layer")
    n_train: int = checked(N_TRAIN, 100, "training examples N_D")
    draw: int = checked(Whole(0, 99), 0, "which of the independent training subsets")
    member: int = checked(Whole(0, MEMBERS.high - 1), 0, "which of the ensemble's networks")

    def validate(self) -> None:
        _check_batch(self.optimizer, self.n_train)


@dataclass(frozen=True)
class EnsembleSpec(Spec):
    """Ensembles of trained finite networks: some widths, some N_D, the same number of members."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH), (64, 256), "units of each hidden layer, one ensemble each"
    )
    n_train: tuple[int, ...] = checked(Increasing(N_TRAIN), (100,), "training-set sizes N_D")
    members: int = checked(MEMBERS, 20, "independently initialized networks at each point")

    def validate(self) -> None:
        _check_batch(self.optimizer, self.n_train[0])

    @property
    def n_members(self) -> int:
        """How many networks there are to train: widths times N_D times members."""
        return len(self.widths) * len(self.n_train) * self.members

    def member(self, width: int, n_train: int, member: int, draw: int = 0) -> MemberSpec:
        """The specification of one network of these ensembles."""
        return MemberSpec(
            self.data, self.architecture, self.optimizer, width, n_train, draw, member
        )


def _check_batch(optimizer: OptimizerSpec, n_train: int) -> None:
    if optimizer.batch_size is not None and optimizer.batch_size > n_train:
        raise SpecError(
            f"batch_size is {optimizer.batch_size}, but the training set holds {n_train} "
            f"examples; choose at most {n_train}."
        )
