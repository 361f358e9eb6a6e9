"""The page of ensembles."""

from dataclasses import dataclass, field

from ntk_uq.base.fields import Increasing, Maybe, Spec, checked, same_as
from ntk_uq.specs import N_TRAIN, WIDTH, ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.views.scaling_curves import MOST_CURVES, CurvesView


@dataclass(frozen=True)
class EnsemblesView(Spec):
    """Everything that the page of ensembles shows.

    ``shown_width`` and ``shown_n_train`` choose the ensemble whose losses are shown one by one
    and along the training; None is the widest, and the largest N_D.
    """

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH, MOST_CURVES - 1), (64, 256), "units of each hidden layer, one curve each"
    )
    n_train: tuple[int, ...] = checked(
        Increasing(N_TRAIN, 40), (50, 100, 200), "training-set sizes N_D"
    )
    members: int = same_as(EnsembleSpec, "members")
    shown_width: int | None = checked(Maybe(WIDTH), None, "width of the ensemble shown in detail")
    shown_n_train: int | None = checked(Maybe(N_TRAIN), None, "N_D of the ensemble in detail")
    axis: str = same_as(CurvesView, "axis")

    def validate(self) -> None:
        self.ensembles()  # what concerns several fields is said there

    def ensembles(self) -> EnsembleSpec:
        """The specification of the ensembles."""
        return EnsembleSpec(
            self.data, self.architecture, self.optimizer, self.widths, self.n_train, self.members
        )

    @property
    def shown(self) -> tuple[int, int]:
        """Width and N_D of the ensemble shown in detail."""
        width = self.shown_width if self.shown_width in self.widths else self.widths[-1]
        n_train = self.shown_n_train if self.shown_n_train in self.n_train else self.n_train[-1]
        return width, n_train
