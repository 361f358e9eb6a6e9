"""How a quantity approaches its infinite-width value: an expansion in 1/width, or a power."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy import optimize, special

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.least_squares import half_interval
from ntk_uq.scaling.records import Finding, Flag, is_valid
from ntk_uq.scaling.width_fit import INFORM, WidthFit

Numbers = Sequence[int | float | None] | Real[np.ndarray, "n"]

MIN_WIDTHS = 3
"""Widths below which no law can be told from any other: two parameters and one to check."""

MIN_P_VALUE = 0.01
"""Probability of chi2 below which the points are not on the law."""

DROP_P_VALUE = 0.05
"""Probability below which the narrowest width is left out, its next order 1/w^2 being seen."""

POWERS = (0.2, 4.0)
"""Range of the power p where it is free."""

ONE_MORE = 1.0
"""Fall of chi2 from which on one more order is used: its term exceeds its standard error."""

_ERRORS = (1e-9, 1e3)
"""Relative errors beyond these say "exactly known" and "not known at all" just as well."""

_SPAN = 1e9

SIGNIFICANT = 2.0
"""Standard errors from which on a correction is told from none."""


@dataclass(frozen=True)
class _Points:
    w: Float[np.ndarray, "n"]
    q: Float[np.ndarray, "n"]
    error: Float[np.ndarray, "n"]
    flags: tuple[Flag, ...]


def fit_width_law(
    widths: Numbers,
    values: Numbers,
    errors: Numbers,
    theory: float | None = None,
    *,
    free_power: bool = False,
    highest: int = 1,
) -> WidthFit:
    """Weighted least squares of ``q(w) = q_inf (1 + c / w^p)``, or of an expansion in 1/w.

    Networks of different widths are independent, and so are the points. A point's error is its
    relative error times the law's value there, not times its own: of a few networks those whose
    spread came out small would otherwise count for more. The covariance is multiplied by
    ``max(1, chi2 / dof)``, and 95 % intervals are the wider of the Gaussian one with the errors as
    given and Student's with the scatter found.

    The narrower networks are, the more orders of 1/w show. With all widths the orders are tried
    from the first to the ``highest`` until the points lie on one (p >= 0.05) and the term of the
    next is within its standard error: a second order that is there but not seen would bias the
    first. If they lie on none, the narrowest width is left out, and so on, as long as one more
    point than needed remains.

    Args:
        widths: units of each hidden layer, increasing.
        values: the quantity at each width; None where there is none, which is left out.
        errors: its standard errors, positive; None where there is none, which is left out.
        theory: the infinite-width value, exact; with it only c (and p) are fitted.
        free_power: whether p is fitted too; otherwise p = 1. Of a power there is only one order.
        highest: order of 1/w that may be used, 1 or 2.

    Returns:
        The fit. The flags that forbid to quote it: ``too_few_widths``, ``constant`` (all values
        equal), ``no_spread`` (a value of zero), ``no_theory`` (not positive), ``not_the_law``
        (p < 0.01), ``power_undetermined`` (the correction is not told from none, or p runs to an
        end of its range).

    Raises:
        SpecError: if the lengths differ, or the widths are not positive and increasing.
    """
    points = _read(widths, values, errors)
    problem = _unusable(points, theory, free_power)
    if problem is not None:
        return _nothing(points, theory, (*points.flags, problem))
    # In units of the limit, or of a typical value: what is fitted is of order one.
    unit = float(np.median(points.q)) if theory is None else theory
    relative = np.clip(points.error / points.q, *_ERRORS)
    points = _Points(points.w, points.q / unit, relative * points.q / unit, points.flags)
    if not np.all((points.q > 1 / _SPAN) & (points.q < _SPAN)):
        reason = f"no law: the values are more than a factor {_SPAN:g} apart"
        return _nothing(points, theory, (*points.flags, Flag(Finding.NOT_THE_LAW, reason)))
    return _fit(points, unit, theory is not None, free_power, highest)


def _fit(points: _Points, unit: float, anchored: bool, free_power: bool, highest: int) -> WidthFit:
    theory = 1.0 if anchored else None
    tried: list[tuple[_Points, _Solution]] = []
    for start in range(len(points.w)):
        part = _Points(points.w[start:], points.q[start:], points.error[start:], points.flags)
        orders = [
            _solve(part, theory, free_power, order)
            for order in range(1, 2 if free_power else highest + 1)
            if len(part.w) >= _fewest(theory, free_power, order)
        ]
        tried += [(part, solution) for solution in orders]
        chosen = _lowest_order(orders)
        if chosen is not None:
            break
    else:
        part, chosen = max(tried, key=lambda pair: pair[1].p_value)
    return _record(_told(points, part), chosen, unit, theory, free_power)


def _lowest_order(orders: Sequence["_Solution"]) -> "_Solution | None":
    """The lowest order that the points lie on and that the next does not beat; None for none."""
    sound = [solution for solution in orders if solution.p_value >= DROP_P_VALUE]
    for solution, following in itertools.pairwise(sound):
        if solution.chi2 - following.chi2 <= ONE_MORE:
            return solution
    return sound[-1] if sound else None


def _fewest(theory: float | None, free_power: bool, order: int) -> int:
    """Points for a fit: one more than parameters."""
    return max(MIN_WIDTHS, (theory is None) + order + free_power + 1)


def _told(points: _Points, part: _Points) -> _Points:
    """The points of the fit, with a word about those that were left out."""
    lost = len(points.w) - len(part.w)
    if not lost:
        return part
    word = counted(lost, "narrowest width")
    reason = (
        f"The {word}, up to {points.w[lost - 1]:g}, are left out: the points bend away from the "
        "law there."
    )
    flags = (*part.flags, Flag(Finding.NARROW_WIDTHS_DROPPED, reason))
    return _Points(part.w, part.q, part.error, flags)


@dataclass(frozen=True)
class _Solution:
    """``q = a + b / w^p + b2 / w^2`` with the covariance of the fitted ones among (a, b, b2, p)."""

    a: float
    b: float
    b2: float
    p: float
    order: int
    covariance: Float[np.ndarray, "4 4"]
    chi2: float
    dof: int

    @property
    def p_value(self) -> float:
        return float(special.chdtrc(self.dof, self.chi2))

    @property
    def factor(self) -> float:
        """Half of a 95 % interval over the standard error, which the covariance has widened."""
        widened = math.sqrt(max(1.0, self.chi2 / self.dof))
        return half_interval(self.chi2, self.dof) / widened

    def error(self, gradient: Sequence[float]) -> float:
        """Standard error of a function of (a, b, b2, p) with that gradient."""
        g = np.array(gradient)
        return math.sqrt(max(float(g @ self.covariance @ g), 0.0))


def _solve(points: _Points, theory: float | None, free_power: bool, order: int) -> _Solution:
    relative, scale = points.error / points.q, points.q
    for _ in range(3):  # the weights follow the law; this settles at once where errors are small
        sigma = relative * scale
        power = _best_power(points, sigma, theory) if free_power else 1.0
        (a, *b), covariance, chi2 = _linear(points, sigma, theory, power, order)
        law = a + sum(b[k] * points.w ** -(power + k) for k in range(order))
        scale = np.maximum(law, 0.1 * points.q)
    if free_power:
        columns = [points.w**-power, -b[0] * np.log(points.w) * points.w**-power]  # dq/db, dq/dp
        if theory is None:
            columns.insert(0, np.ones_like(points.w))
        covariance = _covariance(np.stack(columns, 1) / sigma[:, None])
    where = [0] * (theory is None) + list(range(1, order + 1)) + [3] * free_power
    full = np.zeros((4, 4))
    full[np.ix_(where, where)] = covariance
    dof = len(points.w) - len(where)
    second = b[1] if order == 2 else 0.0
    full *= max(1.0, chi2 / dof)
    return _Solution(a, b[0], second, power, order, full, chi2, dof)


def _linear(
    points: _Points,
    sigma: Float[np.ndarray, "n"],
    theory: float | None,
    power: float,
    order: int = 1,
) -> tuple[list[float], Float[np.ndarray, "k k"], float]:
    """The best a, b (and b2) at a given power, the covariance of those fitted, and chi2."""
    x = points.w**-power
    columns = [x**k for k in range(0 if theory is None else 1, order + 1)]
    design = np.stack(columns, 1) / sigma[:, None]
    target = (points.q - (theory or 0.0)) / sigma
    # The columns differ by orders of magnitude; scaled, the problem is well conditioned.
    norms = np.linalg.norm(design, axis=0)
    solved = np.linalg.lstsq(design / norms, target, rcond=None)[0] / norms
    chi2 = float(np.sum((target - design @ solved) ** 2))
    values = [float(v) for v in solved]
    return values if theory is None else [theory, *values], _covariance(design), chi2


def _covariance(design: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "k k"]:
    """``(X' X)^-1`` of weighted columns of very different sizes."""
    norms = np.linalg.norm(design, axis=0)
    inverse = np.linalg.pinv(design / norms) / norms[:, None]
    return np.asarray(inverse @ inverse.T)


def _best_power(points: _Points, sigma: Float[np.ndarray, "n"], theory: float | None) -> float:
    """The power with the least chi2: the best of a grid, refined between its neighbours."""
    grid = np.linspace(*POWERS, 39)
    chi2 = [_linear(points, sigma, theory, p)[2] for p in grid]
    at = int(np.argmin(chi2))
    found = optimize.minimize_scalar(
        lambda p: _linear(points, sigma, theory, p)[2],
        bounds=(grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(found.x)


def _record(
    points: _Points, solution: _Solution, unit: float, theory: float | None, free_power: bool
) -> WidthFit:
    a, b, p = solution.a, solution.b, solution.p
    c, c_error = b / a, solution.error((-b / a**2, 1 / a, 0, 0))
    c2, c2_error = solution.b2 / a, solution.error((-solution.b2 / a**2, 0, 1 / a, 0))
    flags = list(points.flags)
    if solution.p_value < MIN_P_VALUE:
        flags.append(
            Flag(
                Finding.NOT_THE_LAW,
                f"not in the range of 1/width (χ² {solution.chi2:.3g} for {solution.dof})",
            )
        )
    if free_power:
        (_, slope), covariance, _ = _linear(points, points.error, theory, 1.0)
        unseen = abs(slope) < SIGNIFICANT * math.sqrt(covariance[-1, -1])
        at_end = not POWERS[0] + 0.01 < p < POWERS[1] - 0.01
        if unseen or at_end:
            why = (
                "the correction is not told from none"
                if unseen
                else f"p runs to the end of its range, {p:.2g}"
            )
            flags.append(Flag(Finding.POWER_UNDETERMINED, f"no power: {why}"))
    found = tuple(flags)
    half = solution.factor * c_error
    interval = (c - half, c + half)
    if free_power and c:
        spread = math.exp(min(half / abs(c), 50.0))
        interval = (min(c / spread, c * spread), max(c / spread, c * spread))
    second = solution.order == 2
    return WidthFit(
        anchored=theory is not None,
        order=solution.order,
        q_inf=a * unit,
        q_inf_error=math.sqrt(solution.covariance[0, 0]) * unit if theory is None else None,
        c=c,
        c_error=c_error,
        c_interval=interval,
        c2=c2 if second else None,
        c2_error=c2_error if second else None,
        correlation=_correlation(solution) if second else None,
        power=p,
        power_error=math.sqrt(solution.covariance[3, 3]) if free_power else None,
        factor=solution.factor,
        window=(float(points.w[0]), float(points.w[-1])),
        n_points=len(points.w),
        chi2=solution.chi2,
        dof=solution.dof,
        p_value=solution.p_value,
        flags=found,
        valid=is_valid(found, INFORM) and a > 0,
    )


def _correlation(solution: _Solution) -> float:
    """Of c and c2, both over the same a."""
    a = solution.a
    rows = np.array([(-solution.b / a**2, 1 / a, 0, 0), (-solution.b2 / a**2, 0, 1 / a, 0)])
    covariance = rows @ solution.covariance @ rows.T
    return float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]))


def _unusable(points: _Points, theory: float | None, free_power: bool) -> Flag | None:
    if theory is not None and not theory > 0:
        return Flag(
            Finding.NO_THEORY, f"the infinite-width value is {theory:g}, which has no ratio"
        )
    if np.any(points.q <= 0):
        at = points.w[points.q <= 0][0]
        return Flag(
            Finding.NO_SPREAD, f"the value at width {at:g} is not above zero: no ratio to fit"
        )
    fewest = _fewest(theory, free_power, 1)
    if len(points.w) < fewest:
        return Flag(
            Finding.TOO_FEW_WIDTHS,
            f"{len(points.w)} widths with a value and an error; this law needs {fewest}",
        )
    if np.ptp(points.q) == 0:
        return Flag(Finding.CONSTANT, f"all values equal {points.q[0]:.4g}")
    return None


_NUMBERS = (
    *("q_inf", "q_inf_error", "c", "c_error", "c_interval", "c2", "c2_error", "correlation"),
    *("power", "power_error", "factor"),
)


def _nothing(points: _Points, theory: float | None, flags: tuple[Flag, ...]) -> WidthFit:
    window = (float(points.w[0]), float(points.w[-1])) if len(points.w) else None
    return WidthFit(
        anchored=theory is not None,
        order=1,
        **dict.fromkeys(_NUMBERS),
        window=window,
        n_points=len(points.w),
        chi2=None,
        dof=0,
        p_value=None,
        flags=flags,
        valid=False,
    )


def _read(widths: Numbers, values: Numbers, errors: Numbers) -> _Points:
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
        flags = (Flag(Finding.MISSING_POINTS, reason),)
    return _Points(w[usable], q[usable], e[usable], flags)


def refit_width_law(
    fit: WidthFit,
    widths: Float[np.ndarray, "n"],
    values: Float[np.ndarray, "b n"],
    errors: Float[np.ndarray, "n"],
) -> Float[np.ndarray, "b"]:
    """The correction c of many resampled curves at once, with a fit's order and equal weights.

    Args:
        fit: with p = 1; its order, and its limit where that is the theory's, are kept.
        widths: those of its window.
        values: (b, n), a resampled curve a row.
        errors: standard errors of the curve that was resampled.
    """
    first = 1 if fit.anchored else 0
    x = widths.min() / widths
    design = np.stack([x**k for k in range(first, fit.order + 1)], 1)
    solve = np.linalg.pinv(design / errors[:, None]) / errors
    limit = fit.q_inf if fit.anchored and fit.q_inf else 0.0
    solved = (values - limit) @ solve.T
    a = limit if fit.anchored else solved[:, 0]
    return np.asarray(solved[:, 1 - first] * widths.min() / a)
