"""The lower part of a symmetric matrix in block columns, and a factorization's steps on them.

Half of a square in memory, each column one contiguous array: BLAS works on any range of its rows in
place. Rows may go on below the square, as those of the test set do.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float
from scipy.linalg.blas import dgemm, dgemv, dsymm, dtrmm, dtrsm, dtrsv
from scipy.linalg.lapack import dpotrf, dsygst, dtrcon, dtrtri

from ntk_uq.base.stopping import may_stop

_GENTLE = 100
"""Condition number (1-norm) up to which the inverse of a triangle stands in for a solve. Its error
may be larger by as much, two digits of sixteen; those of kernels are mostly below 10."""


class Panels:
    """Block columns of a matrix, from the diagonal down.

    Args:
        cuts: 0, then where each block column ends.
        n_rows: rows of the whole, at least as many as columns.

    Attributes:
        columns: one C-contiguous array each, (n_rows - low, high - low).
    """

    def __init__(self, cuts: Sequence[int], n_rows: int) -> None:
        self.cuts, self.n_rows = tuple(cuts), n_rows
        self.columns = [np.empty((n_rows - low, high - low)) for low, high in self.ranges]

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """First and last column, exclusive, of each panel."""
        return tuple(zip(self.cuts[:-1], self.cuts[1:], strict=True))

    def write(self, rows: slice, columns: slice, tile: Float[np.ndarray, "r c"]) -> None:
        """Sets a part; what lies above the panels' first rows, or right of the last, is dropped."""
        for (low, high), panel in zip(self.ranges, self.columns, strict=True):
            first, last = max(low, columns.start), min(high, columns.stop)
            top = max(low, rows.start)
            if first < last and top < rows.stop:
                panel[top - low : rows.stop - low, first - low : last - low] = tile[
                    top - rows.start :, first - columns.start : last - columns.start
                ]

    def below(
        self, n: int, start: int, stop: int
    ) -> Iterator[tuple[int, int, Float[np.ndarray, "r w"]]]:
        """First column, last column and rows ``start`` to ``stop`` of each panel up to column n."""
        for (low, high), panel in zip(self.ranges, self.columns, strict=True):
            if high <= n:
                yield low, high, panel[start - low : stop - low]

    def add_diagonal(self, value: float) -> None:
        """Adds a number to the diagonal."""
        for panel in self.columns:
            index = np.arange(panel.shape[1])
            panel[index, index] += value

    def square(self, n: int) -> Float[np.ndarray, "n n"]:
        """The leading n columns as a matrix whose part above the diagonal is not written."""
        out = np.empty((n, n))
        for low, high, rows in self.triangle(n):
            out[low:, low:high] = rows
        return out

    def triangle(self, n: int) -> Iterator[tuple[int, int, Float[np.ndarray, "r w"]]]:
        """First column, last column, and the rows from the diagonal to n, of each panel."""
        for (low, high), panel in zip(self.ranges, self.columns, strict=True):
            if high <= n:
                yield low, high, panel[: n - low]

    def eliminate(self, j: int) -> None:
        """One step of ``T = L L'``: panel j becomes that of L, and the later ones what is left.

        Raises:
            numpy.linalg.LinAlgError: if the matrix is not positive definite in float64.
        """
        (low, high), panel = self.ranges[j], self.columns[j]
        width = high - low
        _, info = dpotrf(panel[:width].T, lower=0, clean=1, overwrite_a=1)
        if info == 0:
            divide(panel[width:], panel[:width])
        if info or not np.isfinite(np.sum(panel)):  # LAPACK takes what is no number
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        for (start, stop), later in zip(self.ranges[j + 1 :], self.columns[j + 1 :], strict=True):
            subtract(later, panel[start - low :], panel[start - low : stop - low])
            may_stop()

    def transform(self, j: int, factor: "Panels") -> None:
        """The same step for ``K -> L^-1 K L'^-1``, given L: on both sides.

        What is left of K, behind the first columns up to panel j, is the covariance of the rest
        after ``K_21 <- (K_21 L_11'^-1 - L_21 M / 2)``, ``M = L_11^-1 K_11 L_11'^-1``, and

            K_22 <- K_22 - K_21 L_21' - L_21 K_21'

        as LAPACK's dsygst does. Panel j is of no use afterwards and given back.

        Args:
            j: which panel; its columns are those of the factor's.
            factor: L, whose panel j is done; it may have more rows.
        """
        (low, high), panel = self.ranges[j], self.columns[j]
        width = high - low
        below = factor.columns[j][width : self.n_rows - low]
        top, rest = panel[:width], panel[width:]
        dsygst(top.T, factor.columns[j][:width].T, lower=0, overwrite_a=1)
        divide(rest, factor.columns[j][:width])
        if len(rest):
            dsymm(-0.5, top.T, below.T, 1.0, rest.T, lower=0, overwrite_c=1)
        self.columns[j] = np.empty((0, width))
        # Side by side, so that one product of twice the depth does for both terms.
        left, right = np.hstack([rest, below]), np.hstack([below, rest])
        for (start, stop), later in zip(self.ranges[j + 1 :], self.columns[j + 1 :], strict=True):
            subtract(later, left[start - high :], right[start - high : stop - high])
            may_stop()


def subtract(
    c: Float[np.ndarray, "r m"], a: Float[np.ndarray, "r k"], b: Float[np.ndarray, "m k"]
) -> None:
    """``c -= a b'`` in place; all are C-contiguous."""
    if c.size and a.shape[1]:
        _in_place(c)
        dgemm(-1.0, b.T, a.T, 1.0, c.T, trans_a=1, overwrite_c=1)


def divide(b: Float[np.ndarray, "r w"], triangle: Float[np.ndarray, "w w"]) -> None:
    """``b <- b L'^-1`` in place, with L the lower triangle; b is C-contiguous.

    A product, where L is far from singular: it is three times as fast as the solve.
    """
    if not b.size:
        return
    _in_place(b)
    if len(b) > len(triangle) and dtrcon(triangle.T, uplo="U")[0] * _GENTLE > 1:
        inverse, _ = dtrtri(triangle.T, lower=0)
        dtrmm(1.0, inverse, b.T, lower=0, trans_a=1, overwrite_b=1)
    else:
        dtrsm(1.0, triangle.T, b.T, lower=0, trans_a=1, overwrite_b=1)


def solve_upper(factor: Panels, b: Float[np.ndarray, "n k"]) -> None:
    """``b <- L'^-1 b`` in place, with the leading n columns of L; b is C-contiguous."""
    _in_place(b)
    for low, high, rows in reversed(list(factor.triangle(len(b)))):
        top = b[low:high].T
        if high < len(b):
            dgemm(-1.0, b[high:].T, rows[high - low :].T, 1.0, top, trans_b=1, overwrite_c=1)
        dtrsm(1.0, rows[: high - low].T, top, side=1, lower=0, trans_a=1, overwrite_b=1)
        may_stop()


def solve_vector(factor: Panels, v: Float[np.ndarray, "n"]) -> None:
    """``v <- (L L')^-1 v`` in place, with the leading n columns of L, which are read twice.

    One vector is waiting for memory all the time; BLAS reads faster where it knows that it is one.
    """
    _in_place(v)
    panels = [
        (low, high, rows[: high - low].T, rows[high - low :].T)
        for low, high, rows in factor.triangle(len(v))
    ]
    for low, high, triangle, below in panels:
        dtrsv(triangle, v[low:high], lower=0, trans=1, overwrite_x=1)
        if high < len(v):
            dgemv(-1.0, below, v[low:high], 1.0, v[high:], trans=1, overwrite_y=1)
    for low, high, triangle, below in reversed(panels):
        if high < len(v):
            dgemv(-1.0, below, v[high:], 1.0, v[low:high], overwrite_y=1)
        dtrsv(triangle, v[low:high], lower=0, overwrite_x=1)


def multiply_vector(factor: Panels, v: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """``L L' v``, with the leading n columns of L, each read once."""
    out = np.zeros_like(v)
    for low, _, rows in factor.triangle(len(v)):
        part = dgemv(1.0, rows.T, v[low:])  # of L' v: L has nothing above its panels
        dgemv(1.0, rows.T, part, 1.0, out[low:], trans=1, overwrite_y=1)
    return out


def multiply_half(matrix: Panels, w: Float[np.ndarray, "n k"], v: Float[np.ndarray, "n k"]) -> None:
    """``v += H w`` in place, with H the blocks below the diagonal of the leading n columns and half
    of those on it, so that the matrix is ``H + H'``; both are C-contiguous."""
    _in_place(v)
    for low, high, rows in matrix.triangle(len(w)):
        width, part = high - low, w[low:high].T
        dsymm(0.5, rows[:width].T, part, 1.0, v[low:high].T, side=1, lower=0, overwrite_c=1)
        if high < len(w):
            dgemm(1.0, part, rows[width:].T, 1.0, v[high:].T, overwrite_c=1)
        may_stop()


def _in_place(a: np.ndarray) -> None:
    """BLAS would work on a copy of anything else, and its result be lost."""
    if not a.flags.c_contiguous:
        raise ValueError("only C-contiguous arrays are changed in place")
