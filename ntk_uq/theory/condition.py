"""The condition number of a factored kernel, by Lanczos iterations."""

from collections.abc import Callable

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from ntk_uq.theory.panels import Panels, solve_lower, solve_upper

_DENSE = 128
"""Up to here singular values are as fast, and exact."""


def condition(factor: Panels, n: int) -> float:
    """``lambda_max / lambda_min`` of ``T = L L'`` for the leading n examples, to some percent.

    Lanczos iterations on T and on its inverse, from a fixed start. Both extremes are approached
    from inside, so that the true number is, if anything, larger.
    """
    if n <= _DENSE:
        lower = np.tril(factor.square(n))
        return float(np.linalg.cond(lower) ** 2)

    def multiply(v: np.ndarray) -> np.ndarray:
        above, out = np.empty(n), np.zeros(n)
        for low, high, rows in factor.triangle(n):
            above[low:high] = v[low:] @ rows
        for low, high, rows in factor.triangle(n):
            out[low:] += rows @ above[low:high]
        return out

    def solve(v: np.ndarray) -> np.ndarray:
        column = np.array(v.reshape(n, 1))
        solve_lower(factor, column)
        solve_upper(factor, column)
        return column[:, 0]

    # The largest eigenvalue of a kernel stands alone, the smallest ones do not.
    return _largest(lambda v: multiply(v.reshape(n)), n, 6) * _largest(solve, n, 12)


def _largest(multiply: Callable[[np.ndarray], np.ndarray], n: int, steps: int) -> float:
    """The largest eigenvalue of a symmetric operator, to about one percent.

    Args:
        multiply: the operator.
        n: its size.
        steps: of Lanczos, after which it is looked whether they were enough; with as many more
            each time. Every one reads the whole factor from memory.
    """
    operator = LinearOperator((n, n), matvec=multiply, dtype=np.float64)
    # A fixed start that has no symmetry in common with the data.
    start = np.cos(np.arange(n) ** 2)
    try:
        return float(
            eigsh(operator, 1, v0=start, ncv=steps, tol=1e-2, return_eigenvectors=False)[0]
        )
    except ArpackNoConvergence as error:
        return float(max(error.eigenvalues, default=np.nan))
