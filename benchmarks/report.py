"""What a case has found, as records: for the table and for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.timing import Timing, quartiles


@dataclass(frozen=True)
class Target:
    """A bound that a value is meant to keep.

    Attributes:
        bound: the number.
        above: whether the value is to be at least that, else at most.
        any_size: whether it holds for the small sizes of ``--quick``, too.
    """

    bound: float
    above: bool
    any_size: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.above else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.above else '<='} {self.bound:g}"


def at_least(bound: float) -> Target:
    return Target(bound, above=True)


def at_most(bound: float, any_size: bool = False) -> Target:
    return Target(bound, above=False, any_size=any_size)


@dataclass(frozen=True)
class Line:
    """A timing.

    Attributes:
        what: the problem. who: what solves it.
        timing: its seconds.
        more: further numbers that belong to it, by name with unit.
    """

    what: str
    who: str
    timing: Timing
    more: Mapping[str, float | int | str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        timing = self.timing
        return {
            "what": self.what,
            "who": self.who,
            "seconds": list(timing.seconds),
            "median": timing.median,
            "quartiles": list(timing.quartiles),
            "first": timing.first,
            **self.more,
        }


@dataclass(frozen=True)
class Value:
    """A number that follows from timings, or was measured otherwise.

    Attributes:
        what: what it is of. value: the number. unit: empty for a ratio.
        spread: quartiles over repetitions, or value minus and plus a standard error.
        target: what it is meant to keep.
    """

    what: str
    value: float
    unit: str = ""
    spread: tuple[float, float] | None = None
    target: Target | None = None

    def verdict(self, quick: bool) -> str:
        """``met``, ``missed``, or empty where there is nothing to judge."""
        if self.target is None:
            return ""
        if quick and not self.target.any_size:
            return "not judged at this size"
        return "met" if self.target.met(self.value) else "missed"

    def to_json(self, quick: bool) -> dict[str, Any]:
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "spread": None if self.spread is None else list(self.spread),
            "target": None if self.target is None else str(self.target),
            "verdict": self.verdict(quick) or None,
        }


@dataclass
class Report:
    """One table.

    Attributes:
        case: the name of the case. title: what is measured, in words.
        inputs: what data it was measured on; empty where it does not matter.
        lines, values: what was found.
        tables: further tables, by title: rows of numbers with the names of their columns.
        notes: sentences, also about what could not be measured.
    """

    case: str
    title: str
    inputs: str = ""
    lines: list[Line] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    tables: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self, quick: bool) -> dict[str, Any]:
        return {
            "case": self.case,
            "title": self.title,
            "inputs": self.inputs,
            "lines": [line.to_json() for line in self.lines],
            "values": [value.to_json(quick) for value in self.values],
            "tables": {name: [dict(row) for row in rows] for name, rows in self.tables.items()},
            "notes": self.notes,
        }


def ratio(what: str, over: Timing, under: Timing, target: Target | None = None) -> Value:
    """``over / under``, of medians; the spread is that of the repetitions, pair by pair."""
    pairs = np.array(over.seconds) / np.array(under.seconds)
    return Value(what, over.median / under.median, spread=quartiles(pairs), target=target)


def rate(what: str, amount: float, timing: Timing, unit: str, scale: float = 1e9) -> Value:
    """``amount / seconds`` in units of ``scale``."""
    low, high = timing.quartiles
    spread = (amount / high / scale, amount / low / scale)
    return Value(what, amount / timing.median / scale, unit, spread)


def share(
    what: str,
    done: tuple[float, Timing],
    ceiling: tuple[float, Timing],
    target: Target | None = None,
) -> Value:
    """The rate of one thing over that of another, each given as amount and timing."""
    (a, ours), (b, theirs) = done, ceiling
    plain = ratio(what, theirs, ours)
    low, high = plain.spread
    scale = a / b
    return Value(what, plain.value * scale, spread=(low * scale, high * scale), target=target)
