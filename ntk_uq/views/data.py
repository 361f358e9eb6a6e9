"""The page of data sets."""

from dataclasses import dataclass, field

from ntk_uq.base.fields import Spec, Whole, checked
from ntk_uq.specs import ArchitectureSpec, DataSpec


@dataclass(frozen=True)
class DataView(Spec):
    """Everything that the page of data sets shows: a data set, its preparation, and the network
    whose kernel's spectrum is drawn, on ``sample`` training examples."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    sample: int = checked(Whole(10, 4000), 1000, "training examples whose kernel is decomposed")
