"""Plateaus: from which N_D on a curve is flat, and at what value."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from ntk_uq.scaling.curve import Numbers, Points, Window, read_curve
from ntk_uq.scaling.least_squares import GAUSSIAN_95, fit_polynomial, student_quantile
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.power_law import MIN_P_VALUE, PowerLawFit, fit_power_law
from ntk_uq.scaling.records import Finding, FitRecord, Flag, finite, is_valid, names

MIN_POINTS = 3
MIN_FACTOR = 4.0
# A slope of 0.05 changes the curve by 7 % over a factor 4 in N_D: what epsilon is known to from 100
# networks, whose relative error is 1 / sqrt(2 members).
FLAT_SLOPE = 0.05
# "Compatible with zero" means nothing if the slope is unknown: a tail must exclude, at two standard
# errors, that it falls as fast as this, the slower end of the decays seen before a plateau.
STEEPEST_SLOPE = 0.2
SLOPE_ERRORS = 2.0
# Scatter round the mean that needs no error to excuse it: what a tolerated slope makes of three
# points over a factor 4. So it also bounds how far such a slope may add up over a wide tail.
MAX_SCATTER = 0.035
# The widest flat tail tends to swallow the last point of the decay; a first point that is further
# than this, and than 2.6 standard errors, from the mean of the others is not part of it.
MAX_FIRST_DEVIATION = 0.05
FIRST_SIGNIFICANCE = 2.6


@dataclass(frozen=True)
class PlateauFit(FitRecord):
    """A constant tail of a curve. Undetermined fields are None.

    Attributes:
        plateau, plateau_error, plateau_interval: weighted geometric mean of the tail, standard
            error and 95 % interval [unit of q]; see :func:`fit_plateau`.
        onset: smallest N_D from which the curve is flat [examples].
        onset_interval: the grid points beside the onset [examples]; the lower one is None if the
            curve is flat from its first point, and the onset may lie anywhere below. This is the
            resolution of the grid; noise can move the onset further.
        slope, slope_error: ``d ln q / d ln n`` of the tail [1], negative where it falls. Where
            there is no plateau: of the shortest tail that could have been one, or, if the whole
            window is one falling or rising power law, of the window.
        window: smallest and largest N_D of the points that slope was taken from [examples].
        n_points: their number.
        flags: what was found, see :func:`fit_plateau`.
        valid: whether there is a plateau.
    """

    plateau: float | None
    plateau_error: float | None
    plateau_interval: tuple[float, float] | None
    onset: float | None
    onset_interval: tuple[float | None, float] | None
    slope: float | None
    slope_error: float | None
    window: Window | None
    n_points: int
    flags: tuple[Flag, ...]
    valid: bool

    def describe(self) -> str:
        """One line: ``plateau 0.0123 ± 0.0004 from N_D = 256``, or why there is none."""
        if self.valid and self.onset is not None:
            value = format_value(self.plateau, self.plateau_error)
            return f"plateau {value} from N_D = {self.onset:.6g}"
        found = names(self.flags)
        finding = next((one for one in _IN_WORDS if one in found), Finding.SCATTER)
        return _IN_WORDS[finding](self)


def _where(fit: PlateauFit) -> str:
    return " from N_D = {:.6g} to {:.6g}".format(*fit.window) if fit.window else ""


def _by(fit: PlateauFit) -> str:
    """By how much the tail changes. Not as an exponent: this fit of a tail asks whether it is flat,
    and how a curve falls is another fit's to say."""
    assert fit.slope is not None
    assert fit.window is not None
    reach = fit.slope * math.log(fit.window[1] / fit.window[0])
    if reach > _LARGEST:
        return f"by a factor above {math.exp(_LARGEST):.0e}"
    if reach > math.log(2):
        return f"by a factor {math.exp(reach):.2g}"
    return f"by {100 * abs(math.expm1(reach)):#.2g}".rstrip(".") + " %"


def _undetermined(fit: PlateauFit) -> str:
    slope = format_value(fit.slope, fit.slope_error)
    return f"no plateau can be told: the slope{_where(fit)} is {slope}"


_LARGEST = math.log(1e15)
"""A factor beyond is only called large: it is of numbers at the end of what floats can hold."""

_IN_WORDS: Mapping[Finding, Callable[[PlateauFit], str]] = {
    Finding.TOO_FEW_POINTS: lambda fit: (
        f"no plateau: too few points, {fit.n_points} of at least {MIN_POINTS}"
    ),
    Finding.NON_POSITIVE: lambda fit: (  # noqa: ARG005 (one interface for all)
        "no plateau: the curve has values that are zero or negative"
    ),
    Finding.NARROW_RANGE: lambda fit: (  # noqa: ARG005
        f"no plateau: N_D spans less than a factor {MIN_FACTOR:g}"
    ),
    Finding.STILL_FALLING: lambda fit: f"no plateau: falls {_by(fit)}{_where(fit)}",
    Finding.STILL_RISING: lambda fit: f"no plateau: rises {_by(fit)}{_where(fit)}",
    Finding.UNDETERMINED: _undetermined,
    Finding.SCATTER: lambda fit: f"no plateau: the points scatter too much{_where(fit)}",
}
"""Why there is no plateau, the finding that is told first."""


@dataclass(frozen=True)
class _Tail:
    """What decides whether a tail is flat, all in ln q."""

    points: Points
    slope: float
    slope_error: float
    mean: float
    error: float
    half_width: float
    slope_is_flat: bool
    slope_is_known: bool
    scatters: bool
    first_fits: bool

    @property
    def is_flat(self) -> bool:
        return self.slope_is_flat and self.slope_is_known and not self.scatters and self.first_fits


def fit_plateau(
    n_train: Numbers,
    values: Numbers,
    errors: Numbers | None = None,
    window: Window | None = None,
) -> PlateauFit:
    """Find the widest flat tail of a curve: at least 3 points over a factor 4 in N_D.

    Flat means: the slope of ln q on ln n is below 0.05, or compatible with zero within 2 standard
    errors, and at 2 standard errors still less steep than 0.2; the points scatter round their mean
    by at most 3.5 %, or no more than their errors explain (p >= 0.01 of chi2); the first one is
    within 5 %, or 2.6 errors, of the mean of the others. There is no plateau in a window that as a
    whole is not flat but one straight line in ln-ln, falling or rising: its tail is only short.

    With weights ``w_i = (q_i / error_i)^2`` and ``y = ln q`` the plateau is ``exp(sum w y / sum
    w)``. Nested training subsets move their points up and down together, so averaging over N_D
    gains nothing: the relative error is ``sum w_i s_i / sum w_i`` with ``s_i = error_i / q_i``, as
    for points that are fully correlated (never below the smallest s_i), and in quadrature
    ``s / sqrt(n)`` with s the standard deviation of the n points. Without errors, deviations are
    real and do not average out: the error is s. The 95 % interval takes 1.96 times the first and
    Student's t with n - 1 degrees of freedom times the second, in ln q.

    Flags: ``too_few_points``, ``narrow_range``, ``non_positive``, ``still_falling``,
    ``still_rising``, ``scatter`` and ``undetermined`` (the slope is not known well enough)
    invalidate; ``missing_points`` and ``missing_errors`` do not.

    Args:
        n_train, values, errors, window: as :func:`ntk_uq.scaling.fit_power_law`.

    Raises:
        SpecError: as :func:`ntk_uq.scaling.fit_power_law`.
    """
    with np.errstate(all="ignore"):  # values may span the whole range of a float
        points = read_curve(n_train, values, errors).points(window)
        if len(points.n) < MIN_POINTS or points.factor < MIN_FACTOR:
            return _too_small(points)
        tails = []
        for start in range(len(points.n) - MIN_POINTS + 1):
            tail = points.tail(start)
            if tail.factor >= MIN_FACTOR:
                tails.append((start, _examine(tail)))
        whole = fit_power_law(n_train, values, errors, window)
        # Where the whole window is not flat but one straight line, every tail is a piece of it.
        if not tails[0][1].is_flat and _is_one_trend(whole):
            assert whole.alpha is not None
            flags = (*points.flags, _trend(-whole.alpha, whole.alpha_error, points))
            return _without_plateau(points, -whole.alpha, whole.alpha_error, flags)
        for start, examined in tails:
            if examined.is_flat:
                return _plateau(points, start, examined)
        last = tails[-1][1]
        flags = (*points.flags, _obstacle(last))
        return _without_plateau(last.points, last.slope, last.slope_error, flags)


def _examine(points: Points) -> _Tail:
    line = fit_polynomial(points.x, points.y, points.error, degree=1)
    assert line is not None  # three points over a factor 4 determine a line
    slope = float(line.coefficients[1]) / line.half
    slope_error = math.sqrt(line.covariance[1, 1]) / line.half
    count = len(points.y)
    sigma = np.ones(count) if points.error is None else points.error
    weight = (sigma.min() / sigma) ** 2
    weight = weight / weight.sum()
    mean = float(weight @ points.y)
    deviation = points.y - mean
    rounding = 4 * np.finfo(float).eps * max(1.0, abs(mean))
    spread = max(math.sqrt(float(deviation @ deviation) / (count - 1)), rounding)
    student = student_quantile(count - 1, 0.95)
    # The first point against the others; its own error and theirs, taken as fully correlated
    # among themselves but not with it.
    rest = weight[1:] / weight[1:].sum()
    step = abs(float(points.y[0] - rest @ points.y[1:]))
    if points.error is None:
        error, half_width = spread, student * spread
        scatters = spread > MAX_SCATTER
        first_limit = MAX_FIRST_DEVIATION
    else:
        common = float(weight @ sigma)
        error = math.hypot(common, spread / math.sqrt(count))
        half_width = math.hypot(GAUSSIAN_95 * common, student * spread / math.sqrt(count))
        chi2 = float(np.sum((deviation / sigma) ** 2))
        scatters = spread > MAX_SCATTER and float(special.chdtrc(count - 1, chi2)) < MIN_P_VALUE
        first_limit = max(
            MAX_FIRST_DEVIATION,
            FIRST_SIGNIFICANCE * math.hypot(float(sigma[0]), float(rest @ sigma[1:])),
        )
    return _Tail(
        points=points,
        slope=slope,
        slope_error=slope_error,
        mean=mean,
        error=error,
        half_width=half_width,
        slope_is_flat=abs(slope) <= max(FLAT_SLOPE, SLOPE_ERRORS * slope_error),
        slope_is_known=abs(slope) + SLOPE_ERRORS * slope_error <= STEEPEST_SLOPE,
        scatters=scatters,
        first_fits=step <= first_limit,
    )


def _is_one_trend(whole: PowerLawFit) -> bool:
    """True if the whole window is one straight line in ln-ln that is significantly not flat."""
    if whole.alpha is None or whole.alpha_interval is None:
        return False
    # A rising line is no valid power law, but a trend none the less.
    sound = is_valid(whole.flags, {Finding.RISING})
    low, high = whole.alpha_interval
    return sound and (low > 0 or high < 0)


def _trend(slope: float, error: float | None, points: Points) -> Flag:
    name, verb = (Finding.STILL_FALLING, "falls") if slope < 0 else (Finding.STILL_RISING, "rises")
    return Flag(
        name,
        f"The curve {verb} as N_D^{slope:.3g} (slope {format_value(slope, error)}) from N_D = "
        f"{points.n[0]:.6g} to {points.n[-1]:.6g}.",
    )


def _obstacle(tail: _Tail) -> Flag:
    """Why the shortest tail is not flat, the most telling reason first."""
    # Scatter that comes from a slope, even one that alone is tolerated, is no scatter.
    uneven = tail.scatters or not tail.first_fits
    sloped = uneven and abs(tail.slope) > SLOPE_ERRORS * tail.slope_error
    if sloped or not tail.slope_is_flat:
        return _trend(tail.slope, tail.slope_error, tail.points)
    end = f"from N_D = {tail.points.n[0]:.6g} to {tail.points.n[-1]:.6g}"
    if uneven:
        spread = float(np.std(tail.points.y, ddof=1))
        return Flag(
            Finding.SCATTER,
            f"The points scatter by {100 * spread:.2g} % round their mean {end}, more than "
            f"{100 * MAX_SCATTER:g} % and more than their errors explain.",
        )
    return Flag(
        Finding.UNDETERMINED,
        f"The slope {end} is {format_value(tail.slope, tail.slope_error)}; a plateau must exclude "
        f"a slope of {STEEPEST_SLOPE:g} at {SLOPE_ERRORS:g} standard errors.",
    )


def _plateau(points: Points, start: int, tail: _Tail) -> PlateauFit:
    plateau = float(np.exp(tail.mean))
    low, high = np.exp(tail.mean - tail.half_width), np.exp(tail.mean + tail.half_width)
    interval = (float(low), float(high))
    below = float(points.n[start - 1]) if start else None
    return PlateauFit(
        plateau=finite(plateau),
        plateau_error=finite(plateau * tail.error),
        plateau_interval=interval if np.isfinite(interval[1]) else None,
        onset=float(points.n[start]),
        onset_interval=(below, float(points.n[start + 1])),
        slope=tail.slope,
        slope_error=tail.slope_error,
        window=tail.points.window,
        n_points=len(tail.points.n),
        flags=points.flags,
        valid=is_valid(points.flags),
    )


def _too_small(points: Points) -> PlateauFit:
    flags = list(points.flags)
    count = len(points.n)
    if count < MIN_POINTS:
        flags.append(
            Flag(
                Finding.TOO_FEW_POINTS,
                f"{count} usable points in the window; a plateau needs at least {MIN_POINTS}.",
            )
        )
    if points.factor < MIN_FACTOR:
        flags.append(
            Flag(
                Finding.NARROW_RANGE,
                f"N_D spans a factor {points.factor:.3g}; a plateau needs at least {MIN_FACTOR:g}.",
            )
        )
    return _without_plateau(points, None, None, tuple(flags))


def _without_plateau(
    points: Points, slope: float | None, slope_error: float | None, flags: tuple[Flag, ...]
) -> PlateauFit:
    return PlateauFit(
        plateau=None,
        plateau_error=None,
        plateau_interval=None,
        onset=None,
        onset_interval=None,
        slope=slope,
        slope_error=slope_error,
        window=points.window,
        n_points=len(points.n),
        flags=flags,
        valid=False,
    )
