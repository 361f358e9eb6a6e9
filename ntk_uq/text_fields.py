"""Checks of fields that hold text: lists of names, and what somebody types."""

from dataclasses import dataclass
from typing import Any

from ntk_uq.errors import SpecError
from ntk_uq.fields import Choice, Name

_NONE = "*"
"""An empty list in a link: no name has a star in it."""


@dataclass(frozen=True)
class Names:
    """A tuple of at most ``longest`` names, none of them twice; it may be empty."""

    item: Name | Choice
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
    """One line of what somebody types, of at most ``longest`` characters; it may be empty."""

    longest: int

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not value.isprintable():
            raise SpecError(f"{name} is {value!r:.80}; it must be one line of text.")
        if len(value) > self.longest:
            raise SpecError(
                f"{name} has {len(value)} characters; at most {self.longest} are allowed."
            )
        return value

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002
        return text
