"""What an admin has to say to all who look at the pages."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base.errors import SpecError
from ntk_uq.store.database import Database

LONGEST_NOTICE = 300
"""Characters of a notice."""

NOTICE_TABLE = """
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    since REAL NOT NULL
)
"""


@dataclass(frozen=True)
class Notice:
    """What is said, by whom, and since when, in unix seconds."""

    text: str
    author: str
    since: float


class NoticeBoard:
    """The one notice of a store, in the file of its jobs.

    Every method raises StoreError, in words, as :class:`~ntk_uq.store.jobs.JobTable` does.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False
    ) -> None:
        """Of the table in ``path``, made when it is used first; ``clock`` gives unix seconds;
        ``read_only`` as in :class:`Database`."""
        self._path, self._clock, self._read_only = path, clock, read_only

    @functools.cached_property
    def _database(self) -> Database:
        temporary = NOTICE_TABLE.replace("CREATE TABLE", "CREATE TEMP TABLE")
        return Database(
            self._path,
            lambda connection: connection.execute(NOTICE_TABLE),
            lambda connection: connection.execute(temporary),
            read_only=self._read_only,
        )

    def read(self) -> Notice | None:
        """What is said now."""
        with self._database.read() as connection:
            row = connection.execute("SELECT text, author, since FROM notice").fetchone()
        return None if row is None else Notice(row["text"], row["author"], row["since"])

    def write(self, text: str, author: str) -> None:
        """Says something else from now on, or nothing. Pages that are open notice it as they notice
        a change of the runs.

        Raises:
            SpecError: if it is too long, or has characters that cannot be shown.
        """
        said = " ".join(text.split())
        if len(said) > LONGEST_NOTICE or not said.isprintable():
            raise SpecError(
                f"The message has {len(said)} characters; at most {LONGEST_NOTICE} that can be "
                "shown are allowed."
            )
        with self._database.write() as connection:
            connection.execute("DELETE FROM notice")
            if said:
                connection.execute(
                    "INSERT INTO notice VALUES (1, ?, ?, ?)", (said, author, self._clock())
                )
            connection.execute("UPDATE changes SET count = count + 1")

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        if "_database" in self.__dict__:
            self._database.close()
