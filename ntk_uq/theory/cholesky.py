"""A Cholesky factor that grows: the factor of n examples is the leading block of that of N > n."""

import numpy as np
import scipy.linalg
from jaxtyping import Float
from scipy.linalg.blas import dtrsm
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from ntk_uq.errors import SingularKernelError

BLOCK = 256


class GrowingCholesky:
    """``T = L L'`` for growing leading blocks, in place, in one N x N array.

    Write the new rows of T, left of and including the diagonal, into ``matrix[n:m, :m]``, then
    call :meth:`extend`, which replaces them by the rows of L and clears what is above them.
    Everything is done in panels of :data:`BLOCK` columns with matrix products on views, so that
    no second N x N array is needed.

    Attributes:
        matrix: (capacity, capacity); the first ``size`` rows hold L, zeros right of its diagonal.
        size: n, the number of examples factored so far.
    """

    def __init__(self, capacity: int) -> None:
        self.matrix: Float[np.ndarray, "N N"] = np.zeros((capacity, capacity))
        self.size = 0
        self._blocks: list[tuple[int, int, np.ndarray]] = []

    def extend(self, size: int) -> None:
        """Factors the rows up to ``size``.

        Raises:
            SingularKernelError: if the matrix is not positive definite in float64. The factor
                then still holds all rows before this call.
        """
        a, old = self.matrix, self.size
        for low, high, diagonal in self._blocks:
            _eliminate(a, slice(old, size), low, high)
            _divide(a, slice(old, size), low, high, diagonal)
        grown = list(self._blocks)
        for low in range(old, size, BLOCK):
            high = min(low + BLOCK, size)
            _eliminate(a, slice(low, size), low, high)
            try:
                diagonal = scipy.linalg.cholesky(a[low:high, low:high], lower=True)
            except np.linalg.LinAlgError:
                raise SingularKernelError(
                    f"The kernel matrix of {size} examples is not positive definite in float64."
                ) from None
            a[low:high, low:high] = diagonal
            a[:low, low:high] = 0
            # Column-major, as BLAS takes it: scipy would otherwise copy it at every solve.
            diagonal = np.asfortranarray(diagonal)
            _divide(a, slice(high, size), low, high, diagonal)
            grown.append((low, high, diagonal))
        self._blocks, self.size = grown, size

    def solve_lower(self, b: Float[np.ndarray, "n k"], start: int = 0) -> None:
        """Overwrites rows ``start`` onwards of ``b`` by those of ``L^-1 b``.

        Rows before ``start``, which must be a size that the factor once had, are taken to be
        solved already; so a right-hand side grows with the factor.
        """
        for low, high, diagonal in self._blocks:
            if low >= start:
                rhs = b[low:high] - self.matrix[low:high, :low] @ b[:low]
                b[low:high] = dtrsm(1.0, diagonal, rhs, lower=1)

    def solve_upper(self, b: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
        """``L'^-1 b`` as a new array."""
        out = np.array(b)
        for low, high, diagonal in reversed(self._blocks):
            rhs = out[low:high] - self.matrix[high : self.size, low:high].T @ out[high:]
            out[low:high] = dtrsm(1.0, diagonal, rhs, lower=1, trans_a=1)
        return out

    def condition(self) -> float:
        """Estimate of the condition number ``lambda_max / lambda_min`` of T, good to some percent.

        Lanczos iterations on T and on its inverse, from a fixed start. Both extremes are
        approached from inside, so that the true number is, if anything, larger.
        """
        n, factor = self.size, self.matrix[: self.size, : self.size]
        if n == 1:
            return 1.0

        def multiply(v: np.ndarray) -> np.ndarray:
            return factor @ (factor.T @ v.reshape(n))

        def solve(v: np.ndarray) -> np.ndarray:
            column = np.array(v.reshape(n, 1))
            self.solve_lower(column)
            return self.solve_upper(column)[:, 0]

        return _largest(multiply, n) * _largest(solve, n)


def _eliminate(a: np.ndarray, rows: slice, low: int, high: int) -> None:
    """Subtracts from a panel what the columns left of it explain."""
    a[rows, low:high] -= a[rows, :low] @ a[low:high, :low].T


def _divide(a: np.ndarray, rows: slice, low: int, high: int, diagonal: np.ndarray) -> None:
    if rows.start < rows.stop:
        a[rows, low:high] = dtrsm(1.0, diagonal, a[rows, low:high].T, lower=1).T


def _largest(multiply: object, n: int) -> float:
    """The largest eigenvalue of a symmetric operator, to about one percent."""
    operator = LinearOperator((n, n), matvec=multiply, dtype=np.float64)
    if n < 16:
        return float(scipy.linalg.eigvalsh(operator @ np.eye(n))[-1])
    # A fixed start that has no symmetry in common with the data.
    start = np.cos(np.arange(n) ** 2)
    try:
        return float(eigsh(operator, 1, v0=start, tol=1e-2, return_eigenvectors=False)[0])
    except ArpackNoConvergence as error:
        return float(max(error.eigenvalues, default=np.nan))
