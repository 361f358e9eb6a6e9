"""What fits are made of: plain values that go to JSON as they are."""

import math
from collections.abc import Set
from dataclasses import dataclass, fields
from typing import Any

# Flags that inform without invalidating: what is left of the curve is sound.
HARMLESS = frozenset({"missing_points", "missing_errors"})


class FitRecord:
    """Base of the frozen dataclasses here: JSON-safe by construction."""

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values: tuples become lists, anything not finite becomes None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Flag(FitRecord):
    """One finding about a fit: a ``name`` for programs, a ``reason`` for a physicist."""

    name: str
    reason: str


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


def obstacles(flags: tuple[Flag, ...], besides: Set[str] = frozenset()) -> tuple[Flag, ...]:
    """The flags that invalidate a fit: all but the :data:`HARMLESS`, and ``besides`` of its own."""
    return tuple(flag for flag in flags if flag.name not in HARMLESS | besides)


def is_valid(flags: tuple[Flag, ...], besides: Set[str] = frozenset()) -> bool:
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
    return value
