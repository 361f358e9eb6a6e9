"""What a field of a specification may hold, and how it is written in JSON and in a link.

Each check is one small frozen class with three methods: ``check`` normalizes a value or raises a
:class:`~ntk_uq.base.errors.SpecError` that says what was got and what is allowed, ``format`` and
``parse`` write it to and read it from one item of a URL query.
"""

import itertools
import math
import numbers
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ntk_uq.base.errors import SpecError


@runtime_checkable
class Check(Protocol):
    """The interface of a field's check."""

    def check(self, name: str, value: Any) -> Any: ...
    def format(self, value: Any) -> str: ...
    def parse(self, name: str, text: str) -> Any: ...


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def check(self, name: str, value: Any) -> int:
        # bool is an int in Python; True as a depth is a mistake, not 1.
        if not _is_number(value) or not _is_whole(value):
            raise SpecError(f"{name} is {shown(value)}; it must be a whole number.")
        if not self.low <= value <= self.high:
            got = shown(int(value))
            raise SpecError(f"{name} is {got}; it must be from {self.low} to {self.high}.")
        return int(value)

    def format(self, value: int) -> str:
        return str(value)

    def parse(self, name: str, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise SpecError(f"{name} is {shown(text)}; it must be a whole number.") from None


@dataclass(frozen=True)
class Real:
    """A finite number from ``low`` to ``high``; ``low`` itself is left out if ``above`` is set,
    ``high`` if ``below`` is."""

    low: float
    high: float
    above: bool = False
    below: bool = False

    def check(self, name: str, value: Any) -> float:
        if not _is_number(value):
            raise SpecError(f"{name} is {shown(value)}; it must be a number.")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf if value > 0 else -math.inf
        too_low = number <= self.low if self.above else number < self.low
        too_high = number >= self.high if self.below else number > self.high
        if not math.isfinite(number) or too_low or too_high:
            raise SpecError(f"{name} is {number:g}; it must be {self.describe()}.")
        return number + 0.0  # -0.0 becomes 0.0: the digests must agree

    def describe(self) -> str:
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        high = f"below {self.high:g}" if self.below else f"at most {self.high:g}"
        return f"{low} and {high}"

    def format(self, value: float) -> str:
        return repr(value)

    def parse(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise SpecError(f"{name} is {shown(text)}; it must be a number.") from None


@dataclass(frozen=True)
class Choice:
    """One of a few names; of a registry, one of those that it knows when it is asked."""

    options: Collection[str]

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise SpecError(f"{name} is {shown(value)}; choose one of {', '.join(self.options)}.")
        return str(value)

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002 (one interface for all)
        return text


@dataclass(frozen=True)
class Name:
    """A short identifier; whether it exists is the registry's business."""

    longest: int = 64

    def check(self, name: str, value: Any) -> str:
        allowed = isinstance(value, str) and 0 < len(value) <= self.longest
        if not allowed or not all(c.isalnum() or c in "_-." for c in value):
            raise SpecError(
                f"{name} is {shown(value)}; it must be 1 to {self.longest} letters, digits, - or _."
            )
        return value

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002
        return text


@dataclass(frozen=True)
class Switch:
    """On or off."""

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise SpecError(f"{name} is {shown(value)}; it must be true or false.")
        return value

    def format(self, value: bool) -> str:
        return "1" if value else "0"

    def parse(self, name: str, text: str) -> bool:
        if text not in ("0", "1"):
            raise SpecError(f"{name} is {shown(text)}; it must be 0 or 1.")
        return text == "1"


@dataclass(frozen=True)
class Maybe:
    """Another check's value, or None; written as ``none`` in a link."""

    inner: Check

    def check(self, name: str, value: Any) -> Any:
        return None if value is None else self.inner.check(name, value)

    def format(self, value: Any) -> str:
        return "none" if value is None else self.inner.format(value)

    def parse(self, name: str, text: str) -> Any:
        return None if text == "none" else self.inner.parse(name, text)


@dataclass(frozen=True)
class Increasing:
    """A tuple of numbers, each larger than the one before; whole ones, or any."""

    item: Whole | Real
    longest: int = 64

    def check(self, name: str, value: Any) -> tuple[Any, ...]:
        kind = "whole numbers" if isinstance(self.item, Whole) else "numbers"
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise SpecError(f"{name} is {shown(value)}; it must be a list of {kind}.")
        items = tuple(self.item.check(f"{name}[{i}]", v) for i, v in enumerate(value))
        if not 1 <= len(items) <= self.longest:
            raise SpecError(f"{name} has {len(items)} values; give 1 to {self.longest}.")
        for left, right in itertools.pairwise(items):
            if left == right:
                raise SpecError(f"{name} holds {left} twice; name each value once.")
            if left > right:
                raise SpecError(
                    f"{name} goes from {left} down to {right}; sort it from small to large."
                )
        return items

    def format(self, value: tuple[Any, ...]) -> str:
        return ",".join(map(self.item.format, value))

    def parse(self, name: str, text: str) -> tuple[Any, ...]:
        items = [item.strip() for item in text.split(",")]
        return tuple(self.item.parse(name, item) for item in items)


def _is_number(value: Any) -> bool:
    """Whether it is a real number, Python's or NumPy's; a bool of either is none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) or float(value).is_integer()


def shown(value: Any) -> str:
    """The value for a message; Python refuses to write integers of thousands of digits."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "empty"
    try:
        text = repr(value)
    except ValueError:
        return f"a {type(value).__name__} of thousands of digits"
    return text if len(text) <= 200 else f"{text[:200]}..."
