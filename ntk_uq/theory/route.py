"""By which route a curve's covariances are computed: what each costs."""

import enum
from collections.abc import Iterable, Sequence

from ntk_uq.costs.kernels import elimination_flops, solution_flops
from ntk_uq.specs import TrainingSpec

_STAGE = 4
"""Points between a largest size and this part of it are computed together."""


class Route(enum.Enum):
    """How the covariance of a trained ensemble's outputs is computed."""

    ELIMINATION = "elimination"
    SOLUTION = "solution"
    RECOMPUTATION = "recomputation"
    MODES = "modes"

    @classmethod
    def of(cls, sizes: Sequence[int], n_test: int, training: TrainingSpec) -> "Route":
        """The cheapest in operations, where K and T both fit the memory."""
        if not training.converged:
            return cls.MODES
        dear = elimination_flops(sizes[-1], n_test) >= solution_flops(sizes, n_test)
        return cls.SOLUTION if dear else cls.ELIMINATION


def stages(sizes: Iterable[int]) -> list[list[int]]:
    """The sizes in groups, each from its largest down to a quarter of that; small ones first.

    A factorization that works on all that is left to do after every step has no small size ready
    before it has touched the whole. Doing the small ones first, and again, costs a few percent
    (a 16th of the rest at each stage, or less), and they are there in milliseconds.
    """
    rest, out = sorted(sizes), []
    while rest:
        part = [n for n in rest if _STAGE * n > rest[-1]]
        out.append(part)
        rest = rest[: len(rest) - len(part)]
    return out[::-1]
