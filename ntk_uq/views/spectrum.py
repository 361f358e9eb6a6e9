"""The page of spectra."""

from dataclasses import dataclass, field, replace

from ntk_uq.base.fields import Spec, Switch, checked, same_as
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, ForeseenSpec, TrainingSpec
from ntk_uq.specs.foreseen import sizes_of
from ntk_uq.views.scaling_curves import SAMPLE, CurvesView

_DRAWS = 3
"""Training subsets of the curves, as a page of scaling curves opens with."""


@dataclass(frozen=True)
class SpectrumView(Spec):
    """Everything that the page of spectra shows: learning curves foreseen from the kernels of
    several depths on one sample."""

    data: DataSpec = field(default_factory=DataSpec)
    depths: tuple[int, ...] = same_as(CurvesView, "depths")
    activation: str = same_as(ArchitectureSpec, "activation")
    sigma_w: float = same_as(ArchitectureSpec, "sigma_w")
    sigma_b: float = same_as(ArchitectureSpec, "sigma_b")
    training: TrainingSpec = field(default_factory=TrainingSpec)
    sample: int = same_as(ForeseenSpec, "sample", SAMPLE)
    curve: bool = checked(
        Switch(), False, "show the scaling curve, whose networks are tested on a test set"
    )
    axis: str = same_as(CurvesView, "axis")

    def validate(self) -> None:
        self.foreseen()  # what concerns several fields is said there

    def curves(self) -> tuple[CurveSpec, ...]:
        """The scaling curves at the same N_D, one a depth; none where they are not shown."""
        if not self.curve:
            return ()
        return tuple(
            CurveSpec(self.data, one.architecture, one.training, one.n_train, _DRAWS)
            for one in self.foreseen()
        )

    def foreseen(self) -> tuple[ForeseenSpec, ...]:
        """What is foreseen, one specification a depth; the test set does not matter."""
        return tuple(
            ForeseenSpec(
                replace(self.data, n_test=1),
                ArchitectureSpec(depth, self.activation, self.sigma_w, self.sigma_b),
                self.training,
                self.sample,
                sizes_of(self.sample),
            )
            for depth in self.depths
        )


def spectrum_view_of(spec: ForeseenSpec) -> SpectrumView:
    """The view that shows what is foreseen of one network, with the page's own N_D."""
    network = spec.architecture
    return SpectrumView(
        spec.data,
        (network.depth,),
        network.activation,
        network.sigma_w,
        network.sigma_b,
        spec.training,
        spec.sample,
    )
