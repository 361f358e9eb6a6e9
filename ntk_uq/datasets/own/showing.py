"""To whom data sets are shown: a process that knows who looks says so here, once.

Others, as engines are, work for everybody and are shown all.
"""

from collections.abc import Callable


def _all(name: str) -> str | None:  # noqa: ARG001
    return None


_asked: Callable[[str], str | None] = _all


def ask(of: Callable[[str], str | None]) -> None:
    """From now on, ``of`` is asked before a data set is given.

    Args:
        of: gives what the data set of a name is called for whoever looks, None for as its file
            was; raises PrivateDataError where it is not shown to them.
    """
    global _asked
    _asked = of


def title_of(name: str) -> str | None:
    """What a data set is called for whoever looks; None for as its file was.

    Raises:
        PrivateDataError: where it is not shown to them.
    """
    return _asked(name)
