"""Eigenvalues of the kernels."""

from dataclasses import dataclass, field

from ntk_uq.base.fields import Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec


@dataclass(frozen=True)
class SpectrumSpec(Spec):
    """The eigenvalues of the kernels on a sample of the pool; ``data.n_test`` does not matter."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    n: int = checked(Whole(2, 4000), 1000, "examples of the pool on which kernels are evaluated")
