"""Things of which there is one file each, and one line each in a list: what is there, by name.

A folder such as ``ntk_uq/optimizers/`` holds a file for each optimizer, and in its ``registry.py``
the list of their names. Such a file is loaded when somebody first asks for what is in it. More can
be added at run time, to this process alone.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast, overload

from ntk_uq.base.errors import SpecError


class Named(Protocol):
    """What a registry holds: anything that says what it is called."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Sequence[str], Generic[T]):
    """All things of one kind that this process knows. As a sequence, their names, live.

    Args:
        home: the package that holds the files.
        word: what one of them is called, such as "optimizer"; a file ``NAME.py`` holds it under
            that word in capitals.
        files: the names, in the order of menus.
        check: raises SpecError for what cannot be one of them.
    """

    def __init__(
        self, home: str, word: str, files: tuple[str, ...], check: Callable[[object], None]
    ) -> None:
        self._home, self._word, self._files, self._check = home, word, files, check
        self._loaded: dict[str, T] = {}
        self._added: dict[str, T] = {}

    def get(self, name: str) -> T:
        """The thing of that name.

        Raises:
            SpecError: if this process knows none, or if what its file holds cannot be one.
        """
        if name in self._added:
            return self._added[name]
        if name not in self._files:
            raise SpecError(
                f"There is no {self._word} {name!r} here; there are {', '.join(self)}. (One that "
                "was registered at run time is known to that process alone; workers know the files "
                f"in {self._home.replace('.', '/')}/.)"
            )
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def register(self, thing: T) -> contextlib.ExitStack:
        """Adds one to this process.

        Returns:
            What takes it away again: ``close()`` it, or use it in a ``with`` statement.

        Raises:
            SpecError: if there is one of that name already, or if it cannot be one.
        """
        self._check(thing)
        if thing.name in self:
            raise SpecError(
                f"There is an {self._word} {thing.name!r} already; choose another name. (Results "
                "are kept under the name, so it stands for the same thing for ever.)"
            )
        self._added[thing.name] = thing
        added = contextlib.ExitStack()
        added.callback(self._added.pop, thing.name, None)
        return added

    def _load(self, name: str) -> T:
        constant = self._word.upper()
        found: Any = getattr(importlib.import_module(f"{self._home}.{name}"), constant, None)
        if getattr(found, "name", None) != name:
            raise SpecError(
                f"{self._home.replace('.', '/')}/{name}.py holds {found!r:.80} as {constant}; it "
                f"must be an {self._word.capitalize()} of the name {name!r}: file, line and name "
                "agree."
            )
        self._check(found)
        return cast(T, found)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._files, *self._added))

    def __len__(self) -> int:
        return len(self._files) + len(self._added)

    def __contains__(self, name: object) -> bool:
        return name in self._files or name in self._added

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return tuple(self)[index]

    def __repr__(self) -> str:
        return repr(tuple(self))
