"""Whether a file of the store is still the one that was opened.

A program that has a file open goes on with it also when it was deleted or moved away: what it
writes is lost, and it reads what nobody else sees. So a file is looked at before each use.
"""

import logging
from pathlib import Path

from ntk_uq.base.errors import StoreGoneError
from ntk_uq.base.settings import STORE

_log = logging.getLogger(__name__)

Identity = tuple[int, int]
"""Device and number of a file."""


def identity(path: Path) -> Identity | None:
    """Which file is at ``path``; None if there is none. Raises OSError if that cannot be told."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


class SameFile:
    """The file at a path, from the moment on at which it was opened first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: Identity | None = None

    def opened(self) -> None:
        """Says that the file which is there now has been opened."""
        self.known = identity(self.path)

    def replaced(self) -> bool:
        """Whether another file is there now than the one that was opened; it is known from now on.

        Raises:
            StoreGoneError: if there is none any more.
            OSError: if that cannot be told.
        """
        if self.known is None or (found := identity(self.path)) == self.known:
            return False
        if found is None:
            raise StoreGoneError(
                f"{self.path} is not there any more: the store was deleted or moved while this "
                "program used it. Put it back, and everything goes on by itself; or end the "
                f"engine and the pages and start them again, with {STORE} set to where the store "
                "is now. Nothing is written meanwhile."
            )
        self.known = found
        _log.warning("%s is another file now than before; going on with that one", self.path)
        return True
