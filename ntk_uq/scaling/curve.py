"""Reading a curve: what the caller got wrong raises, what the data lack is counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.records import OVER_SIZES, Finding, Flag, Wording

Numbers = Sequence[float] | Sequence[float | None] | Real[np.ndarray, "n"]
Window = tuple[float, float]

# Relative errors beyond these say "exactly known" and "not known at all" just as well, and a ratio
# of weights of 1e14 at most keeps a straight line determined in double precision.
_SMALLEST_ERROR = 1e-5
_LARGEST_ERROR = 1e2


@dataclass(frozen=True)
class Points:
    """The usable points of a window: ``x = ln n``, ``y = ln q``, ``error`` of y, and what is not.

    Attributes:
        n: training set sizes with a positive, finite value [examples].
        x, y: natural logarithms of n and of the quantity.
        error: standard error of y (error of the quantity over the quantity), or None.
        flags: what the window lacks: ``missing_points``, ``non_positive``, ``missing_errors``.
    """

    n: Float[np.ndarray, "n"]
    x: Float[np.ndarray, "n"]
    y: Float[np.ndarray, "n"]
    error: Float[np.ndarray, "n"] | None
    flags: tuple[Flag, ...]

    @property
    def window(self) -> Window | None:
        """Smallest and largest usable N_D."""
        return (float(self.n[0]), float(self.n[-1])) if len(self.n) else None

    @property
    def factor(self) -> float:
        """Largest over smallest N_D."""
        # Rounded so that a grid made with geomspace(100, 400) spans its factor 4.
        return float(np.round(np.exp(self.x[-1] - self.x[0]), 9)) if len(self.n) else 1.0

    def tail(self, start: int) -> "Points":
        """The points from index ``start`` on, with the same flags."""
        error = None if self.error is None else self.error[start:]
        return Points(self.n[start:], self.x[start:], self.y[start:], error, self.flags)


@dataclass(frozen=True)
class CurveArrays:
    """A whole curve on its grid; NaN where there is no value, or no error."""

    n: Float[np.ndarray, "n"]
    values: Float[np.ndarray, "n"]
    error: Float[np.ndarray, "n"] | None
    known: Bool[np.ndarray, "n"]

    def points(self, window: Window | None = None, words: Wording = OVER_SIZES) -> Points:
        """The usable points with ``n_lo <= N_D <= n_hi``; the flags are in these words.

        Raises:
            SpecError: if the window is empty, reversed, or holds no point of the grid.
        """
        inside = np.ones(len(self.n), dtype=bool) if window is None else self._inside(window)
        usable = np.isfinite(self.values) & (self.values > 0)
        keep = inside & usable
        missing = int(np.sum(inside & ~np.isfinite(self.values)))
        bad = inside & np.isfinite(self.values) & (self.values <= 0)
        flags = []
        if missing:
            flags.append(
                Flag(
                    Finding.MISSING_POINTS,
                    f"{missing} of {int(inside.sum())} points in the window have no value and are "
                    "left out.",
                )
            )
        if bad.any():
            flags.append(
                Flag(
                    Finding.NON_POSITIVE,
                    f"{int(bad.sum())} of {int(inside.sum())} values in the window are zero or "
                    f"negative, the first at {words.axis} = {self.n[bad][0]:.6g}; a scaling law is "
                    "positive everywhere.",
                )
            )
        unknown = int(np.sum(keep & ~self.known))
        if self.error is not None and unknown:
            flags.append(
                Flag(
                    Finding.MISSING_ERRORS,
                    f"{unknown} of {int(keep.sum())} points have no error, or an error of zero; "
                    "they count with the median relative error of the others.",
                )
            )
        n = self.n[keep]
        return Points(
            n=n,
            x=np.log(n),
            y=np.log(self.values[keep]),
            error=None if self.error is None else self.error[keep],
            flags=tuple(flags),
        )

    def _inside(self, window: Window) -> Bool[np.ndarray, "n"]:
        if len(window) != 2 or not window[0] < window[1]:
            raise SpecError(
                f"The window is {window}; give (n_lo, n_hi) with n_lo smaller than n_hi."
            )
        inside = (self.n >= window[0]) & (self.n <= window[1])
        if not inside.any():
            grid = f"{self.n[0]:.6g} to {self.n[-1]:.6g}" if len(self.n) else "no point at all"
            raise SpecError(
                f"The window {window[0]:.6g} to {window[1]:.6g} holds no point of the curve, whose "
                f"N_D are {grid}; choose a window that overlaps them."
            )
        return inside


def read_curve(n_train: Numbers, values: Numbers, errors: Numbers | None) -> CurveArrays:
    """The curve as arrays of equal length.

    Raises:
        SpecError: if the lengths differ, n_train is not positive and strictly increasing, or an
            error is negative.
    """
    n = _array("n_train", n_train)
    q = _array("values", values)
    if len(n) != len(q):
        raise SpecError(
            f"There are {len(n)} training set sizes and {len(q)} values; give one value for each, "
            "None where there is none."
        )
    if not np.all(np.isfinite(n)) or np.any(n <= 0):
        raise SpecError(
            f"n_train has {n[~(np.isfinite(n) & (n > 0))][0]}; training set sizes must be positive "
            "and finite."
        )
    if np.any(np.diff(n) <= 0):
        at = int(np.argmax(np.diff(n) <= 0))
        raise SpecError(
            f"n_train goes from {n[at]:.6g} to {n[at + 1]:.6g}; sizes must increase without "
            "repetition: sort the curve and merge equal sizes."
        )
    if errors is None:
        return CurveArrays(n, q, None, np.zeros(len(n), dtype=bool))
    e = _array("errors", errors)
    if len(e) != len(q):
        raise SpecError(
            f"There are {len(q)} values and {len(e)} errors; give one error for each, or None for "
            "a curve without errors."
        )
    if np.any(e < 0):
        raise SpecError(
            f"errors has {e[e < 0][0]:.6g}; standard errors are zero or positive, None where "
            "there is none."
        )
    return _with_errors(n, q, e)


def _with_errors(
    n: Float[np.ndarray, "n"], q: Float[np.ndarray, "n"], e: Float[np.ndarray, "n"]
) -> CurveArrays:
    known = np.isfinite(e) & (e > 0) & np.isfinite(q) & (q > 0)
    if not known.any():
        return CurveArrays(n, q, None, known)
    relative = np.full(len(n), np.nan)
    logarithm = np.log(e[known]) - np.log(q[known])
    relative[known] = np.exp(np.clip(logarithm, np.log(_SMALLEST_ERROR), np.log(_LARGEST_ERROR)))
    usable = np.isfinite(q) & (q > 0)
    relative[usable & ~known] = np.median(relative[known])
    relative[usable] = _without_luck(relative[usable])
    return CurveArrays(n, q, relative, known)


def _without_luck(error: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """No point counts as more precise than the median of its neighbourhood of five.

    The error of a mean over few draws is itself uncertain, by ``1 / sqrt(2 (draws - 1))``: with
    three draws one point in 25 comes out five times too precise and would rule the fit.
    Relative errors change slowly along a curve, so their neighbours tell. An error is only raised.
    """
    last = len(error)
    typical = [np.median(error[max(0, i - 2) : min(last, i + 3)]) for i in range(last)]
    return np.maximum(error, np.array(typical)) if last else error


def _array(name: str, numbers: Numbers) -> Float[np.ndarray, "n"]:
    try:
        array = np.array(numbers, dtype=float)
    except (TypeError, ValueError, OverflowError) as problem:
        raise SpecError(
            f"{name} is not a list of numbers ({problem}); give numbers, None where missing."
        ) from problem
    if array.ndim != 1:
        raise SpecError(
            f"{name} has shape {array.shape}; give one number for each training set size."
        )
    return array
