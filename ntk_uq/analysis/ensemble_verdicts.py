"""What ensembles of finite networks do, width by width, in sentences that can be said aloud."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.ensemble_laws import Exponent
from ntk_uq.base.counting import counted, listed
from ntk_uq.base.records import Record
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling.notation import short_value

_TOLD_FROM_NONE = 2.0
"""Standard errors from which on a change is told from none."""


@dataclass(frozen=True)
class Slope(Record):
    """How a quantity changes with N_D, as ``N_D^-alpha``.

    Attributes:
        alpha, error: of a power law, or on average between the ends [1]; the error is None where
            none is known, at infinite width.
        average: whether it is ``ln(q_first / q_last) / ln(n_last / n_first)`` alone, since no power
            law describes the points or there are too few to tell.
        flat: whether it is not told from none.
    """

    alpha: float
    error: float | None
    average: bool
    flat: bool

    @property
    def does(self) -> str:
        """The end of a sentence."""
        if self.flat:
            return "does not change within its errors"
        verb = "falls" if self.alpha > 0 else "rises"
        mean = " on average" if self.average else ""
        return f"{verb}{mean} as {self.power}"

    @property
    def power(self) -> str:
        """``N_D^-0.37(1)``."""
        value, error = abs(self.alpha), self.error
        shown = f"{value:.2f}" if error is None else short_value(value, error)
        return f"N_D^{'-' if self.alpha > 0 else ''}{shown}"


@dataclass(frozen=True)
class FiniteTrend(Record):
    """One quantity at one width.

    Attributes:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        ratio, ratio_error: finite over infinite width at the largest N_D [1]; None without theory.
        slope: against N_D; None where there is one N_D alone.
        infinite: the same at infinite width.
    """

    quantity: str
    ratio: float | None
    ratio_error: float | None
    slope: Slope | None
    infinite: Slope | None

    @property
    def told(self) -> str:
        """How it goes with N_D, in words; "" where there is nothing of it."""
        if self.slope is None:
            return ""
        symbol = SYMBOLS[self.quantity]
        if self.infinite is None:
            return f"{symbol} {self.slope.does}"
        return f"{symbol} {self.slope.does} (infinite width: {self.infinite.power})"


@dataclass(frozen=True)
class EnsembleVerdict(Record):
    """What the ensembles of one width do.

    Attributes:
        width: units of each hidden layer.
        sizes: smallest and largest N_D that is there.
        networks: fewest sound networks at any N_D.
        trends: of mu, sigma and epsilon.
    """

    width: int
    sizes: tuple[int, int]
    networks: int
    trends: tuple[FiniteTrend, ...]

    @property
    def told(self) -> str:
        """All of it, in sentences."""
        low, high = self.sizes
        said = []
        ratios = [
            f"{SYMBOLS[t.quantity]}{' is' if t is self.trends[0] else ''} "
            f"{short_value(t.ratio, t.ratio_error)}"
            for t in self.trends
            if t.ratio is not None
        ]
        if ratios:
            said.append(f"At N_D = {high:,} {listed(ratios)} times that of infinite width")
        going = [t.told for t in self.trends if t.told]
        if going:
            said.append(f"From N_D = {low:,} to {high:,} {'; '.join(going)}")
        if not said:
            there = counted(self.networks, "network")
            return f"{there} at N_D = {high:,}; there is nothing to compare with."
        return ". ".join(said) + "."

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON's own types, with its words."""
        return {**super().to_json(), "told": self.told}


def ensemble_verdicts(
    comparison: Comparison, exponents: Sequence[Exponent]
) -> tuple[EnsembleVerdict, ...]:
    """What each width does that has two networks somewhere, the narrowest first.

    An exponent is that of the power law that describes the points; where none does, or fewer than
    four N_D are there to tell, it is the average between the first and the last N_D, and said to
    be. Of infinite width, whose values have no errors, likewise.

    Args:
        comparison: ensembles and theory, complete or growing.
        exponents: of :func:`~ntk_uq.analysis.ensemble_laws.exponents`, which take a while.
    """
    return tuple(
        found
        for width in comparison.ensembles.spec.widths
        if (found := _verdict(comparison, exponents, width)) is not None
    )


def slope_of(
    comparison: Comparison, exponents: Sequence[Exponent], width: int | None, quantity: str
) -> Slope | None:
    """How a quantity changes with N_D at one width, None for infinite width.

    Args:
        comparison, exponents: as :func:`ensemble_verdicts`.
        width: of the hidden layers, one of the specification's.
        quantity: ``mu``, ``sigma`` or ``epsilon``.

    Returns:
        The slope; None where fewer than two N_D are there, or the theory does not describe the
        training.
    """
    exponent = next((e for e in exponents if (e.width, e.quantity) == (width, quantity)), None)
    if width is not None:
        return _slope(_known(comparison, width, quantity), exponent)
    if comparison.departs or comparison.theory is None:
        return None
    exact = [(p.n_train, Estimate(getattr(p, quantity))) for p in comparison.theory.points]
    return _slope(exact, exponent)


def _known(comparison: Comparison, width: int, quantity: str) -> list[tuple[int, Estimate]]:
    """A quantity at each N_D where it is there, the smallest first."""
    points = (p for p in comparison.ensembles.points if p.width == width)
    found = [(p.n_train, e) for p in points if (e := getattr(p, quantity)) is not None]
    return sorted(found, key=lambda pair: pair[0])


def _verdict(
    comparison: Comparison, exponents: Sequence[Exponent], width: int
) -> EnsembleVerdict | None:
    points = sorted(
        (p for p in comparison.ensembles.points if p.width == width and p.mu is not None),
        key=lambda p: p.n_train,
    )
    if not points:
        return None
    sizes = (points[0].n_train, points[-1].n_train)
    trends = []
    for name in QUANTITIES:
        if not _known(comparison, width, name):
            continue
        ratio = None if comparison.departs else comparison.ratio(points[-1], name)
        slope = slope_of(comparison, exponents, width, name)
        trends.append(
            FiniteTrend(
                name,
                None if ratio is None else ratio.value,
                None if ratio is None else ratio.error,
                slope,
                None if slope is None else slope_of(comparison, exponents, None, name),
            )
        )
    fewest = min(p.members - p.diverged for p in points)
    return EnsembleVerdict(width, sizes, fewest, tuple(trends))


def _slope(known: Sequence[tuple[int, Estimate]], exponent: Exponent | None) -> Slope | None:
    if len(known) < 2:
        return None
    (first, q_first), (last, q_last) = known[0], known[-1]
    if exponent is not None and exponent.alpha is not None and not exponent.obstacles:
        if exponent.chosen == "constant":
            return Slope(exponent.alpha, exponent.error, average=False, flat=True)
        if exponent.chosen in (None, "power"):
            return Slope(exponent.alpha, exponent.error, average=False, flat=False)
    if not (q_first.value > 0 and q_last.value > 0):
        return None
    reach = math.log(last / first)
    alpha = math.log(q_first.value / q_last.value) / reach
    error = None
    if q_first.error is not None and q_last.error is not None:
        error = math.hypot(q_first.error / q_first.value, q_last.error / q_last.value) / reach
    flat = error is not None and abs(alpha) < _TOLD_FROM_NONE * error
    return Slope(alpha, error, average=True, flat=flat)
