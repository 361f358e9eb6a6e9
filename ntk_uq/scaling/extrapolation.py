"""What a curve is expected to be at N_D that nobody has computed, and how well that works.

The band is a mixture over the laws that describe the curve, by their Akaike weights: of each law
the profile of chi2 over the predicted value, read as a distribution. It holds the errors of the
parameters, asymmetric where they are, and that the law itself is not known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special

from ntk_uq.scaling.law_fit import akaike_weights, threshold
from ntk_uq.scaling.law_record import Fitted
from ntk_uq.scaling.noise import Noise
from ntk_uq.scaling.nonlinear import excess, interval
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.records import FitRecord

FAR = 10.0
"""Times the largest N_D, beyond which an extrapolation is called far."""

_LEAST_WEIGHT = 1e-3
_GRID = 1201
_LEVELS = (0.025, 0.16, 0.5, 0.84, 0.975)


@dataclass(frozen=True)
class LawPrediction(FitRecord):
    """What one law alone expects: value and 95 % interval [unit of q], and its weight."""

    law: str
    weight: float
    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Extrapolation(FitRecord):
    """What is expected at one N_D. Without a usable law, all numbers are None.

    Attributes:
        n_train: where [examples].
        value: median of the mixture of laws [unit of q].
        error: half its central 68 % [unit of q].
        interval, interval_68: central 95 % and 68 %.
        laws: what each law alone expects.
        times: n_train over the largest N_D of the fit.
        far: whether that is more than 10.
        widened: the factor by which the band was widened since a held-out check missed.
        reason: why there are no numbers, or "".
    """

    n_train: float
    value: float | None
    error: float | None
    interval: tuple[float, float] | None
    interval_68: tuple[float, float] | None
    laws: tuple[LawPrediction, ...]
    times: float | None
    far: bool
    widened: float
    reason: str

    def describe(self, symbol: str = "q") -> str:
        """``expect μ = 0.31 ± 0.02 (95 %: 0.27 to 0.36)``, or why nothing can be expected."""
        if self.value is None or self.interval is None:
            return f"no expectation of {symbol}: {self.reason}"
        low, high = self.interval
        value = format_value(self.value, self.error)
        return f"{symbol} = {value} (95 %: {low:.3g} to {high:.3g})"


@dataclass(frozen=True)
class HeldOut(FitRecord):
    """A check: the largest N_D left out, the rest fitted in the same way, and asked for it.

    Attributes:
        n_train: the N_D that was asked for.
        held_out: all N_D that were left out.
        law: the law that was chosen without them; None where none described the rest.
        expected, error, interval: as in :class:`Extrapolation`; the interval holds the error of
            the value found, too.
        found, found_error: the curve's own value there.
        within: whether it lies in the interval; None where nothing could be expected.
        miss: how far it is from the expectation, in half-widths of the interval on that side and
            in ln q; above 1 outside of it.
        reason: why not, or "".
    """

    n_train: float
    held_out: tuple[float, ...]
    law: str | None
    expected: float | None
    error: float | None
    interval: tuple[float, float] | None
    found: float
    found_error: float | None
    within: bool | None
    miss: float | None
    reason: str

    def describe(self) -> str:
        """``held out N_D = 1,200: expected 0.31 ± 0.02, found 0.32 ± 0.01, within``."""
        return f"held out {self.outcome()}"

    def outcome(self) -> str:
        """The same where it is clear that something was held out: ``N_D = 1,200: expected …``."""
        start = f"N_D = {self.n_train:,.6g}"
        if len(self.held_out) > 1:
            start = f"N_D ≥ {self.held_out[0]:,.6g}, asked for {self.n_train:,.6g}"
        if self.expected is None or self.interval is None:
            return f"{start}: nothing could be expected without it: {self.reason}"
        low, high = self.interval
        where = "within" if self.within else f"outside of {low:.3g} to {high:.3g} (95 %)"
        return (
            f"{start}: expected {format_value(self.expected, self.error)}, found "
            f"{format_value(self.found, self.found_error)}, {where}"
        )


@dataclass(frozen=True)
class _Mixture:
    """Quantiles of ln q at one N_D, and the parts."""

    quantiles: Float[np.ndarray, "q"]
    laws: tuple[LawPrediction, ...]


def usable(fitted: Sequence[Fitted]) -> list[Fitted]:
    """The laws that describe the curve and have a weight among those that do.

    A law that does not describe it, since it ends at a bound, say, may have all of the weight of
    a table; of those that remain, the best always counts.
    """
    sound = [f for f in fitted if f.fit.valid and f.fit.aicc is not None]
    weights = akaike_weights([f.fit.aicc or 0.0 for f in sound])
    return [f for f, weight in zip(sound, weights, strict=True) if weight > _LEAST_WEIGHT]


def extrapolate(
    fitted: Sequence[Fitted],
    noise: Noise | None,
    n_train: float,
    largest: float | None,
    widened: float = 1.0,
) -> Extrapolation:
    """What the laws that describe a curve expect at one N_D.

    Args:
        fitted: all laws, with their weights.
        noise: the errors of the points.
        n_train: where.
        largest: largest N_D of the fit.
        widened: factor of the band's width in ln q, at least 1.
    """
    times = None if largest is None else n_train / largest
    far = times is not None and times > FAR
    laws = usable(fitted)
    mixture = None if noise is None or not laws else _mixture(laws, noise, math.log(n_train))
    if mixture is None:
        reason = "no law describes the points" if not laws else "the laws leave it open"
        return Extrapolation(n_train, None, None, None, None, (), times, far, 1.0, reason)
    center = mixture.quantiles[2]
    quantiles = center + widened * (mixture.quantiles - center)
    low, low_68, middle, high_68, high = map(float, np.exp(quantiles))
    return Extrapolation(
        n_train=n_train,
        value=middle,
        error=(high_68 - low_68) / 2,
        interval=(low, high),
        interval_68=(low_68, high_68),
        laws=mixture.laws,
        times=times,
        far=far,
        widened=widened,
        reason="",
    )


def compare(
    expected: Extrapolation,
    held_out: tuple[float, ...],
    law: str | None,
    found: float,
    relative_error: float,
    dof: float,
    known: bool,
) -> HeldOut:
    """An expectation beside what was found.

    Args:
        expected: at the largest N_D that was held out.
        held_out: all N_D that were.
        law: chosen without them.
        found: the value there.
        relative_error: its relative standard error, given or from the scatter of the others.
        dof: degrees of freedom of that error.
        known: whether it was given, and is quoted.
    """
    n = expected.n_train
    error = found * relative_error if known else None
    if expected.value is None or expected.interval is None:
        return HeldOut(
            n, held_out, law, None, None, None, found, error, None, None, expected.reason
        )
    quantile = special.stdtrit(dof, 0.975) if math.isfinite(dof) else special.ndtri(0.975)
    own = float(quantile) * relative_error
    middle = math.log(expected.value)
    ends = (math.log(end) - middle for end in expected.interval)
    low, high = (middle + math.copysign(math.hypot(end, own), end) for end in ends)
    away = math.log(found) - middle
    half = high - middle if away > 0 else middle - low
    miss = abs(away) / half if half > 0 else (0.0 if away == 0 else math.inf)
    return HeldOut(
        n_train=n,
        held_out=held_out,
        law=law,
        expected=expected.value,
        error=expected.error,
        interval=(math.exp(low), math.exp(high)),
        found=found,
        found_error=error,
        within=miss <= 1,
        miss=miss,
        reason="",
    )


def _mixture(laws: Sequence[Fitted], noise: Noise, x: float) -> _Mixture | None:
    weights = akaike_weights([f.fit.aicc or 0.0 for f in laws])
    ends, predictions = [], []
    for fitted, weight in zip(laws, weights, strict=True):
        assert fitted.problem is not None
        assert fitted.solution is not None
        chi2, dof = fitted.solution.chi2, fitted.fit.dof
        quantity = _value_at(fitted, x)
        best = float(quantity(fitted.solution.theta[None])[0])
        inner = interval(fitted.solution, quantity, threshold(0.95, chi2, dof, noise))
        outer = interval(fitted.solution, quantity, threshold(0.999, chi2, dof, noise))
        if inner is None or outer is None:
            return None
        ends.append(outer)
        shown = (math.exp(inner[0]), math.exp(inner[1]))
        predictions.append(LawPrediction(fitted.fit.law, float(weight), math.exp(best), shown))
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if not (math.isfinite(low) and math.isfinite(high)) or max(abs(low), abs(high)) > 300:
        return None
    room = 0.05 * (high - low) + 1e-12
    grid = np.linspace(low - room, high + room, _GRID)
    # The best of each law is a point of the grid: a narrow law beside a wide one is not lost.
    narrow = [np.linspace(*end, 101) for end in ends]
    grid = np.unique(np.concatenate([grid, *narrow]))
    total = np.zeros(len(grid))
    for fitted, weight in zip(laws, weights, strict=True):
        total += weight * _distribution(fitted, noise, x, grid)
    quantiles = np.interp(_LEVELS, np.maximum.accumulate(total), grid)
    return _Mixture(quantiles, tuple(predictions))


def _distribution(
    fitted: Fitted, noise: Noise, x: float, grid: Float[np.ndarray, "g"]
) -> Float[np.ndarray, "g"]:
    """The probability, as one law sees it, that ln q is below each point of the grid."""
    assert fitted.solution is not None
    chi2, dof = fitted.solution.chi2, fitted.fit.dof
    quantity = _value_at(fitted, x)
    best = float(quantity(fitted.solution.theta[None])[0])
    root = np.sqrt(excess(fitted.solution, quantity, grid)) * np.sign(grid - best)
    found = float(special.stdtrit(dof, 0.975)) * math.sqrt(chi2 / dof)
    if noise.known and threshold(0.95, chi2, dof, noise) > found**2 * (1 + 1e-12):
        if math.isinf(noise.dof):
            return np.asarray(special.ndtr(root))
        return np.asarray(special.stdtr(noise.dof, root))
    return np.asarray(special.stdtr(dof, root / math.sqrt(max(chi2 / dof, 1e-300))))


def _value_at(fitted: Fitted, x: float):  # type: ignore[no-untyped-def]
    problem = fitted.problem
    assert problem is not None

    def quantity(theta: Float[np.ndarray, "b k"]) -> Float[np.ndarray, "b"]:
        with np.errstate(all="ignore"):
            return problem.law.values(problem.at, theta, np.array([x]))[:, 0]

    return quantity
