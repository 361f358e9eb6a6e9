"""What the widths of ensembles say about infinite width, in sentences that can be said aloud."""

import math
from dataclasses import dataclass
from typing import Any

from ntk_uq.analysis.width_laws import WidthLaw, WidthLaws
from ntk_uq.base.counting import counted
from ntk_uq.base.records import Record
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling.notation import short_value


@dataclass(frozen=True)
class Approach(Record):
    """How one quantity comes near its infinite-width value.

    Attributes:
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        narrow, narrow_error, wide, wide_error: over its infinite-width value, at the narrowest and
            at the widest networks that are there [1]; None without theory.
        needed: from which width on it is within the tolerance, in words.
        missed: widths that are there and not on the law that ``needed`` is read from.
        enough: the upper end of its 95 % interval; None where that is not known.
    """

    quantity: str
    narrow: float | None
    narrow_error: float | None
    wide: float | None
    wide_error: float | None
    needed: str
    missed: tuple[int, ...] = ()
    enough: float | None = None


@dataclass(frozen=True)
class WidthVerdict(Record):
    """What the widths say at one depth and N_D.

    Attributes:
        depth, n_train: of the networks.
        widths: the narrowest and the widest that are there; equal where there is one.
        n_widths: how many are there.
        tolerance: relative distance from infinite width that counts as close.
        approaches: of mu, sigma and epsilon.
    """

    depth: int
    n_train: int
    widths: tuple[int, int]
    n_widths: int
    tolerance: float
    approaches: tuple[Approach, ...]

    @property
    def told(self) -> str:
        """All of it, in sentences."""
        (low, high), known = self.widths, [a for a in self.approaches if a.wide is not None]
        if not known:
            there = counted(self.n_widths, "width is", "widths are")
            return f"{there} there, and no theory to compare with."
        if self.n_widths == 1:
            ratios = ", ".join(
                f"{SYMBOLS[a.quantity]} is {short_value(a.wide, a.wide_error)}" for a in known
            )
            return f"At width {high:,}, {ratios} times that of infinite width."
        ratios = "; ".join(
            f"{SYMBOLS[a.quantity]} goes from {short_value(a.narrow, a.narrow_error)} to "
            f"{short_value(a.wide, a.wide_error)}"
            for a in known
        )
        by_answer: dict[str, list[str]] = {}
        for a in self.approaches:
            by_answer.setdefault(a.needed, []).append(SYMBOLS[a.quantity])
        needed = "; ".join(f"{' and '.join(of)} {answer}" for answer, of in by_answer.items())
        return (
            f"From width {low:,} to {high:,} {ratios} times that of infinite width. "
            f"Width that comes within {100 * self.tolerance:g} % of it: {needed}."
            f"{self._all_of_them(len(by_answer))}{self._missed}"
        )

    def _all_of_them(self, answers: int) -> str:
        """From which width on all quantities are close, where their answers differ."""
        ends = [a.enough for a in self.approaches if a.enough is not None]
        if answers < 2 or len(ends) < len(self.approaches):
            return ""
        enough, widest = _rounded_up(max(ends)), self.widths[1]
        beyond = f", if that goes on beyond the {widest:,} measured" if enough > widest else ""
        return f" All of them are from width {enough:,} on (95 %){beyond}."

    @property
    def _missed(self) -> str:
        """Which widths the answers are not from."""
        by_widths: dict[tuple[int, ...], list[str]] = {}
        for a in self.approaches:
            if a.missed:
                by_widths.setdefault(a.missed, []).append(SYMBOLS[a.quantity])
        return "".join(
            f" The law of {' and '.join(of)} does not pass through the networks of width "
            f"{', '.join(f'{w:,}' for w in widths)}, and is that of wider ones."
            for widths, of in by_widths.items()
        )

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON's own types, with its words."""
        return {**super().to_json(), "told": self.told}


def width_verdict(study: WidthLaws, n_train: int, tolerance: float) -> WidthVerdict | None:
    """What the widths of one depth say at one N_D; None before there is any network.

    Args:
        study: ensembles and laws, complete or growing.
        n_train: N_D, one of the specification's.
        tolerance: relative distance from infinite width that counts as close, between 0 and 1.
    """
    laws = [study.law(name, n_train) for name in QUANTITIES]
    widths = [p.width for p in laws[0].points if p.mu is not None]
    if not widths:
        return None
    approaches = tuple(_approach(law, tolerance) for law in laws)
    ends = (widths[0], widths[-1])
    return WidthVerdict(study.depth, n_train, ends, len(widths), tolerance, approaches)


def _approach(law: WidthLaw, tolerance: float) -> Approach:
    found = [e for p in law.points if (e := getattr(p, law.quantity)) is not None]
    answer = law.needed(tolerance)
    window = law.best.window if law.best.valid else None
    widths = (p.width for p in law.points if getattr(p, law.quantity) is not None)
    missed = tuple(w for w in widths if window is not None and w < window[0])
    if not law.theory or not found:
        return Approach(law.quantity, None, None, None, None, answer.words, missed, answer.high)
    first, last = found[0].over(law.theory), found[-1].over(law.theory)
    ends = (first.value, first.error, last.value, last.error)
    return Approach(law.quantity, *ends, answer.words, missed, answer.high)


def _rounded_up(width: float) -> int:
    """A width in two digits that is no smaller."""
    unit = 10 ** max(0, math.floor(math.log10(max(width, 1.0))) - 1)
    return math.ceil(width / unit) * unit
