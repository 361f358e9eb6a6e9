"""Checks of fields that hold text: lists of names, and what somebody types."""

from dataclasses import dataclass
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Choice, Increasing, Name, Real

_NONE = "*"
"""An empty list in a link: no name has a star in it."""


@dataclass(frozen=True)
class Names:
    """A tuple of at most ``longest`` names, none of them twice; it may be empty."""

    item: "Name | Choice | Text"
    longest: int

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise SpecError(f"{name} is {value!r:.80}; it must be a list of names.")
        items = tuple(self.item.check(f"{name}[{i}]", v) for i, v in enumerate(value))
        if len(items) > self.longest:
            raise SpecError(f"{name} has {len(items)} names; give at most {self.longest}.")
        if len(set(items)) < len(items):
            raise SpecError(f"{name} holds a name twice; give each once.")
        return items

    def format(self, value: tuple[str, ...]) -> str:
        return ",".join(value) or _NONE

    def parse(self, name: str, text: str) -> tuple[str, ...]:  # noqa: ARG002
        return () if text == _NONE else tuple(text.split(","))


@dataclass(frozen=True)
class Text:
    """One line of what somebody types, of at most ``longest`` characters and at least ``shortest``;
    ``without`` some that stand for something else."""

    longest: int
    shortest: int = 0
    without: str = ""

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not value.isprintable():
            raise SpecError(f"{name} is {value!r:.80}; it must be one line of text.")
        if len(value) > self.longest:
            raise SpecError(
                f"{name} has {len(value)} characters; at most {self.longest} are allowed."
            )
        if len(value) < self.shortest:
            raise SpecError(f"{name} is empty; give at least {self.shortest} character.")
        if any(mark in value for mark in self.without):
            raise SpecError(f"{name} is {value!r:.80}; it may have none of {self.without}")
        return value

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002
        return text


@dataclass(frozen=True)
class AxisValues:
    """The values of an axis that may be of any field: increasing numbers, or names.

    Numbers are kept as floats, whatever the field; whoever knows the field reads them with its own
    check.
    """

    longest: int

    def check(self, name: str, value: Any) -> tuple[float, ...] | tuple[str, ...]:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise SpecError(f"{name} is {value!r:.80}; it must be a list of numbers or of names.")
        items = tuple(value)
        if items and all(isinstance(item, str) for item in items):
            return Names(Name(), self.longest).check(name, items)
        numbers: tuple[float, ...] = Increasing(Real(-1e300, 1e300), self.longest).check(
            name, items
        )
        return numbers

    def format(self, value: tuple[float, ...] | tuple[str, ...]) -> str:
        return ",".join(v if isinstance(v, str) else repr(v).removesuffix(".0") for v in value)

    def parse(self, name: str, text: str) -> tuple[float, ...] | tuple[str, ...]:  # noqa: ARG002
        items = tuple(item.strip() for item in text.split(","))
        try:
            return tuple(float(item) for item in items)
        except ValueError:
            return items
