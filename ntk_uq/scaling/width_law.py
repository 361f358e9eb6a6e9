"""How a quantity approaches its infinite-width value: ``q(w) = q_inf (1 + c / w^p)``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import optimize, special

from ntk_uq.errors import SpecError
from ntk_uq.scaling.least_squares import GAUSSIAN_95, student_quantile
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.records import Flag, Record, is_valid

MIN_WIDTHS = 3
"""Widths below which no law can be told from any other: two parameters and one to check."""

MIN_P_VALUE = 0.01
"""Probability of chi2 below which the points are not on the law."""

DROP_P_VALUE = 0.05
"""Probability below which the narrowest width is left out, its next order 1/w^2 being seen."""

POWERS = (0.2, 4.0)
"""Range of the power p where it is free."""

SIGNIFICANT = 2.0
"""Standard errors from which on a correction is told from none."""


@dataclass(frozen=True)
class WidthFit(Record):
    """``q(w) = q_inf (1 + c / w^p)`` fitted to widths w.

    Attributes:
        anchored: whether q_inf is the theory's value, and only c (and p) were fitted.
        q_inf, q_inf_error: the value at infinite width, in the quantity's unit; the error is None
            where it is the theory's.
        c, c_error: the correction, in units of width^p. c_interval: its 95 % interval; with a free
            power it is that of ln |c|, which c and p, closely correlated, leave nearer to normal.
        power, power_error: p; the error is None where p = 1 was imposed.
        factor: half of a 95 % interval over the standard error, see :func:`fit_width_law`.
        window: narrowest and widest w in the fit. n_points: how many.
        chi2, dof: of the fit. p_value: the probability of a larger chi2.
        flags: findings; ``valid`` is False where one of them forbids to quote the fit.
    """

    anchored: bool
    q_inf: float | None
    q_inf_error: float | None
    c: float | None
    c_error: float | None
    c_interval: tuple[float, float] | None
    power: float | None
    power_error: float | None
    factor: float | None
    window: tuple[float, float] | None
    n_points: int
    chi2: float | None
    dof: int
    p_value: float | None
    flags: tuple[Flag, ...]
    valid: bool

    def predict(self, widths: Sequence[float] | Float[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """``q(w)``.

        Raises:
            SpecError: if there is no fit, or a width is not positive.
        """
        w = np.asarray(widths, dtype=float)
        if not np.all(w > 0):
            raise SpecError("A width is zero or negative; widths must be positive.")
        if self.q_inf is None or self.c is None or self.power is None:
            raise SpecError(f"There is no law to draw ({self.describe()}).")
        return self.q_inf * (1 + self.c * w**-self.power)

    def describe(self) -> str:
        """One line: ``c = 12.3 ± 0.4`` with q_inf and p where they were fitted, or why not."""
        if not self.valid:
            return "; ".join(flag.reason for flag in self.flags if flag.name not in _INFORM)
        parts = [f"c = {format_value(self.c, self.c_error)}"]
        if not self.anchored:
            parts.insert(0, f"q_inf = {format_value(self.q_inf, self.q_inf_error)}")
        if self.power_error is not None:
            parts.append(f"p = {format_value(self.power, self.power_error)}")
        return ", ".join(parts)


_INFORM = frozenset({"missing_points", "narrow_widths_dropped"})


@dataclass(frozen=True)
class _Points:
    w: Float[np.ndarray, "n"]
    q: Float[np.ndarray, "n"]
    error: Float[np.ndarray, "n"]
    flags: tuple[Flag, ...]


def fit_width_law(
    widths: Sequence[float],
    values: Sequence[float | None],
    errors: Sequence[float | None],
    theory: float | None = None,
    *,
    free_power: bool = False,
) -> WidthFit:
    """Weighted least squares of ``q(w) = q_inf (1 + c / w^p)``.

    Networks of different widths are independent, and so are the points. A point's error is its
    relative error times the law's value there, not times its own: of a few networks those whose
    spread came out small would otherwise count for more. The covariance is multiplied by
    ``max(1, chi2 / dof)``, and 95 % intervals are the wider of the Gaussian one with the errors as
    given and Student's with the scatter found. The law is the first order in 1/w; the narrowest
    widths are left out, one by one, as long as the points leave it (p < 0.05) and more than three
    remain.

    Args:
        widths: units of each hidden layer, increasing.
        values: the quantity at each width; None where there is none, which is left out.
        errors: its standard errors, positive; None where there is none, which is left out.
        theory: the infinite-width value, exact; with it only c (and p) are fitted.
        free_power: whether p is fitted too; otherwise p = 1.

    Returns:
        The fit. The flags that forbid to quote it: ``too_few_widths``, ``constant`` (all values
        equal), ``no_spread`` (a value of zero), ``no_theory`` (not positive), ``not_the_law``
        (p < 0.01), ``power_undetermined`` (the correction is not told from none, or p runs to an
        end of its range).

    Raises:
        SpecError: if the lengths differ, or the widths are not positive and increasing.
    """
    points = _read(widths, values, errors)
    wanted = (theory is None) + 1 + free_power
    problem = _unusable(points, wanted, theory)
    if problem is not None:
        return _nothing(points, theory, (*points.flags, problem))
    fewest = max(MIN_WIDTHS, wanted + 1)
    start = 0
    while True:
        part = _Points(points.w[start:], points.q[start:], points.error[start:], points.flags)
        solution = _solve(part, theory, free_power)
        if solution.p_value >= DROP_P_VALUE or len(part.w) <= fewest:
            break
        start += 1
    if start:
        word = f"{start} narrowest width{'s' * (start > 1)}"
        reason = (
            f"The {word}, up to {points.w[start - 1]:g}, are left out: the points bend away from "
            "the first order in 1/width there."
        )
        part = _Points(
            part.w, part.q, part.error, (*part.flags, Flag("narrow_widths_dropped", reason))
        )
    return _record(part, solution, theory, free_power)


@dataclass(frozen=True)
class _Solution:
    """``q = a + b / w^p`` with the covariance of the fitted ones among (a, b, p)."""

    a: float
    b: float
    p: float
    covariance: Float[np.ndarray, "3 3"]
    chi2: float
    dof: int

    @property
    def p_value(self) -> float:
        return float(special.chdtrc(self.dof, self.chi2))

    @property
    def factor(self) -> float:
        """Half of a 95 % interval over the standard error, which the covariance has widened."""
        widened = math.sqrt(max(1.0, self.chi2 / self.dof))
        found = student_quantile(self.dof, 0.95) * math.sqrt(self.chi2 / self.dof)
        return max(GAUSSIAN_95, found) / widened


def _solve(points: _Points, theory: float | None, free_power: bool) -> _Solution:
    relative = points.error / points.q
    scale = points.q
    for _ in range(3):  # the weights follow the law; this settles at once where errors are small
        sigma = relative * np.abs(scale)
        power = _best_power(points, sigma, theory) if free_power else 1.0
        a, b, covariance, chi2 = _line(points, sigma, theory, power)
        scale = np.maximum(a + b * points.w**-power, 0.1 * points.q)
    dof = len(points.w) - (theory is None) - 1 - free_power
    full = np.zeros((3, 3))
    if free_power:
        slope = -b * np.log(points.w) * points.w**-power  # dq/dp
        columns = [points.w**-power, slope]
        if theory is None:
            columns.insert(0, np.ones_like(points.w))
        inverse = np.linalg.pinv(np.stack(columns, 1) / sigma[:, None])
        which = [0, 1, 2] if theory is None else [1, 2]
        full[np.ix_(which, which)] = inverse @ inverse.T
    else:
        full[:2, :2] = covariance
    widened = full * max(1.0, chi2 / dof)
    return _Solution(a, b, power, widened, chi2, dof)


def _line(
    points: _Points, sigma: Float[np.ndarray, "n"], theory: float | None, power: float
) -> tuple[float, float, Float[np.ndarray, "2 2"], float]:
    """The best a and b at a given power, their covariance, and chi2."""
    x = points.w**-power
    if theory is None:
        design = np.stack([np.ones_like(x), x], 1) / sigma[:, None]
        target = points.q / sigma
    else:
        design, target = (x / sigma)[:, None], (points.q - theory) / sigma
    # The columns differ by orders of magnitude, and only then is the problem well conditioned.
    norms = np.linalg.norm(design, axis=0)
    inverse = np.linalg.pinv(design / norms) / norms[:, None]
    solved = inverse @ target
    chi2 = float(np.sum((target - design @ solved) ** 2))
    covariance = inverse @ inverse.T
    if theory is None:
        return float(solved[0]), float(solved[1]), covariance, chi2
    full = np.zeros((2, 2))
    full[1, 1] = covariance[0, 0]
    return theory, float(solved[0]), full, chi2


def _best_power(points: _Points, sigma: Float[np.ndarray, "n"], theory: float | None) -> float:
    """The power with the least chi2: the best of a grid, refined between its neighbours."""
    grid = np.linspace(*POWERS, 39)
    chi2 = [_line(points, sigma, theory, p)[3] for p in grid]
    at = int(np.argmin(chi2))
    found = optimize.minimize_scalar(
        lambda p: _line(points, sigma, theory, p)[3],
        bounds=(grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(found.x)


def _record(
    points: _Points, solution: _Solution, theory: float | None, free_power: bool
) -> WidthFit:
    a, b, p = solution.a, solution.b, solution.p
    # c = b / a: the relative errors' propagation.
    gradient = np.array([-b / a**2, 1 / a, 0.0])
    c_error = math.sqrt(max(float(gradient @ solution.covariance @ gradient), 0.0))
    b_error = math.sqrt(solution.covariance[1, 1])
    flags = list(points.flags)
    if solution.p_value < MIN_P_VALUE:
        flags.append(
            Flag(
                "not_the_law",
                f"not on the law: chi2 = {solution.chi2:.3g} for {solution.dof} degrees of "
                f"freedom, p = {solution.p_value:.1g}; wider networks may be",
            )
        )
    if free_power:
        fixed = _line(points, points.error, theory, 1.0)
        unseen = abs(fixed[1]) < SIGNIFICANT * math.sqrt(fixed[2][1, 1])
        at_end = not POWERS[0] + 0.01 < p < POWERS[1] - 0.01
        if unseen or at_end:
            why = (
                "the correction is not told from none"
                if unseen
                else f"p runs to the end of its range, {p:.2g}"
            )
            flags.append(Flag("power_undetermined", f"no power: {why}"))
    found = tuple(flags)
    c, c_error = b / a, c_error if theory is None else b_error / a
    half = solution.factor * c_error
    interval = (c - half, c + half)
    if free_power and c:
        spread = math.exp(min(half / abs(c), 50.0))
        interval = (min(c / spread, c * spread), max(c / spread, c * spread))
    return WidthFit(
        anchored=theory is not None,
        q_inf=a,
        q_inf_error=math.sqrt(solution.covariance[0, 0]) if theory is None else None,
        c=c,
        c_error=c_error,
        c_interval=interval,
        power=p,
        power_error=math.sqrt(solution.covariance[2, 2]) if free_power else None,
        factor=solution.factor,
        window=(float(points.w[0]), float(points.w[-1])),
        n_points=len(points.w),
        chi2=solution.chi2,
        dof=solution.dof,
        p_value=solution.p_value,
        flags=found,
        valid=_may_be_quoted(found) and a > 0,
    )


def _may_be_quoted(flags: tuple[Flag, ...]) -> bool:
    return is_valid(tuple(flag for flag in flags if flag.name not in _INFORM))


def _unusable(points: _Points, wanted: int, theory: float | None) -> Flag | None:
    if theory is not None and not theory > 0:
        return Flag("no_theory", f"the infinite-width value is {theory:g}, which has no ratio")
    if np.any(points.q <= 0):
        at = points.w[points.q <= 0][0]
        return Flag("no_spread", f"the value at width {at:g} is zero: nothing to be relative to")
    fewest = max(MIN_WIDTHS, wanted + 1)
    if len(points.w) < fewest:
        return Flag(
            "too_few_widths",
            f"{len(points.w)} widths with a value and an error; this law needs {fewest}",
        )
    if np.ptp(points.q) == 0:
        return Flag("constant", f"all values equal {points.q[0]:.4g}")
    return None


_NUMBERS = ("q_inf", "q_inf_error", "c", "c_error", "c_interval", "power", "power_error", "factor")


def _nothing(points: _Points, theory: float | None, flags: tuple[Flag, ...]) -> WidthFit:
    window = (float(points.w[0]), float(points.w[-1])) if len(points.w) else None
    return WidthFit(
        anchored=theory is not None,
        **dict.fromkeys(_NUMBERS),
        window=window,
        n_points=len(points.w),
        chi2=None,
        dof=0,
        p_value=None,
        flags=flags,
        valid=False,
    )


def _read(
    widths: Sequence[float], values: Sequence[float | None], errors: Sequence[float | None]
) -> _Points:
    if not len(widths) == len(values) == len(errors):
        raise SpecError(
            f"There are {len(widths)} widths, {len(values)} values and {len(errors)} errors; give "
            "one value and one error for each width, None where there is none."
        )
    w = np.asarray(widths, dtype=float)
    if np.any(~(w > 0)) or np.any(np.diff(w) <= 0):
        raise SpecError(f"The widths are {list(widths)}; they must be positive and increasing.")
    q = np.array([math.nan if v is None else v for v in values], dtype=float)
    e = np.array([math.nan if v is None else v for v in errors], dtype=float)
    usable = np.isfinite(q) & np.isfinite(e) & ((e > 0) | (q == 0))
    flags: tuple[Flag, ...] = ()
    if not usable.all():
        lost = int(np.sum(~usable))
        reason = f"{lost} of {len(w)} widths have no value, or no error, and are left out."
        flags = (Flag("missing_points", reason),)
    return _Points(w[usable], q[usable], e[usable], flags)


def refit(
    widths: Float[np.ndarray, "n"],
    values: Float[np.ndarray, "b n"],
    errors: Float[np.ndarray, "n"],
    theory: float | None,
) -> Float[np.ndarray, "b"]:
    """The correction c of many resampled curves at once, with p = 1 and the same weights for all.

    Args:
        widths: those of a fit's window.
        values: (b, n), a resampled curve a row.
        errors: standard errors of the curve that was resampled.
        theory: the infinite-width value, or None where it is fitted.
    """
    x = 1 / widths
    if theory is not None:
        weight = x / errors**2
        return np.asarray((values - theory) @ weight / (weight @ x) / theory)
    solved = np.linalg.pinv(np.stack([np.ones_like(x), x / x.max()], 1) / errors[:, None])
    a, b = solved @ (values / errors).T
    return np.asarray(b / x.max() / a)


@dataclass(frozen=True)
class NeededWidth(Record):
    """The width from which on a quantity is within a tolerance of its infinite-width value.

    Attributes:
        tolerance: the relative distance that is allowed.
        width: ``(|c| / tolerance)^(1/p)``, or None where it is not determined. low, high: its
            95 % interval.
        beyond: whether that is wider than any network measured: an extrapolation.
        words: the answer as a sentence.
    """

    tolerance: float
    width: float | None
    low: float | None
    high: float | None
    beyond: bool
    words: str


def needed_width(fit: WidthFit, tolerance: float) -> NeededWidth:
    """How wide networks must be for ``|q(w) / q_inf - 1| <= tolerance``.

    From a fit with p = 1: ``w = |c| / tolerance``, whose interval is that of ``|c|``. Where c is
    not told from zero, only the upper end is known. Below the narrowest width of the fit the law
    was not tested, and the answer is that width at most.

    Raises:
        SpecError: if the tolerance is not above 0 and below 1, or p was free.
    """
    if fit.power_error is not None:
        raise SpecError("The power was fitted; ask for the width from the fit with 1 / width.")
    if not 0 < tolerance < 1:
        raise SpecError(f"The tolerance is {tolerance:g}; it must be above 0 and below 1.")
    if not fit.valid or fit.c is None or fit.c_interval is None or fit.window is None:
        return NeededWidth(tolerance, None, None, None, False, f"not known: {fit.describe()}")
    ends = sorted(abs(end) for end in fit.c_interval)
    if fit.c_interval[0] <= 0 <= fit.c_interval[1]:
        ends[0] = 0.0
    width, low, high = (size / tolerance for size in (abs(fit.c), *ends))
    narrowest, widest = fit.window
    beyond = high > widest
    if high <= narrowest:
        words = f"at most {narrowest:g}, the narrowest width of the fit"
    elif low == 0.0:
        words = f"at most {_rounded(high)} (95 %): the correction is not told from none"
    else:
        words = f"{_rounded(width)} (95 %: {_rounded(low)} to {_rounded(high)})"
    if beyond and high > narrowest:
        words += f"; wider than any measured, {widest:g}"
    return NeededWidth(tolerance, width, low, high, beyond, words)


def _rounded(width: float) -> str:
    """A width to two digits, and never below 1."""
    return f"{float(f'{max(width, 1.0):.2g}'):,.0f}"
