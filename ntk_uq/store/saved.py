"""Views and reports that somebody saved under a name: whose they are, and who sees them.

Views that nobody owns are files (:mod:`ntk_uq.store.named_views`), as they always were. What has
an owner is a row here, and so is every report; a report's content is a file beside the table, since
one with figures takes megabytes.
"""

import contextlib
import functools
import json
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path

from ntk_uq.base import private
from ntk_uq.base.errors import SpecError, StoreError
from ntk_uq.base.settings import format_bytes
from ntk_uq.store import schema
from ntk_uq.store.database import Database
from ntk_uq.store.failures import in_words
from ntk_uq.store.named_views import NAME

MOST = 500
"""Views of one owner, and reports of one owner."""

LARGEST = 200 * 10**6
"""Bytes of a report."""

_COLUMNS = ("id", "kind", "name", "owner", "shared", "saved", "page", "query", "about")


class SavedKind(StrEnum):
    """What it is that was saved."""

    VIEW = auto()
    REPORT = auto()


@dataclass(frozen=True)
class SavedItem:
    """What was saved, without a report's content.

    Attributes:
        kind: a view or a report.
        name: as it was given; the owner has one of each kind of that name.
        page: of the page that shows it, as in the address.
        query: the items of its link.
        about: a sentence on it; empty where what it shows says enough.
        owner: id of the person whose it is; empty for nobody's.
        shared: whether all who use the store see it, and not its owner alone.
        id: the same for good, whatever it is called.
        saved: when, in unix seconds.
    """

    kind: SavedKind
    name: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict, hash=False)
    about: str = ""
    owner: str = ""
    shared: bool = True
    id: str = ""
    saved: float = 0.0


Items = tuple[SavedItem, ...]


class Saved:
    """What was saved in a store and has an owner, and all reports. May be shared by threads.

    Nothing here asks who may do it: :class:`ntk_uq.people.Saving` does. Every method raises
    StoreError, in words, as :class:`~ntk_uq.store.jobs.JobTable` does.
    """

    def __init__(
        self,
        path: Path,
        directory: Path,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
    ) -> None:
        """Of the table in ``path``; ``directory`` has the reports, and is made with the first.
        ``clock`` gives unix seconds; ``read_only`` as in :class:`Database`."""
        self._path, self.directory, self._clock = path, directory, clock
        self._read_only = read_only

    @functools.cached_property
    def _database(self) -> Database:
        return Database(self._path, schema.prepare, schema.stand_in, read_only=self._read_only)

    def list(self) -> Items:
        """All of it by name."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM saved").fetchall()
        found = (_item(row) for row in rows)
        return tuple(
            sorted(
                (item for item in found if item is not None),
                key=lambda item: (item.name.casefold(), item.id),
            )
        )

    def get(self, item_id: str) -> SavedItem | None:
        """What has that id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM saved WHERE id = ?", (item_id,)).fetchone()
        return None if row is None else _item(row)

    def save(self, item: SavedItem, content: bytes | None = None) -> SavedItem:
        """Saves it; what its owner has of that kind and name is replaced, and keeps its id.

        Args:
            item: with any id and time.
            content: of a report; None for a view.

        Returns:
            It as it is kept. The link of a report follows from its id.

        Raises:
            SpecError: for a name that is empty, too long or more than one line, a report that is
                too large, or if its owner has :data:`MOST` of them.
            StoreFullError, StoreNotWritableError, StoreError: if it cannot be written; what was
                there before stays.
        """
        name = NAME.check("The name", item.name.strip())
        if content is not None and len(content) > LARGEST:
            raise SpecError(
                f"The report has {format_bytes(len(content))}; at most {format_bytes(LARGEST)} "
                "are kept under a name. Take some views out, or save it as a file."
            )
        with self._written(content) as temporary, self._database.write() as connection:
            there = _same(connection, item.kind, item.owner, name)
            if there is None:
                self._check_room(connection, item)
            found = there or f"{item.kind}-{secrets.token_hex(12)}"
            query = {"id": found} if item.kind is SavedKind.REPORT else dict(item.query)
            kept = SavedItem(
                *(item.kind, name, item.page, query, item.about),
                *(item.owner, item.shared, found, self._clock()),
            )
            connection.execute("DELETE FROM saved WHERE id = ?", (found,))
            places = ", ".join("?" * len(_COLUMNS))
            connection.execute(
                f"INSERT INTO saved ({', '.join(_COLUMNS)}) VALUES ({places})", _row(kept)
            )
            if temporary is not None:
                temporary.replace(self._file(found))
        return kept

    def report(self, item_id: str) -> bytes:
        """The content of a report. Raises StoreError also where its file is gone."""
        with in_words(self.directory):
            try:
                return self._file(item_id).read_bytes()
            except FileNotFoundError:
                raise StoreError(
                    f"The file of this report, {self._file(item_id)}, is gone; save it anew, or "
                    "put the file back."
                ) from None

    def rename(self, item_id: str, name: str) -> None:
        """Gives it another name. Raises SpecError as :meth:`save`, or where its owner has one of
        that kind and name already."""
        name = NAME.check("The name", name.strip())
        with self._database.write() as connection:
            row = connection.execute("SELECT * FROM saved WHERE id = ?", (item_id,)).fetchone()
            if row is None:
                raise StoreError("It is not there any more; somebody has deleted it.")
            if _same(connection, row["kind"], row["owner"], name) not in (None, item_id):
                raise SpecError(f"There is a {row['kind']} {name!r} already; take another name.")
            connection.execute("UPDATE saved SET name = ? WHERE id = ?", (name, item_id))

    def share(self, item_id: str, shared: bool) -> None:
        """Shows it to all who use the store, or to its owner alone."""
        with self._database.write() as connection:
            connection.execute("UPDATE saved SET shared = ? WHERE id = ?", (shared, item_id))

    def remove(self, item_id: str) -> None:
        """Deletes it, if it is there."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM saved WHERE id = ?", (item_id,))
        with in_words(self.directory):
            self._file(item_id).unlink(missing_ok=True)

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        if "_database" in self.__dict__:
            self._database.close()

    def _file(self, item_id: str) -> Path:
        # Ids come from links, too: none may lead out of the folder.
        return self.directory / f"{''.join(c for c in item_id if c.isalnum() or c == '-')}.json"

    @contextlib.contextmanager
    def _written(self, content: bytes | None) -> Iterator[Path | None]:
        """The content in a file that is gone at the end, unless it was moved: a large one is
        written before the transaction, for which all others wait."""
        if content is None:
            yield None
            return
        with in_words(self.directory):
            private.make_folder(self.directory, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".report-", dir=self.directory)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                private.keep(temporary)
                yield temporary
            finally:
                temporary.unlink(missing_ok=True)

    def _check_room(self, connection: sqlite3.Connection, item: SavedItem) -> None:
        (count,) = connection.execute(
            "SELECT count(*) FROM saved WHERE kind = ? AND owner = ?", (item.kind, item.owner)
        ).fetchone()
        if count >= MOST:
            raise SpecError(f"There are {MOST} saved {item.kind}s; delete one of them first.")


def _same(connection: sqlite3.Connection, kind: str, owner: str, name: str) -> str | None:
    row = connection.execute(
        "SELECT id FROM saved WHERE kind = ? AND owner = ? AND name = ?", (kind, owner, name)
    ).fetchone()
    return None if row is None else str(row["id"])


def _row(item: SavedItem) -> tuple[object, ...]:
    query = json.dumps(dict(item.query), sort_keys=True)
    return (
        *(item.id, str(item.kind), item.name, item.owner, int(item.shared), item.saved),
        *(item.page, query, item.about),
    )


def _item(row: sqlite3.Row) -> SavedItem | None:
    """The item of a row; None for one that this version does not know, or that is damaged."""
    try:
        query = json.loads(row["query"])
        kind = SavedKind(row["kind"])
        saved = float(row["saved"])
    except (ValueError, TypeError):
        return None
    texts = [row[name] for name in ("id", "name", "owner", "page", "about")]
    if not isinstance(query, dict) or not all(
        isinstance(text, str) for text in (*texts, *query, *query.values())
    ):
        return None
    return SavedItem(
        *(kind, row["name"], row["page"], query, row["about"]),
        *(row["owner"], bool(row["shared"]), row["id"], saved),
    )
