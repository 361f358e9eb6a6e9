"""The page of widths."""

from dataclasses import dataclass, field
from typing import Self

from ntk_uq.base.fields import Increasing, Maybe, Real, Spec, checked, same_as
from ntk_uq.specs import N_TRAIN, WIDTH, ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.views.scaling_curves import MOST_CURVES, CurvesView


@dataclass(frozen=True)
class WidthView(Spec):
    """Everything that the page of widths shows: ensembles of several depths, widths and N_D.

    ``shown_n_train`` is the N_D of the plots against width; None is the largest.
    """

    data: DataSpec = field(default_factory=DataSpec)
    depths: tuple[int, ...] = same_as(CurvesView, "depths", (1, 2))
    activation: str = same_as(ArchitectureSpec, "activation")
    sigma_w: float = same_as(ArchitectureSpec, "sigma_w")
    sigma_b: float = same_as(ArchitectureSpec, "sigma_b")
    optimizer: OptimizerSpec = field(default_factory=lambda: OptimizerSpec(steps=100))
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH, 16), (32, 64, 128, 256, 512), "units of each hidden layer"
    )
    n_train: tuple[int, ...] = checked(
        Increasing(N_TRAIN, MOST_CURVES), (50, 100), "training-set sizes N_D"
    )
    members: int = same_as(EnsembleSpec, "members", 40)
    tolerance: float = checked(
        Real(0, 100, above=True, below=True),
        10.0,
        "percent of the infinite-width value within which a width is wide enough",
    )
    shown_n_train: int | None = checked(Maybe(N_TRAIN), None, "N_D of the plots against width")
    axis: str = same_as(CurvesView, "axis")

    def validate(self) -> None:
        self.ensembles()  # what concerns several fields is said there

    def ensembles(self) -> tuple[EnsembleSpec, ...]:
        """The ensembles, one specification a depth."""
        return tuple(
            EnsembleSpec(
                self.data,
                ArchitectureSpec(depth, self.activation, self.sigma_w, self.sigma_b),
                self.optimizer,
                self.widths,
                self.n_train,
                self.members,
            )
            for depth in self.depths
        )

    @classmethod
    def of(cls, spec: EnsembleSpec) -> Self:
        """That of one ensemble's networks: :meth:`ensembles` gives it back."""
        network = spec.architecture
        return cls(
            spec.data,
            (network.depth,),
            network.activation,
            network.sigma_w,
            network.sigma_b,
            spec.optimizer,
            spec.widths,
            spec.n_train,
            spec.members,
        )

    @property
    def shown(self) -> int:
        """N_D of the plots against width."""
        return self.shown_n_train if self.shown_n_train in self.n_train else self.n_train[-1]
