"""A mapping that follows from something that may grow."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

V = TypeVar("V")


class Live(Mapping[str, V]):
    """A read-only mapping that is made anew whenever it is looked at.

    What is listed in a registry at run time is then found in all that follows from the registry.

    Args:
        make: gives the mapping as it is now.
    """

    def __init__(self, make: Callable[[], Mapping[str, V]]) -> None:
        self._make = make

    def __getitem__(self, key: str) -> V:
        return self._make()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())
