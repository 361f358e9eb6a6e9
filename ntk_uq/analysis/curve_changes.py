"""What distinguishes curves that are shown together: whose is steeper, and what a change did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ntk_uq.analysis.curve_ratios import Ratio, curve_ratios
from ntk_uq.analysis.verdicts import POPULATION, Trend, Verdict
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling.notation import short_value
from ntk_uq.specs import CurveSpec

_TOLD_APART = 2.0
"""Standard errors from which on two exponents are told apart."""

_AGREES = 1.0
"""Up to which they agree; between the two, nobody can tell."""

_OF = {"mu": "μ", "sigma": "σ", POPULATION: "the networks' own part of ε"}

Named = TypeVar("Named", Curve, CurveSpec)


def ranking(named: Sequence[tuple[str, Verdict]]) -> str:
    """Whose mu, sigma and own part of epsilon fall fastest, and which exponents agree.

    ``Steepest μ: calorimeter (α = 0.78(4)), digits (0.503(8), 6.8 standard errors less).`` Each is
    compared with the one before it, and from the third on that is said. Errors are added in
    squares, as if they were independent: of curves on the same training subsets, the difference is
    known at least as well as that.

    Args:
        named: what complete curves do, with their labels.

    Returns:
        A sentence a quantity of which two curves or more have an exponent; "" where none is.
    """
    return " ".join(filter(None, (_ranked(quantity, named) for quantity in _OF)))


def _ranked(quantity: str, named: Sequence[tuple[str, Verdict]]) -> str:
    trends = [(label, verdict.trend(quantity)) for label, verdict in named]
    known = [(label, t.alpha, t.alpha_error) for label, t in trends if t and _quoted(t)]
    if len(known) < 2:
        return ""
    known.sort(key=lambda one: -(one[1] or 0.0))
    said = []
    for place, (label, alpha, error) in enumerate(known):
        value = short_value(alpha, error)
        if not place:
            said.append(f"{label} (α = {value})")
            continue
        name, *before = known[place - 1]
        beside = _apart((alpha, error), (before[0], before[1]), name if place > 1 else "")
        said.append(f"{label} ({value}, {beside})")
    without = [label for label, trend in trends if trend is not None and not _quoted(trend)]
    rest = f"; without an exponent: {', '.join(without)}" if without else ""
    return f"Steepest {_OF[quantity]}: {', '.join(said)}{rest}."


def _quoted(trend: Trend) -> bool:
    return trend.alpha is not None and trend.alpha_first is None


Known = tuple[float | None, float | None]


def _apart(one: Known, before: Known, name: str = "") -> str:
    """How far an exponent lies below the one before it, with that one's name where it is given."""
    (alpha, error), (other, its_error) = one, before
    if alpha is None or other is None or error is None or its_error is None:
        return "errors are not known"
    together = math.hypot(error, its_error)
    if not together:
        return "errors are not known"
    distance = (other - alpha) / together
    told = f"{distance:.{0 if distance >= 10 else 1}f} standard errors"
    if distance >= _TOLD_APART:
        return f"{told} less than {name}" if name else f"{told} less"
    if distance < _AGREES:
        return f"agrees with {name}, {told}" if name else f"agrees, {told}"
    return f"not told apart from {name}, {told}" if name else f"not told apart, {told}"


@dataclass(frozen=True)
class CurveChange:
    """A curve over the one that it is compared with.

    Attributes:
        first, last: of mu, sigma and epsilon the ratio at the smallest and at the largest N_D that
            both have; empty where they have none in common.
        now, then: what both do; None until they are complete.
    """

    first: dict[str, Ratio]
    last: dict[str, Ratio]
    now: Verdict | None
    then: Verdict | None

    @property
    def told(self) -> str:
        """In a sentence or two."""
        if not self.last:
            return "has no N_D in common with it, and so no ratio."
        shared = next(iter(self.last.values())).n_train
        start = next(iter(self.first.values())).n_train
        ends = (
            [(start, self.first), (shared, self.last)] if start < shared else [(shared, self.last)]
        )
        at = "; ".join(
            f"at N_D = {n:,} "
            + ", ".join(f"{SYMBOLS[q]} × {short_value(r.value, r.error)}" for q, r in found.items())
            for n, found in ends
        )
        return ". ".join([at, *self._exponents()]) + "."

    def _exponents(self) -> list[str]:
        if self.now is None or self.then is None:
            return []
        said = []
        for quantity, symbol in _OF.items():
            now, then = self.now.trend(quantity), self.then.trend(quantity)
            if now is None or then is None or not (_quoted(now) and _quoted(then)):
                continue
            pair = sorted(
                ((t.alpha, t.alpha_error) for t in (now, then)), key=lambda one: one[0] or 0.0
            )
            said.append(
                f"exponent of {symbol} {short_value(then.alpha, then.alpha_error)} → "
                f"{short_value(now.alpha, now.alpha_error)} "
                f"({_apart(pair[0], pair[1]).removesuffix(' less')})"
            )
        return ["; ".join(said)[:1].upper() + "; ".join(said)[1:]] if said else []


def change(curve: Curve, now: Verdict | None, base: Curve, then: Verdict | None) -> CurveChange:
    """What distinguishes a curve from the one that it is compared with.

    Args:
        curve, now: the curve, and what it does.
        base, then: the other one, and what it does.
    """
    ratios = {q: found for q in QUANTITIES if (found := curve_ratios(curve, base, q))}
    first = {q: found[0] for q, found in ratios.items()}
    last = {q: found[-1] for q, found in ratios.items()}
    return CurveChange(first, last, now, then)


NOTHING_ALIKE = (
    "No curve of the baseline is of the same data and target, or several might be meant, so that "
    "nothing is compared with it."
)


def partners(
    label: str, curve: CurveSpec, baseline: Sequence[tuple[str, Named]]
) -> list[tuple[str, Named]]:
    """The curves of a baseline that one is compared with: that of its own label, or the only one;
    none whose loss is another quantity, since the target is another.

    Args:
        label: of the curve.
        curve: what it is.
        baseline: labels, and specifications or curves.
    """
    alike = [one for one in baseline if _target(_spec(one[1])) == _target(curve)]
    same = [one for one in alike if one[0] == label]
    return same or (alike if len(alike) == 1 else [])


def _spec(one: Named) -> CurveSpec:
    return one.spec if isinstance(one, Curve) else one


def _target(spec: CurveSpec) -> tuple[str, str]:
    """What the loss is measured in follows from."""
    return spec.data.dataset, spec.data.target
