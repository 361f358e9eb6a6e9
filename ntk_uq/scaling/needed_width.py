"""The width from which on networks are close to infinite width."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ntk_uq.base import streams
from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.least_squares import GAUSSIAN_95
from ntk_uq.scaling.records import FitRecord
from ntk_uq.scaling.width_fit import WidthFit

TOLD_WITHIN = 5.0
"""Ratio of the ends of a 95 % interval up to which a width is told, and not only its upper end."""

_SAMPLES, _SEED = 4000, 1_2503_05938  # fixed: the same fit gives the same interval


@dataclass(frozen=True)
class NeededWidth(FitRecord):
    """The width from which on a quantity is within a tolerance of its infinite-width value.

    Attributes:
        tolerance: the relative distance that is allowed.
        width: or None where it is not determined. low, high: its 95 % interval; a low of 0 says
            that only the upper end is known, and a high of None that only the lower one is.
        beyond: whether its upper end is wider than any network of the fit: an extrapolation.
        words: the answer as a sentence.
    """

    tolerance: float
    width: float | None
    low: float | None
    high: float | None
    beyond: bool
    words: str


def needed_width(fit: WidthFit, tolerance: float) -> NeededWidth:
    """How wide networks must be for ``|q(w) / q_inf - 1| <= tolerance``, and from there on.

    The widest w with ``|c / w + c2 / w^2| = tolerance``; ``|c| / tolerance`` to first order. Its
    interval is that over c and c2, taken as Gaussian with the fit's errors. Where the correction is
    not told from none, only the upper end is known. Below the narrowest width of the fit the law
    was not tested: of an answer there only the upper end is told, or that width where it is wider.

    Beyond the widest network a law is asked only where it ``carries`` so far: of a
    second order through three widths there is one point left to check it by, and its crossing may
    be anywhere. Then the answer is that wider networks are needed, where that is sure.

    Raises:
        SpecError: if the tolerance is not above 0 and below 1, or p was free.
    """
    if fit.power_error is not None:
        raise SpecError("The power was fitted; ask for the width from the fit with 1 / width.")
    if not 0 < tolerance < 1:
        raise SpecError(f"The tolerance is {tolerance:g}; it must be above 0 and below 1.")
    if not fit.valid or fit.c is None or fit.window is None:
        return NeededWidth(tolerance, None, None, None, False, f"not known: {fit.describe()}")
    c, c2 = _sample(fit)
    width = float(_crossing(np.array([fit.c]), np.array([fit.c2 or 0.0]), tolerance)[0])
    low, high = (float(q) for q in np.quantile(_crossing(c, c2, tolerance), (0.025, 0.975)))
    if fit.c_interval is None or fit.c_interval[0] <= 0 <= fit.c_interval[1]:
        low = 0.0
    narrowest, widest = fit.window
    beyond = high > widest
    if beyond and not fit.carries:
        return _not_so_far(fit, tolerance, low, widest)
    if high <= narrowest:
        words = f"at most {narrowest:g}, the narrowest of the fit"
    elif low == 0.0 or width < narrowest or high > TOLD_WITHIN * low:
        words = f"at most {_rounded(high)} (95 %)"
    else:
        words = f"{_rounded(width)} (95 %: {_rounded(low)} to {_rounded(high)})"
    if width > widest or (beyond and words.startswith("at most")):
        words += f", beyond the {widest:g} measured"
    elif beyond:
        words += f", its upper end beyond the {widest:g} measured"
    return NeededWidth(tolerance, width, low, high, beyond, words)


def _not_so_far(fit: WidthFit, tolerance: float, low: float, widest: float) -> NeededWidth:
    """The answer of a law that may not be asked beyond the widest network, and is."""
    if low >= widest:
        return NeededWidth(tolerance, None, widest, None, True, f"wider than {widest:g}")
    words = f"not known: {fit.n_points} widths carry no law beyond {widest:g}"
    return NeededWidth(tolerance, None, low, None, True, words)


def _sample(fit: WidthFit) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
    """c and c2 within their errors; as wide as the fit's 95 % intervals are."""
    normal = streams.normals(_SEED, (2, _SAMPLES))
    wide = (fit.factor or GAUSSIAN_95) / GAUSSIAN_95
    c = (fit.c or 0.0) + wide * (fit.c_error or 0.0) * normal[0]
    if fit.c2 is None or fit.c2_error is None or fit.correlation is None:
        return c, np.zeros_like(c)
    rest = math.sqrt(max(1 - fit.correlation**2, 0.0))
    mixed = fit.correlation * normal[0] + rest * normal[1]
    return c, fit.c2 + wide * fit.c2_error * mixed


def _crossing(
    c: Float[np.ndarray, "m"], c2: Float[np.ndarray, "m"], tolerance: float
) -> Float[np.ndarray, "m"]:
    """The widest w with ``|c / w + c2 / w^2| = tolerance``; 0 where there is none.

    With x = 1/w, roots of ``c2 x^2 + c x = +-tolerance`` in the form that holds for c2 = 0 too.
    """
    narrowest = np.zeros_like(c)
    with np.errstate(all="ignore"):
        for side in (tolerance, -tolerance):
            root = np.sqrt(c**2 + 4 * c2 * side)
            for sign in (root, -root):
                x = 2 * side / (c + sign)
                width = np.where(np.isfinite(x) & (x > 0), 1 / x, 0.0)
                narrowest = np.maximum(narrowest, width)
    return narrowest


def _rounded(width: float) -> str:
    """A width to two digits, and never below 1."""
    return f"{float(f'{max(width, 1.0):.2g}'):,.0f}"
