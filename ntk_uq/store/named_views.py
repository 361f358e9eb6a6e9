"""Views that somebody saved under a name: a small JSON file each, for all who use the store."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import private
from ntk_uq.base.errors import SpecError, StoreReadOnlyError
from ntk_uq.base.fields.text import Text
from ntk_uq.store.database import NOTHING_KEPT
from ntk_uq.store.failures import in_words

NAME = Text(60, 1)
"""What a view may be called."""

MOST = 500


@dataclass(frozen=True)
class NamedView:
    """A saved view.

    Attributes:
        name: as it was given.
        page: of the page that shows it, as in the address.
        query: the items of its link.
    """

    name: str
    page: str
    query: Mapping[str, str]


class NamedViews:
    """The saved views of a store. May be shared by threads; the last who saves a name wins."""

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        """``directory`` holds their files; it is made when the first one is saved. Where it is
        ``read_only``, none is saved or deleted."""
        self.directory, self._read_only = directory, read_only

    def list(self) -> tuple[NamedView, ...]:
        """All of them by name. A file that is none of ours is left alone.

        Raises:
            StoreError: if the directory cannot be read.
        """
        with in_words(self.directory):
            if not self.directory.is_dir():
                return ()
            found = [_read(path) for path in self.directory.glob("*.json")]
        return tuple(sorted((v for v in found if v is not None), key=lambda v: v.name.casefold()))

    def save(self, view: NamedView) -> None:
        """Saves a view; one of that name is replaced.

        Raises:
            SpecError: for a name that is empty, too long or more than one line, or if there are
                :data:`MOST` views.
            StoreFullError, StoreNotWritableError, StoreError: if it cannot be written.
        """
        self._check_writable()
        name = NAME.check("The name", view.name.strip())
        path = self._path(name)
        with in_words(self.directory):
            private.make_folder(self.directory, exist_ok=True)
            if not path.exists() and len(list(self.directory.glob("*.json"))) >= MOST:
                raise SpecError(f"There are {MOST} saved views; delete one of them first.")
            content = json.dumps({"name": name, "page": view.page, "query": dict(view.query)})
            _write(path, content)

    def delete(self, name: str) -> None:
        """Deletes the view of that name, if there is one. Raises StoreError as :meth:`save`."""
        self._check_writable()
        with in_words(self.directory):
            self._path(name).unlink(missing_ok=True)

    def _check_writable(self) -> None:
        if self._read_only:
            raise StoreReadOnlyError(NOTHING_KEPT)

    def _path(self, name: str) -> Path:
        # A name may be anything that can be typed, and a file's name may not.
        return self.directory / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"


def _write(path: Path, content: str) -> None:
    """Writes the file whole or not at all."""
    handle, temporary = tempfile.mkstemp(prefix=".view-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        private.keep(Path(temporary))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(path: Path) -> NamedView | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        view = NamedView(content["name"], content["page"], content["query"])
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        return None
    texts = (view.name, view.page, *(view.query if isinstance(view.query, dict) else (None,)))
    return view if all(isinstance(text, str) for text in texts) else None
