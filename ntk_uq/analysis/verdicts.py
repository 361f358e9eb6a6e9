"""What a curve does, in one sentence that can be said aloud."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.analysis.curve_laws import ShownLaw
from ntk_uq.base.records import Record
from ntk_uq.results.curves import Curve, Fits
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling import LawChoice, LawFit, PlateauFit, PowerLawFit
from ntk_uq.scaling.notation import short_value
from ntk_uq.scaling.power_law import MIN_SIGNIFICANCE
from ntk_uq.scaling.records import Finding, names

POPULATION = "epsilon_population"
_OWN_PART = "the networks' own part"
_WORTH_TELLING = 0.1
"""Share of the test set in epsilon squared from which it is told."""


@dataclass(frozen=True)
class Trend(Record):
    """What one quantity does against N_D.

    Attributes:
        quantity: ``mu``, ``sigma``, ``epsilon`` or ``epsilon_population``.
        alpha, alpha_error: exponent of ``N_D^-alpha`` [1]; None where none is quoted.
        level, level_error: where it ends, or would end [unit of the quantity]; None where that is
            not known.
        reached: whether it has levelled off within the data.
        does: what it does, as the end of a sentence.
        alpha_first, alpha_first_error: where it bends, its exponent before that [1], and ``alpha``
            is that of the end; None elsewhere.
        law: the fit that tells it, among laws that were compared; None where a power law or a
            plateau does.
    """

    quantity: str
    alpha: float | None
    alpha_error: float | None
    level: float | None
    level_error: float | None
    reached: bool
    does: str
    alpha_first: float | None = None
    alpha_first_error: float | None = None
    law: LawFit | None = None

    def to_json(self) -> dict[str, Any]:
        """The trend as JSON's own types; the law by its name."""
        return {**super().to_json(), "law": None if self.law is None else self.law.law}


@dataclass(frozen=True)
class Verdict(Record):
    """What a curve does.

    Attributes:
        trends: of mu, sigma, epsilon, and epsilon's population part where that is known.
        floor_share: share of the finite test set in epsilon^2 at the largest N_D; None where
            epsilon is zero or there is no point.
        n_test: N_T, its examples.
    """

    trends: tuple[Trend, ...]
    floor_share: float | None
    n_test: int

    def trend(self, quantity: str) -> Trend | None:
        """What one quantity does; None where there is nothing of it."""
        return next((t for t in self.trends if t.quantity == quantity), None)

    @property
    def told(self) -> str:
        """All of it, in sentences."""
        said = [f"{SYMBOLS[t.quantity]} {t.does}" for t in self.trends if t.quantity in SYMBOLS]
        own, share = self.trend(POPULATION), self.floor_share
        if share is not None and share >= _WORTH_TELLING:
            said[-1] += (
                f", and at the largest N_D {100 * share:.0f} % of ε² is the {self.n_test:,} test "
                "examples"
            )
        if own is not None:
            said[-1] += f"; {_OWN_PART} {own.does}"
        return ". ".join(said) + "."

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON's own types, with its words."""
        return {**super().to_json(), "told": self.told}


def verdict(
    curve: Curve,
    fits: Fits,
    laws: Mapping[str, ShownLaw] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Verdict:
    """What a complete curve does, in terms of what is drawn of it.

    One procedure decides, so that the test of a plateau and the choice among laws cannot
    contradict each other: whether a level *is reached* is the plateau test's to say, at its
    tolerances; *how* a quantity falls that has not reached one is that of the law that is drawn.
    Where the power law that is drawn by default may not be quoted, or epsilon has no plateau, that
    is the best law by AICc on the same window. So a law with an offset tells towards which level a
    curve still falls, and never that it has arrived.

    Args:
        curve: complete.
        fits: its power laws and plateau on the window.
        laws: those that are drawn instead of power laws and plateau; None where these are.
        low, high: the window, as :meth:`ntk_uq.results.curves.Curve.fits`.
    """
    trends = []
    for name in QUANTITIES:
        fit = getattr(fits, name)
        if isinstance(fit, PlateauFit) and fit.valid:
            trends.append(_level(name, fit))
        elif laws is not None:
            trends.append(_law(name, laws[name].choice, curve))
        elif isinstance(fit, PowerLawFit) and fit.valid:
            trends.append(_power(name, fit, curve))
        else:
            trends.append(_law(name, curve.laws(name, low, high), curve))
    if any(p.epsilon_population is not None for p in curve.points):
        trends.append(_own(curve, low, high))
    last = curve.points[-1] if curve.points else None
    share = None if last is None or not last.epsilon else (last.epsilon_floor / last.epsilon) ** 2
    used = curve.spec.n_train[-1] if last is None else last.n_used or last.n_train
    return Verdict(tuple(trends), share, curve.spec.n_test_at(used))


def _own(curve: Curve, low: float | None, high: float | None) -> Trend:
    power, plateau = curve.population(low, high)
    if plateau.valid:
        return _level(POPULATION, plateau)
    if power.valid:
        trend = _power(POPULATION, power, curve)
        return dataclasses.replace(trend, does=f"still {trend.does}")
    return _nothing(POPULATION, _why(power))


def _why(fit: PowerLawFit) -> str:
    found = names(fit.flags)
    if Finding.TOO_FEW_POINTS in found or Finding.NARROW_RANGE in found:
        return "cannot be told: " + fit.describe()
    if Finding.BENDING in found and fit.alpha_first is not None and fit.alpha_last is not None:
        ends = f"N_D^{-fit.alpha_first:.2f} at first and N_D^{-fit.alpha_last:.2f} at the end"
        return f"bends: it goes as {ends}"
    return f"follows no power law ({fit.describe()})"


def _level(quantity: str, fit: PlateauFit) -> Trend:
    does = f"levels off at {short_value(fit.plateau, fit.plateau_error)}"
    if fit.onset is not None and fit.onset_interval is not None:
        first = fit.onset_interval[0] is None
        level = f"stays at {short_value(fit.plateau, fit.plateau_error)}"
        does = level if first else f"{does} from N_D = {fit.onset:,.6g} on"
    return Trend(quantity, None, None, fit.plateau, fit.plateau_error, reached=True, does=does)


def _power(quantity: str, fit: PowerLawFit, curve: Curve) -> Trend:
    does = _falls(fit.alpha, fit.alpha_error) + _from(fit.window, curve)
    return Trend(quantity, fit.alpha, fit.alpha_error, None, None, reached=False, does=does)


def _falls(alpha: float | None, error: float | None) -> str:
    return f"falls as N_D^-{short_value(alpha, error)}"


def _further(alpha: float, error: float | None) -> str:
    """How it goes on after a break: as a power again, either way, or not that anybody could tell.
    Whether it has arrived anywhere is the plateau test's to say."""
    if error is not None and abs(alpha) < MIN_SIGNIFICANCE * error:
        return f"no longer, within its error (exponent {short_value(alpha, error)})"
    if alpha < 0:
        return f"rises as N_D^{short_value(-alpha, error)}"
    return f"as N_D^-{short_value(alpha, error)}"


def _from(window: tuple[float, float] | None, curve: Curve) -> str:
    """Where a law begins, if not with the curve."""
    if window is None or window[0] <= curve.points[0].n_train:
        return ""
    return f" from N_D = {window[0]:,.6g} on"


def _law(quantity: str, choice: LawChoice, curve: Curve) -> Trend:
    """What a law says of a curve that has not reached a level."""
    told = _by_law(quantity, choice, curve)
    known = told.alpha is not None or told.level is not None
    return dataclasses.replace(told, law=choice.best) if known else told


def _by_law(quantity: str, choice: LawChoice, curve: Curve) -> Trend:
    best = choice.best
    if not any(getattr(p, quantity) > 0 for p in curve.points):
        return _nothing(quantity, "is zero everywhere" if curve.points else "has no points")
    if best is None:
        return _nothing(quantity, _no_law(choice))
    start = _from(best.window, curve)
    if best.law == "constant":
        if not any(fit.available for fit in choice.fits if fit.law == "power"):
            # Nothing else was tried: of three points, any curve is a constant.
            return _nothing(quantity, _no_law(choice))
        level = best.parameter("q_0")
        assert level is not None
        does = f"does not change within its errors, {short_value(level.value, level.error)}"
        return Trend(quantity, None, None, level.value, level.error, reached=False, does=does)
    alpha = best.parameter("alpha")
    if best.law == "power" and alpha is not None:
        does = _falls(alpha.value, alpha.error) + start
        return Trend(quantity, alpha.value, alpha.error, None, None, reached=False, does=does)
    if best.law == "offset":
        return _towards(quantity, best, start)
    first, last, at = (best.parameter(name) for name in ("alpha_1", "alpha_2", "n_break"))
    if first is None or last is None or at is None:
        return _nothing(quantity, f"follows a {best.title}")
    does = (
        f"{_falls(first.value, first.error)}{start}, and beyond N_D = {at.value:,.3g} "
        f"{_further(last.value, last.error)}"
    )
    return Trend(
        quantity,
        last.value,
        last.error,
        None,
        None,
        reached=False,
        does=does,
        alpha_first=first.value,
        alpha_first_error=first.error,
    )


def _towards(quantity: str, fit: LawFit, start: str) -> Trend:
    level, alpha = fit.parameter("q_inf"), fit.parameter("alpha")
    assert alpha is not None
    assert level is not None
    if Finding.NO_OFFSET in names(fit.flags):
        does = _falls(alpha.value, alpha.error) + start
        return Trend(quantity, alpha.value, alpha.error, None, None, reached=False, does=does)
    told = short_value(level.value, level.error)
    does = f"still falls, towards {told}, which is not reached within the data"
    return Trend(quantity, None, None, level.value, level.error, reached=False, does=does)


def _no_law(choice: LawChoice) -> str:
    found = {flag.name for fit in choice.fits for flag in fit.obstacles}
    if Finding.TOO_FEW_POINTS in found or all(not fit.available for fit in choice.fits):
        return "cannot be told: there are too few points"
    if Finding.RISING in found:
        return "does not fall"
    return "follows no simple law"


def _nothing(quantity: str, does: str) -> Trend:
    return Trend(quantity, None, None, None, None, reached=False, does=does)
