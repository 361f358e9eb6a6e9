"""The condition numbers of a factored kernel's leading parts, by Lanczos iterations."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from ntk_uq.theory.panels import Panels, multiply_vector, solve_vector

Vector = Float[np.ndarray, "n"]

_DENSE = 128
"""Up to here singular values are as fast, and exact."""

_LARGEST_STEPS, _SMALLEST_STEPS, _SMALLEST_STEPS_AGAIN = 3, 12, 8
"""Steps of Lanczos, after which it is looked whether they were enough; with as many more each time.
Every one reads the whole factor from memory. The largest eigenvalue of a kernel stands alone, the
smallest ones do not; a start that was good for a smaller part needs fewer steps."""

_SMALL, _MORE_STEPS = 1000, 12
"""Up to this size, steps cost so little that there are as many more of them: the kernel of a deep
erf network hardly differs from a multiple of 1, and its largest eigenvalue does not stand alone."""


class Conditions:
    """``lambda_max / lambda_min`` of the leading parts of ``T = L L'``, to some percent.

    Lanczos iterations on T and on its inverse, from what was found for the part before, if there
    was one. Both extremes are approached from inside, so that the true number is, if anything,
    larger.

    Args:
        factor: L, whose panels up to a part's size are done when that is asked for.
    """

    def __init__(self, factor: Panels) -> None:
        self._factor = factor
        self._largest: Vector | None = None
        self._smallest: Vector | None = None

    def at(self, n: int) -> float:
        """That of the leading n examples; n does not fall."""
        factor = self._factor
        if n <= _DENSE:
            lower = np.tril(factor.square(n))
            return float(np.linalg.cond(lower) ** 2)

        def multiply(v: np.ndarray) -> np.ndarray:
            return multiply_vector(factor, v.reshape(n))

        def solve(v: np.ndarray) -> np.ndarray:
            solution = np.array(v.reshape(n))
            solve_vector(factor, solution)
            return solution

        # A fixed vector that has no symmetry in common with the data: what is started from before
        # may miss, a direction of new examples alone, say.
        odd = np.cos(np.arange(n) ** 2)
        start = np.ones(n) if self._largest is None else extended(self._largest, n)
        largest, self._largest = _extreme(multiply, start + 0.1 * odd, _LARGEST_STEPS)
        start, steps = odd, _SMALLEST_STEPS
        if self._smallest is not None:
            known = extended(self._smallest, n, 0.0)
            start, steps = np.sqrt(n) * known + 0.3 * odd, _SMALLEST_STEPS_AGAIN
        smallest, self._smallest = _extreme(solve, start, steps)
        return largest * smallest


def extended(
    v: Float[np.ndarray, "m"], n: int, value: float | None = None
) -> Float[np.ndarray, "n"]:
    """A vector of a part as one of a larger part; new entries are as the others on average."""
    return np.append(v, np.full(n - len(v), v.mean() if value is None else value))


def _extreme(
    multiply: Callable[[np.ndarray], np.ndarray], start: Vector, steps: int
) -> tuple[float, Vector | None]:
    """The largest eigenvalue of a symmetric operator, to about one percent, and its eigenvector.

    Args:
        multiply: the operator.
        start: what Lanczos starts from.
        steps: of Lanczos, after which it is looked whether they were enough.
    """
    if len(start) <= _SMALL:
        steps += _MORE_STEPS
    operator = LinearOperator((len(start), len(start)), matvec=multiply, dtype=np.float64)
    try:
        values, vectors = eigsh(operator, 1, v0=start, ncv=steps, tol=1e-2)
    except ArpackNoConvergence as error:
        return float(max(error.eigenvalues, default=np.nan)), None
    return float(values[0]), vectors[:, 0]
