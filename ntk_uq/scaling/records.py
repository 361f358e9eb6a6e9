"""What fits are made of: plain values that go to JSON as they are."""

import math
from collections.abc import Set
from dataclasses import dataclass, fields
from enum import StrEnum, auto
from typing import Any


class Finding(StrEnum):
    """What can be found about a fit; the fits say what each of them means."""

    # of a curve
    MISSING_POINTS = auto()
    MISSING_ERRORS = auto()
    NON_POSITIVE = auto()
    TOO_FEW_POINTS = auto()
    NARROW_RANGE = auto()
    CONSTANT = auto()
    # of a power law
    FLAT = auto()
    RISING = auto()
    BENDING = auto()
    NOT_A_POWER_LAW = auto()
    # of a plateau
    STILL_FALLING = auto()
    STILL_RISING = auto()
    SCATTER = auto()
    UNDETERMINED = auto()
    # of a law among others
    SINGULAR = auto()
    NOT_THIS_LAW = auto()
    AT_BOUND = auto()
    NO_OFFSET = auto()
    UNRESOLVED = auto()
    # of an approach to infinite width
    TOO_FEW_WIDTHS = auto()
    NO_THEORY = auto()
    NO_SPREAD = auto()
    NOT_THE_LAW = auto()
    POWER_UNDETERMINED = auto()
    NARROW_WIDTHS_DROPPED = auto()


HARMLESS = frozenset({Finding.MISSING_POINTS, Finding.MISSING_ERRORS})
"""Findings that inform without invalidating: what is left of the curve is sound."""


class FitRecord:
    """Base of the frozen dataclasses here: JSON-safe by construction."""

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values: tuples become lists, anything not finite becomes None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Flag(FitRecord):
    """One finding about a fit: a ``name`` for programs, a ``reason`` for a physicist."""

    name: Finding
    reason: str


@dataclass(frozen=True)
class Wording:
    """What the sentences about a power law call its parts.

    Attributes:
        axis: what it is a law over.
        alpha: its exponent, at the beginning of a sentence.
        does: the curve with its verb, before ``not fall``.
    """

    axis: str = "N_D"
    alpha: str = "alpha"
    does: str = "The curve does"


OVER_SIZES = Wording()
"""Of a curve over training set sizes."""


@dataclass(frozen=True)
class LocalExponent(FitRecord):
    """``alpha = -ln(q_2 / q_1) / ln(n_2 / n_1)`` between two neighbouring points of a curve.

    Attributes:
        n_train: geometric midpoint of the two training set sizes [examples].
        alpha: the local exponent [1]; positive where the curve falls.
        error: standard error [1], the two points taken as independent; None without errors.
    """

    n_train: float
    alpha: float
    error: float | None


def names(flags: tuple[Flag, ...]) -> frozenset[Finding]:
    """What was found, without the words for it."""
    return frozenset(flag.name for flag in flags)


def without(flags: tuple[Flag, ...], finding: Finding) -> tuple[Flag, ...]:
    """The flags but those of one finding."""
    return tuple(flag for flag in flags if flag.name is not finding)


def obstacles(flags: tuple[Flag, ...], besides: Set[Finding] = frozenset()) -> tuple[Flag, ...]:
    """The flags that invalidate a fit: all but the :data:`HARMLESS`, and ``besides`` of its own."""
    return tuple(flag for flag in flags if flag.name not in HARMLESS | besides)


def is_valid(flags: tuple[Flag, ...], besides: Set[Finding] = frozenset()) -> bool:
    """True if no flag invalidates the fit."""
    return not obstacles(flags, besides)


def finite(value: float) -> float | None:
    """The value as a Python float, or None if it is NaN or infinite."""
    return float(value) if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, FitRecord):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return finite(value)
    return value.value if isinstance(value, StrEnum) else value
