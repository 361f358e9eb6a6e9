"""Power laws of a curve, and whether the curve is one."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.curve import CurveArrays, Numbers, Points, Window, read_curve
from ntk_uq.scaling.least_squares import Polynomial, fit_polynomial, student_quantile
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.records import (
    OVER_SIZES,
    Finding,
    FitRecord,
    Flag,
    LocalExponent,
    Wording,
    finite,
    is_valid,
    names,
)

MIN_POINTS = 4
MIN_FACTOR = 4.0
# Goodness: both must be exceeded. chi2 alone condemns curves whose tiny errors show deviations
# that matter to nobody (1.5 % over a factor 4 in N_D moves the exponent by about 0.01), and the
# errors of few draws are themselves uncertain.
MAX_SCATTER = 0.015
MIN_P_VALUE = 0.01
# Without errors the scatter of one random training subset is in there too, typically a few %.
MAX_SCATTER_WITHOUT_ERRORS = 0.05
# One exponent may stand for the whole window if no local exponent in it is further away than half
# of this: 7.5 %. Where the curve approaches its asymptote as 1/sqrt(N_D) over a factor 16, the
# asymptotic exponent is then within 12 % of the fitted one. Below 0.03 the curve leaves its
# straight line by less than 0.5 % over a factor 64: an exponent near zero may change sign freely.
MAX_RELATIVE_DRIFT = 0.15
MAX_DRIFT = 0.03

# Below this a curve changes by less than 2.5 % over two decades of N_D.
MIN_ALPHA = 0.005
MIN_SIGNIFICANCE = 2.0
# p = 0.01 for a Gaussian. A noiseless smooth curve passes it by orders of magnitude, since its
# cubic part is small beside the quadratic one; so there the size of the drift alone decides.
DRIFT_SIGNIFICANCE = 2.6


@dataclass(frozen=True)
class PowerLawFit(FitRecord):
    """``q = A n^-alpha``, least squares of ln q on ln n. Undetermined fields are None.

    Attributes:
        amplitude, amplitude_error: A, the law at n = 1 [unit of q]; often a long extrapolation.
        alpha, alpha_error: exponent and its standard error [1]; positive where q falls. The error
            is that of the regression (scaled by ``sqrt(chi2 / dof)`` if that exceeds 1; from the
            residuals where there are no errors) and, in quadrature, ``|drift| / sqrt(12)`` where
            the drift is significant: alpha is then an average over exponents spread that far.
        alpha_interval: 95 % interval. Student's t with dof = n_points - 2 where the scatter sets
            the error, Gaussian where the given errors do: the wider of the two.
        pivot, pivot_value, pivot_error: the law at its weighted mean N_D, where its value and
            exponent are uncorrelated [examples, unit of q, relative error].
        window: smallest and largest N_D used [examples].
        n_points: number of points used.
        chi2, dof: of the straight line; dof is None below 3 points, chi2 also without errors.
        r_squared: weighted fraction of the variance of ln q that the line explains.
        alpha_first, alpha_last: local exponents at both ends of the window, from a quadratic.
        drift, drift_error: alpha_last - alpha_first and its standard error.
        local: local exponents between neighbours over the whole curve, not only the window.
        flags: what was found, see :func:`fit_power_law`.
        valid: whether alpha may be quoted.
    """

    amplitude: float | None
    amplitude_error: float | None
    alpha: float | None
    alpha_error: float | None
    alpha_interval: tuple[float, float] | None
    pivot: float | None
    pivot_value: float | None
    pivot_error: float | None
    window: Window | None
    n_points: int
    chi2: float | None
    dof: int | None
    r_squared: float | None
    alpha_first: float | None
    alpha_last: float | None
    drift: float | None
    drift_error: float | None
    local: tuple[LocalExponent, ...]
    flags: tuple[Flag, ...]
    valid: bool

    def predict(self, n_train: Sequence[float] | Real[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """The law ``A n^-alpha`` at ``n_train``, in the unit of q.

        Raises:
            SpecError: if there is no law (``alpha`` is None), or n_train is not positive.
        """
        _, _, line, _ = self._line(n_train)
        with np.errstate(all="ignore"):
            return np.exp(line)

    def band(
        self, n_train: Sequence[float] | Real[np.ndarray, "m"]
    ) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
        """Lower and upper end of the 68 % band of the law (not of single points).

        ``ln q(n) ± t sqrt(s_pivot^2 + s_alpha^2 ln^2(n / pivot))``, symmetric in ln q, so that it
        stays positive; t is Student's for one standard deviation.

        Raises:
            SpecError: as :meth:`predict`.
        """
        pivot_error, alpha_error, line, distance = self._line(n_train)
        with np.errstate(all="ignore"):
            width = student_quantile(self.dof or 1, math.erf(math.sqrt(0.5))) * np.hypot(
                pivot_error, alpha_error * distance
            )
            return np.exp(line - width), np.exp(line + width)

    def describe(self) -> str:
        """One line: ``α = 0.372 ± 0.004``, or why no exponent can be quoted."""
        if self.valid:
            return f"α = {format_value(self.alpha, self.alpha_error)}"
        found = names(self.flags)
        finding = next((one for one in _IN_WORDS if one in found), None)
        if finding is None:
            return "no power law: " + "; ".join(flag.reason for flag in self.flags)
        return _IN_WORDS[finding](self)

    def _line(
        self, n_train: Sequence[float] | Real[np.ndarray, "m"]
    ) -> tuple[float, float, Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
        n = np.asarray(n_train, dtype=float)
        if not np.all(n > 0):
            raise SpecError(f"n_train is {n_train}; training set sizes must be positive.")
        if (
            self.alpha is None
            or self.alpha_error is None
            or self.pivot is None
            or self.pivot_value is None
            or self.pivot_error is None
        ):
            raise SpecError(
                f"There is no power law to draw ({self.describe()}); look at `valid`, or at "
                "`alpha`, before asking for its curve."
            )
        distance = np.log(n) - math.log(self.pivot)
        line = math.log(self.pivot_value) - self.alpha * distance
        return self.pivot_error, self.alpha_error, line, distance


def _narrow(fit: PowerLawFit) -> str:
    low, high = fit.window or (math.nan, math.nan)
    return (
        f"too narrow: N_D from {low:.6g} to {high:.6g}, and an exponent needs a factor "
        f"{MIN_FACTOR:g}"
    )


def _rising(fit: PowerLawFit) -> str:
    power = None if fit.alpha is None else -fit.alpha
    return f"not falling: exponent of N_D is {format_value(power, fit.alpha_error)}"


_IN_WORDS: Mapping[Finding, Callable[[PowerLawFit], str]] = {
    Finding.TOO_FEW_POINTS: lambda fit: (
        f"too few points: {fit.n_points}, and an exponent needs {MIN_POINTS}"
    ),
    Finding.NON_POSITIVE: lambda fit: (  # noqa: ARG005 (one interface for all)
        "no power law: the curve has values that are zero or negative"
    ),
    Finding.NARROW_RANGE: _narrow,
    Finding.CONSTANT: lambda fit: "constant: all values are equal",  # noqa: ARG005
    Finding.FLAT: lambda fit: f"flat: α = {format_value(fit.alpha, fit.alpha_error)}",
    Finding.RISING: _rising,
    Finding.BENDING: lambda fit: (
        f"still bending: local exponent {fit.alpha_first:.2f} → {fit.alpha_last:.2f}"
    ),
    Finding.NOT_A_POWER_LAW: lambda fit: (  # noqa: ARG005
        "not a power law: the points scatter too far from a straight line"
    ),
}
"""Why no exponent can be quoted, the finding that is told first."""


def fit_power_law(
    n_train: Numbers,
    values: Numbers,
    errors: Numbers | None = None,
    window: Window | None = None,
    words: Wording = OVER_SIZES,
) -> PowerLawFit:
    """Fit ``q = A n^-alpha`` and say whether the curve is such a law.

    Weighted least squares of ``ln q = ln A - alpha ln n`` with weights ``(q / error)^2``; equal
    weights without errors. No point counts as more precise than the median of the five points
    round it: the errors of few draws are uncertain themselves. Points are taken as independent;
    nested training subsets are not, and the scatter of alpha over single draws is then larger.
    The flags, of which all but the last two invalidate:

    - ``too_few_points``: fewer than 4 in the window (below 3 there is no alpha at all);
    - ``narrow_range``: N_D spans less than a factor 4;
    - ``non_positive``: values that are zero or negative; the others are fitted;
    - ``constant``: all values equal; ``rising``: alpha is zero or negative; ``flat``: alpha is
      positive, but below 0.005 or below two of its standard errors;
    - ``bending``: the local exponent changes across the window by more than 15 % of alpha and more
      than 0.03, and by more than 2.6 of its standard errors;
    - ``not_a_power_law``: the points leave the line by more than their errors (p < 0.01 of chi2)
      and by more than 1.5 %; without errors by more than 5 %;
    - ``missing_points``, ``missing_errors``: how many were left out, or given a typical error.

    Args:
        n_train: training set sizes N_D, increasing [examples].
        values: the quantity at each; None or NaN where there is none.
        errors: standard errors over draws in the same unit, or None for a single draw.
        window: smallest and largest N_D to use; None for all.
        words: for the flags, where the curve is over something else than N_D.

    Raises:
        SpecError: if lengths differ, n_train is not positive and increasing, an error is negative,
            or the window is reversed or holds no point. Whatever the data are, they do not raise.
    """
    with np.errstate(all="ignore"):  # values may span the whole range of a float
        curve = read_curve(n_train, values, errors)
        return _fit(curve.points(window, words), _local_exponents(curve), words)


def asymptotic_window(
    n_train: Numbers, values: Numbers, errors: Numbers | None = None
) -> Window | None:
    """The widest window, ending at the largest N_D with a value, whose power law is valid.

    At least 4 points and a factor 4 in N_D; None if there is none. Noise hides bending, so noisier
    curves give wider windows. Arguments and errors raised as :func:`fit_power_law`.
    """
    with np.errstate(all="ignore"):
        curve = read_curve(n_train, values, errors)
        for start in range(len(curve.n) - MIN_POINTS + 1):
            points = curve.points((curve.n[start], np.inf))
            if len(points.n) < MIN_POINTS or points.factor < MIN_FACTOR:
                return None
            if _fit(points, ()).valid:
                return points.window
        return None


def _fit(
    points: Points, local: tuple[LocalExponent, ...], words: Wording = OVER_SIZES
) -> PowerLawFit:
    line = fit_polynomial(points.x, points.y, points.error, degree=1)
    alpha = alpha_error = interval = pivot = pivot_value = pivot_error = None
    amplitude = amplitude_error = r_squared = None
    constant = _is_constant(points)
    first, last, drift_error = _drift(points)
    drift = None if first is None or last is None else last - first
    if line is not None:
        alpha = 0.0 if constant else float(-line.coefficients[1] / line.half)
        error = math.sqrt(line.covariance[1, 1]) / line.half
        half_width = line.half_width(1) / line.half
        if _is_significant(drift, drift_error) and drift is not None:
            # The curve is no line: its exponents are spread evenly over |drift|, and more points
            # on it do not make that smaller.
            error = math.hypot(error, abs(drift) / math.sqrt(12))
            half_width = math.hypot(half_width, drift / 2)
        alpha_error = finite(error)
        interval = (alpha - half_width, alpha + half_width)
        pivot = finite(np.exp(line.center))
        pivot_value = finite(np.exp(line.coefficients[0]))
        pivot_error = math.sqrt(line.covariance[0, 0])
        amplitude = finite(np.exp(line.coefficients[0] + alpha * line.center))
        if amplitude is not None:
            amplitude_error = finite(amplitude * math.hypot(pivot_error, error * line.center))
        r_squared = _r_squared(points, line)
    flags = (
        *points.flags,
        *_findings(points, line, constant, alpha, first, last, drift_error, words),
        *flat_flag(alpha, alpha_error, words),
    )
    return PowerLawFit(
        amplitude=amplitude,
        amplitude_error=amplitude_error,
        alpha=alpha,
        alpha_error=alpha_error,
        alpha_interval=interval,
        pivot=pivot,
        pivot_value=pivot_value,
        pivot_error=pivot_error,
        window=points.window,
        n_points=len(points.n),
        chi2=None if line is None or line.chi2 is None else finite(line.chi2),
        dof=None if line is None else line.dof,
        r_squared=r_squared,
        alpha_first=first,
        alpha_last=last,
        drift=drift,
        drift_error=drift_error,
        local=local,
        flags=flags,
        valid=line is not None and is_valid(flags),
    )


def flat_flag(
    alpha: float | None, error: float | None, words: Wording = OVER_SIZES
) -> tuple[Flag, ...]:
    """The flag ``flat`` for a positive alpha that is no exponent, or nothing."""
    if alpha is None or error is None or alpha <= 0:
        return ()
    if alpha >= max(MIN_ALPHA, MIN_SIGNIFICANCE * error):
        return ()
    return (
        Flag(
            Finding.FLAT,
            f"{words.alpha} is {format_value(alpha, error)}; an exponent is quoted from "
            f"{MIN_ALPHA:g} on and from {MIN_SIGNIFICANCE:g} of its standard errors on.",
        ),
    )


def _findings(
    points: Points,
    line: Polynomial | None,
    constant: bool,
    alpha: float | None,
    first: float | None,
    last: float | None,
    drift_error: float | None,
    words: Wording,
) -> tuple[Flag, ...]:
    flags = []
    count = len(points.n)
    if count < MIN_POINTS:
        flags.append(
            Flag(
                Finding.TOO_FEW_POINTS,
                f"{count} usable points in the window; an exponent and its error need at least "
                f"{MIN_POINTS}.",
            )
        )
    if points.factor < MIN_FACTOR:
        window = points.window or (math.nan, math.nan)
        span = f"from {window[0]:.6g} to {window[1]:.6g}, " if count else ""
        flags.append(
            Flag(
                Finding.NARROW_RANGE,
                f"{words.axis} spans {span}a factor {points.factor:.3g}; an exponent needs at "
                f"least {MIN_FACTOR:g}.",
            )
        )
    if constant:
        flags.append(
            Flag(Finding.CONSTANT, f"All {count} values equal {math.exp(points.y[0]):.6g}.")
        )
    if line is None or alpha is None:
        return tuple(flags)
    if alpha <= 0 and not constant:
        flags.append(
            Flag(
                Finding.RISING,
                f"{words.does} not fall: it goes as {words.axis}^{-alpha:+.3g} on average.",
            )
        )
    if first is not None and last is not None and drift_error is not None:
        drift = last - first
        material = abs(drift) > max(MAX_RELATIVE_DRIFT * abs(alpha), MAX_DRIFT)
        if material and _is_significant(drift, drift_error):
            flags.append(
                Flag(
                    Finding.BENDING,
                    f"The local exponent goes from {first:.3g} at {words.axis} = {points.n[0]:.6g} "
                    f"to {last:.3g} at {words.axis} = {points.n[-1]:.6g}, a change of "
                    f"{format_value(drift, drift_error)}; one exponent may stand for at most "
                    f"{100 * MAX_RELATIVE_DRIFT:.0f} % of itself.",
                )
            )
    if line.chi2 is None and line.scatter > MAX_SCATTER_WITHOUT_ERRORS:
        flags.append(
            Flag(
                Finding.NOT_A_POWER_LAW,
                f"The points scatter by {100 * line.scatter:.2g} % round a straight line in "
                f"ln-ln; without errors at most {100 * MAX_SCATTER_WITHOUT_ERRORS:g} % is "
                "accepted.",
            )
        )
    p_value = line.p_value
    if p_value is not None and p_value < MIN_P_VALUE and line.scatter > MAX_SCATTER:
        flags.append(
            Flag(
                Finding.NOT_A_POWER_LAW,
                f"The points scatter by {100 * line.scatter:.2g} % round a straight line in "
                f"ln-ln, more than their errors explain: chi2 = {line.chi2:.4g} for {line.dof} "
                f"degrees of freedom, p = {p_value:.1g}.",
            )
        )
    return tuple(flags)


def _drift(points: Points) -> tuple[float | None, float | None, float | None]:
    """Local exponents at both ends of the window, from a quadratic; the error of their change."""
    curve = fit_polynomial(points.x, points.y, points.error, degree=2)
    if curve is None:
        return None, None, None
    _, slope, bend = curve.coefficients
    ends = (points.x[[0, -1]] - curve.center) / curve.half
    first, last = -(slope + 2 * bend * ends) / curve.half
    # The ends are two half-ranges apart: drift = -4 bend / half.
    error = 4 * math.sqrt(curve.covariance[2, 2]) / curve.half
    return finite(first), finite(last), finite(error)


def _is_significant(drift: float | None, error: float | None) -> bool:
    return drift is not None and error is not None and abs(drift) > DRIFT_SIGNIFICANCE * error


def _is_constant(points: Points) -> bool:
    if len(points.y) < 2:
        return False
    rounding = 4 * np.finfo(float).eps * max(1.0, float(np.abs(points.y).max()))
    return bool(np.ptp(points.y) <= rounding)


def _r_squared(points: Points, line: Polynomial) -> float | None:
    sigma = np.ones_like(points.y) if points.error is None else points.error
    weight = (sigma.min() / sigma) ** 2
    deviation = points.y - weight @ points.y / weight.sum()
    total = float(weight @ deviation**2)
    if total == 0 or _is_constant(points):
        return None
    return finite(1 - float(weight @ line.residuals**2) / total)


def _local_exponents(curve: CurveArrays) -> tuple[LocalExponent, ...]:
    points = curve.points()
    step = np.diff(points.x)
    alpha = -np.diff(points.y) / step
    middle = np.exp((points.x[1:] + points.x[:-1]) / 2)
    error = None
    if points.error is not None:
        error = np.hypot(points.error[1:], points.error[:-1]) / step
    return tuple(
        LocalExponent(
            float(middle[i]), float(alpha[i]), None if error is None else finite(error[i])
        )
        for i in range(len(step))
        if np.isfinite(alpha[i])
    )
