"""What a case is told: how often, how large, on which data."""

from dataclasses import dataclass
from typing import TypeVar

from benchmarks.inputs import Inputs

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """The choices of one run.

    Attributes:
        repetitions: of every measurement.
        quick: whether sizes are small, to see that everything works.
        inputs: which data set the theory is evaluated on.
        named: the cases that were asked for by name.
    """

    repetitions: int
    quick: bool
    inputs: Inputs
    named: tuple[str, ...] = ()

    def size(self, full: T, quick: T) -> T:
        """One of the two, as this run has it."""
        return quick if self.quick else full

    @property
    def few(self) -> int:
        """Repetitions of what takes minutes."""
        return min(self.repetitions, 3)
