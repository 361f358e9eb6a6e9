"""One law fitted to the points of a curve: its parameters, how good it is, and why if it is not."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from scipy import special

from ntk_uq.base.counting import counted
from ntk_uq.scaling.curve import Points
from ntk_uq.scaling.law_record import INFORM, Fitted, LawFit, Parameter
from ntk_uq.scaling.laws import ALL, Frame, Law
from ntk_uq.scaling.noise import Noise
from ntk_uq.scaling.nonlinear import Problem, Solution, gradient, interval, solve
from ntk_uq.scaling.power_law import (
    MAX_SCATTER,
    MAX_SCATTER_WITHOUT_ERRORS,
    MIN_FACTOR,
    MIN_P_VALUE,
)
from ntk_uq.scaling.records import Finding, Flag, is_valid, names

_NAMES = {"q_0": "q_0", "A": "A", "α": "alpha", "q_∞": "q_inf"} | {
    "α₁": "alpha_1",
    "α₂": "alpha_2",
    "n_b": "n_break",
}


def fit_law(name: str, points: Points, noise: Noise | None) -> Fitted:
    """One law, weighted least squares of ln q; what speaks against it is in its flags.

    Args:
        name: of the law.
        points: the points of the window.
        noise: their covariance; None for fewer than two points.
    """
    law = ALL[name]
    count = len(points.n)
    # Without errors the scatter is one more parameter.
    size = law.size + (0 if noise is None or noise.known else 1)
    obstacles = _obstacles(law, points, size)
    if obstacles or noise is None:
        return Fitted(_unavailable(law, points, (*points.flags, *obstacles)), None, None)
    problem = Problem(law, Frame.of(points.x), points.x, points.y, noise.whiten, noise.known)
    solution = solve(problem)
    if solution.covariance is None or not np.isfinite(solution.theta).all():
        flag = Flag(Finding.SINGULAR, "The points do not determine the parameters of this law.")
        return Fitted(_unavailable(law, points, (*points.flags, flag)), None, None)
    dof = count - law.size
    residuals = points.y - law.values(problem.at, solution.theta[None], points.x)[0]
    scatter = math.sqrt(float(residuals @ residuals) / dof)
    p_value = _p_value(solution.chi2, dof, noise)
    parameters = _parameters(problem, solution, noise, dof)
    flags = (
        *points.flags,
        *_findings(law, problem, solution, parameters, points),
        *_badness(law, solution.chi2, dof, p_value, scatter, noise),
    )
    rises = Finding.RISING in names(flags)
    fit = LawFit(
        law=law.name,
        title=law.title,
        formula=law.formula,
        parameters=() if rises else parameters,
        window=points.window,
        n_points=count,
        chi2=solution.chi2 if noise.known else None,
        dof=dof,
        p_value=p_value,
        scatter=scatter,
        aicc=None if rises else information(solution.chi2, size, count, noise, points.y),
        delta=None,
        weight=None,
        flags=flags,
        available=not rises,
        valid=is_valid(flags, INFORM),
        theta=() if rises else tuple(map(float, solution.theta)),
        frame=None if rises else dataclasses.astuple(problem.at),
    )
    return Fitted(fit, None, None) if rises else Fitted(fit, problem, solution)


def information(
    chi2: float, size: int, count: int, noise: Noise, y: Float[np.ndarray, "n"]
) -> float:
    """Akaike's criterion with the correction for few points (Hurvich and Tsai, Biometrika 76
    (1989) 297): ``-2 ln L + 2 k + 2 k (k + 1) / (N - k - 1)``.

    ``-2 ln L`` is chi2 for errors that are known, ``(nu + n) ln(1 + chi2 / nu)`` for errors from
    draws, whose common scale is known with nu degrees of freedom only, and ``n ln(RSS / n)``
    without errors, where the scatter is the k-th parameter. N is the number of points, and nu more
    for errors from draws: the correction is for a scale that is little known.
    """
    informed = float(count)
    if not noise.known:
        least = count * _rounding(y) ** 2
        likelihood = count * math.log(max(chi2, least) / count)
    elif math.isinf(noise.dof):
        likelihood = chi2
    else:
        informed += noise.dof
        likelihood = informed * math.log1p(chi2 / noise.dof)
    return likelihood + 2 * size + 2 * size * (size + 1) / (informed - size - 1)


def akaike_weights(aicc: Sequence[float]) -> Float[np.ndarray, "l"]:
    """``exp(-(AICc - least) / 2)`` over its sum: how much speaks for each law among these."""
    relative = np.exp(-(np.array(aicc) - min(aicc, default=0.0)) / 2)
    return np.asarray(relative / relative.sum())


def threshold(level: float, chi2: float, dof: int, noise: Noise) -> float:
    """How far chi2 may exceed its minimum within the central interval of that level.

    The square of Student's t: with the degrees of freedom of the errors' own scale (infinite for
    errors that are given, which makes it the normal quantile), or with those of the fit where its
    scatter sets the scale, whichever is wider.
    """
    found = float(special.stdtrit(dof, 0.5 + level / 2)) ** 2 * chi2 / dof
    if not noise.known:
        return found
    given = special.ndtri(0.5 + level / 2)
    if math.isfinite(noise.dof):
        given = special.stdtrit(noise.dof, 0.5 + level / 2)
    return max(float(given) ** 2, found)


def scale(chi2: float, dof: int, noise: Noise) -> float:
    """The factor of the covariance: the scatter found, at least 1 where there are errors."""
    return max(chi2 / dof, 1.0) if noise.known else chi2 / dof


def _rounding(y: Float[np.ndarray, "n"]) -> float:
    return 4 * float(np.finfo(float).eps) * max(1.0, float(np.abs(y).max()))


def _p_value(chi2: float, dof: int, noise: Noise) -> float | None:
    if not noise.known:
        return None
    if math.isinf(noise.dof):
        return float(special.chdtrc(dof, chi2))
    return float(special.fdtrc(dof, noise.dof, chi2 / dof))


def _obstacles(law: Law, points: Points, size: int) -> tuple[Flag, ...]:
    count = len(points.n)
    flags = []
    if count < size + 2:
        flags.append(
            Flag(
                Finding.TOO_FEW_POINTS,
                f"{count} usable points; this law has {counted(size, 'unknown')}"
                f"{' with the scatter' if size > law.size else ''} and needs at least {size + 2}.",
            )
        )
    elif points.factor < MIN_FACTOR:
        flags.append(
            Flag(
                Finding.NARROW_RANGE,
                f"N_D spans a factor {points.factor:.3g}; a law needs at least {MIN_FACTOR:g}.",
            )
        )
    elif np.ptp(points.y) <= _rounding(points.y):
        flags.append(
            Flag(Finding.CONSTANT, f"All {count} values equal {math.exp(points.y[0]):.6g}.")
        )
    return tuple(flags)


def _unavailable(law: Law, points: Points, flags: tuple[Flag, ...]) -> LawFit:
    nothing = (None,) * 6
    chi2, p_value, scatter, aicc, delta, weight = nothing
    return LawFit(
        law.name,
        law.title,
        law.formula,
        (),
        points.window,
        len(points.n),
        chi2,
        max(len(points.n) - law.size, 0),
        p_value,
        scatter,
        aicc,
        delta,
        weight,
        flags,
        available=False,
        valid=False,
    )


def _parameters(
    problem: Problem, solution: Solution, noise: Noise, dof: int
) -> tuple[Parameter, ...]:
    law = problem.law
    limit = threshold(0.95, solution.chi2, dof, noise)
    factor = scale(solution.chi2, dof, noise)
    assert solution.covariance is not None
    out = []
    for index, symbol in enumerate(law.symbols):
        quantity = quoted(problem, index)
        value = float(quantity(solution.theta[None])[0])
        slope = gradient(quantity, solution.theta[None])[0]
        slope = np.where(solution.at_bound | ~np.isfinite(slope), 0.0, slope)
        error = math.sqrt(max(float(slope @ solution.covariance @ slope) * factor, 0.0))
        ends = interval(solution, quantity, limit)
        shown: float | None = error
        if symbol == "q_∞":
            # An offset is no negative number; at zero it has an upper end and no standard error.
            ends = None if ends is None else (max(ends[0], 0.0), ends[1])
            shown = None if solution.at_bound[2] else error
        if symbol == "n_b" and solution.at_bound[3]:
            shown = None
        if symbol in law.logarithmic:
            with np.errstate(all="ignore"):
                value = float(np.exp(value))
                shown = None if shown is None else value * error
                ends = None if ends is None else tuple(map(float, np.exp(ends)))  # type: ignore[assignment]
        finite = shown is not None and math.isfinite(shown)
        sound = ends is not None and all(map(math.isfinite, ends))
        out.append(
            Parameter(
                _NAMES[symbol], symbol, value, shown if finite else None, ends if sound else None
            )
        )
    return tuple(out)


def quoted(problem: Problem, index: int) -> Callable[[np.ndarray], np.ndarray]:
    """The parameter that is quoted as that one (or its logarithm), as a function of theta."""

    def quantity(theta: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return problem.law.outer(problem.at, theta)[:, index]

    return quantity


def _findings(
    law: Law,
    problem: Problem,
    solution: Solution,
    parameters: tuple[Parameter, ...],
    points: Points,
) -> list[Flag]:
    flags = []
    found = {p.name: p for p in parameters}
    for name in ("alpha", "alpha_1", "alpha_2"):
        parameter = found.get(name)
        # An offset's own exponent is positive; there the line through all points tells.
        if parameter is None:
            continue
        falls = problem.line[1] if law.name == "offset" else parameter.value
        if falls <= 0:
            where = {"alpha_1": "before its break ", "alpha_2": "beyond its break "}.get(name, "")
            power = "" if law.name == "offset" else f", as N_D^{-falls:+.2g}"
            flags.append(Flag(Finding.RISING, f"The law would not fall {where}(it rises{power})."))
    if law.name == "offset":
        offset, alpha = found["q_inf"], found["alpha"]
        if solution.at_bound[1] or (offset.value > 0 and solution.at_bound[2]):
            flags.append(
                Flag(
                    Finding.AT_BOUND,
                    "The decay and the offset cannot be told apart: the fit ends at a bound "
                    f"(α = {alpha.value:.3g}).",
                )
            )
        elif offset.interval is not None and offset.interval[0] <= 0:
            flags.append(
                Flag(
                    Finding.NO_OFFSET,
                    "The offset is consistent with zero: it is below "
                    f"{offset.interval[1]:.3g} at 95 %, and the fit is a power law.",
                )
            )
    if law.name == "broken":
        place = found["n_break"]
        first, last = points.n[1], points.n[-2]
        if solution.at_bound[3]:
            flags.append(
                Flag(
                    Finding.AT_BOUND,
                    f"The break would lie outside of N_D = {first:.6g} to {last:.6g}, the second "
                    "point and the last but one; it is not in the data.",
                )
            )
        elif place.interval is None or (
            place.interval[0] <= first * 1.001 and place.interval[1] >= last * 0.999
        ):
            flags.append(
                Flag(Finding.UNRESOLVED, "The break may lie anywhere between the points at 95 %.")
            )
    if any(p.interval is None for p in parameters) and not flags:
        flags.append(Flag(Finding.UNRESOLVED, "Not every parameter has a finite interval."))
    return flags


def _badness(
    law: Law, chi2: float, dof: int, p_value: float | None, scatter: float, noise: Noise
) -> list[Flag]:
    # What the errors explain of the scatter is no fault of the law.
    beyond = math.sqrt(max(scatter**2 - float(np.mean(noise.error**2)), 0.0))
    if p_value is None:
        if scatter <= MAX_SCATTER_WITHOUT_ERRORS:
            return []
        words = f"; without errors at most {100 * MAX_SCATTER_WITHOUT_ERRORS:g} % is accepted."
    elif p_value >= MIN_P_VALUE or beyond <= MAX_SCATTER:
        return []
    else:
        words = (
            f", more than their errors explain: chi2 = {chi2:.4g} for {dof} degrees of freedom, "
            f"p {'<' if p_value < 1e-99 else '='} {max(p_value, 1e-99):.1g}."
        )
    return [
        Flag(
            Finding.NOT_THIS_LAW,
            f"The points scatter by {100 * scatter:.2g} % round {law.title}{words}",
        )
    ]
