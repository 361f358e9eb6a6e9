"""A look at data and machine: what a job needs that is no theory and no training."""

from dataclasses import dataclass, field
from typing import ClassVar

from ntk_uq.base.fields import Name, Spec, Whole, checked
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec


@dataclass(frozen=True)
class FetchSpec(Spec):
    """Which public files to fetch."""

    name: str = checked(Name(), "mnist", "what to fetch, as `data fetch` calls it")


@dataclass(frozen=True)
class InspectionSpec(Spec):
    """Which data set to look through."""

    digested_as: ClassVar[str] = "ReportSpec"

    dataset: str = checked(Name(), "digits", "name of a registered data set")


@dataclass(frozen=True)
class SpectrumSpec(Spec):
    """The eigenvalues of the kernels on a sample of the pool; ``data.n_test`` does not matter."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    n: int = checked(Whole(2, 4000), 1000, "examples of the pool on which kernels are evaluated")


@dataclass(frozen=True)
class CalibrationSpec(Spec):
    """How fast the engine's workers train: measured once and kept."""
