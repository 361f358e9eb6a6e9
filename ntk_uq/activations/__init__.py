"""Activations: one file each, one line each in :data:`REGISTRY`.

A file ``ntk_uq/activations/NAME.py`` holds one :class:`~ntk_uq.activations.base.Activation` called
``ACTIVATION``: all that the theory, the finite networks, the costs and the pages need of it. It is
loaded when it is first asked for, never imports JAX, and is written for arrays of NumPy and of JAX
alike. docs/contributing/activation.md shows how to add one.

What is computed is kept under the activation's name. So a name stands for one function for ever:
one that is changed gets a new name.
"""

import contextlib
import functools
import importlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from ntk_uq.base.errors import SpecError

if TYPE_CHECKING:
    from ntk_uq.activations.base import Activation

REGISTRY = (
    "relu",
    "erf",
    "gelu",
    "linear",
)
"""The files of this folder that are activations, in the order of menus."""

_added: dict[str, "Activation"] = {}  # at run time, in this process


class Names(Sequence[str]):
    """The names of all activations that this process knows, those included that came later."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return (*REGISTRY, *_added)[index]

    def __len__(self) -> int:
        return len(REGISTRY) + len(_added)

    def __iter__(self) -> Iterator[str]:
        return iter((*REGISTRY, *_added))

    def __contains__(self, name: object) -> bool:
        return name in REGISTRY or name in _added

    def __repr__(self) -> str:
        return repr(tuple(self))


ACTIVATIONS = Names()


def get(name: str) -> "Activation":
    """The activation of a name.

    Raises:
        SpecError: if this process knows none of that name, or if what its file holds cannot be
            one; see :func:`ntk_uq.activations.soundness.check`.
    """
    if name in _added:
        return _added[name]
    if name not in REGISTRY:
        raise SpecError(
            f"There is no activation {name!r} in this process; there are {', '.join(ACTIVATIONS)}. "
            "(One that was registered at run time is known to that process alone; workers know the "
            "files in ntk_uq/activations/.)"
        )
    return _loaded(name)


def register(activation: "Activation") -> contextlib.ExitStack:
    """Adds an activation to this process.

    Returns:
        What takes it away again: ``close()`` it, or use it in a ``with`` statement.

    Raises:
        SpecError: if there is one of that name already, or if its functions do not fit together;
            see :func:`ntk_uq.activations.soundness.check`.
    """
    from ntk_uq.activations.soundness import check

    name = activation.name
    if name in ACTIVATIONS:
        raise SpecError(
            f"There is an activation {name!r} already; choose another name. (Results are kept "
            "under the name, so it stands for one function for ever.)"
        )
    check(activation)
    _added[name] = activation
    added = contextlib.ExitStack()
    added.callback(_added.pop, name, None)
    return added


@functools.cache
def _loaded(name: str) -> "Activation":
    from ntk_uq.activations.base import Activation
    from ntk_uq.activations.soundness import check

    found = getattr(importlib.import_module(f"{__name__}.{name}"), "ACTIVATION", None)
    if not isinstance(found, Activation) or found.name != name:
        raise SpecError(
            f"ntk_uq/activations/{name}.py holds {found!r:.80} as ACTIVATION; it must be an "
            f"Activation of the name {name!r}."
        )
    check(found)
    return found
