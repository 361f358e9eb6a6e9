"""By which route a curve's covariances are computed: what each costs."""

import enum
from collections.abc import Iterable, Sequence

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
        """The cheapest in operations, where K and T both fit the memory.

        Counted is what comes on top of the factorization of T, with n = N_D and t = N_T:
        elimination takes ``2/3 ((n + t)^3 - t^3)`` once, solution ``2 n^2 t + 2 n t^2`` a size.
        """
        if not training.converged:
            return cls.MODES
        n, t = sizes[-1], n_test
        elimination = 2 / 3 * ((n + t) ** 3 - t**3)
        solution = sum(2 * size**2 * t + 2 * size * t**2 for size in sizes)
        return cls.ELIMINATION if elimination < solution else cls.SOLUTION


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
