"""What a view shows, made once for all sessions that show it in the same state and style.

Whatever one session makes here, others are shown: it follows from the key alone, and is never
changed. Nothing that is a session's own may go in: what its controls hold besides the view, what it
asked for, how far that is.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ntk_uq import datasets
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.base.shared import Shared
from ntk_uq.datasets import own as own_data
from ntk_uq.figures import Style
from ntk_uq.ui import own
from ntk_uq.ui.panels import SentFigure

Value = TypeVar("Value")

_FOUND: Shared[Any] = Shared(256)
_PANELS: Shared[tuple[SentFigure, ...]] = Shared(
    512, lambda panels: sum(len(p.figure) + len(p.alt) for p in panels), 64 * 2**20
)
_OWN = re.compile(rf"{own_data.PREFIX}[0-9a-f]+")


@dataclass(frozen=True)
class ShownView:
    """What a page shows: all that its figures, tables and sentences follow from.

    Attributes:
        view: the page's, with every field.
        state: of every result that is drawn, what was read of it (``Curve.state``).
        style: of the figures.
    """

    view: Spec
    state: tuple[Hashable, ...]
    style: Style

    def once(self, what: str, make: Callable[[], Value]) -> Value:
        """What ``make`` gives, from whichever session made it first; not to be changed.

        Args:
            what: it is, by a name of its own in the page.
            make: makes it from the view, the results and the style alone. It draws nothing.
        """
        return cast(Value, _FOUND.get((what, self, _names(self.view)), make))

    def panels(
        self, what: str, make: Callable[[], tuple[SentFigure, ...]]
    ) -> tuple[SentFigure, ...]:
        """The same of a row of figures."""
        return _PANELS.get((what, self, _names(self.view)), make)


def forget() -> None:
    """Forgets all that was made."""
    _FOUND.clear()
    _PANELS.clear()


def _names(view: Spec) -> tuple[tuple[str, str | None, str | None], ...]:
    """Of each of the users' own data sets in a view, what it is called in this session and in its
    file: a name that is its owner's stays with whom it is called so."""
    found = sorted(set(_OWN.findall(repr(view))))
    return tuple((name, own.title_of(name), _title(name)) for name in found)


def _title(name: str) -> str | None:
    try:
        return datasets.get(name).title
    except NtkUqError:
        return None
