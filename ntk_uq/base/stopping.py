"""Looking, in the middle of what takes minutes, whether it is still wanted.

Who runs a computation says how that is found out, in its own thread; the computation looks between
two panels of a factorization, say. Where nobody has said anything, looking does nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_look: ContextVar[Callable[[], None] | None] = ContextVar("look", default=None)


@contextmanager
def looking(look: Callable[[], None]) -> Iterator[None]:
    """While the block runs, in its thread alone, :func:`may_stop` calls ``look``, which raises what
    ends the computation."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def may_stop() -> None:
    """Raises what ends the computation, if it is not wanted any more."""
    look = _look.get()
    if look is not None:
        look()
