"""Finished results of a store in which nothing can be written: a full disk, a read-only one.

diskcache writes its settings into a cache when it opens one, and again in every thread. Here its
table is read and nothing else is done.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from ntk_uq.store.database import Database
from ntk_uq.store.disk import BytesDisk, DamagedEntryError
from ntk_uq.store.lending import ENTRIES, Row, questions

_log = logging.getLogger(__name__)
_TOTALS = "SELECT key, value FROM Settings WHERE key IN ('count', 'size')"
_ROW = "SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1"


class UnwritableResults:
    """What :class:`~ntk_uq.store.results.ResultsCache` reads from where it cannot write."""

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        """Opens the cache in ``directory``; ``read_only`` as in :class:`Database`.

        Raises:
            StoreError: if there is none, or it cannot be read.
        """
        self._database = Database(directory / "cache.db", lambda _: None, read_only=read_only)
        self._disk = BytesDisk(str(directory))
        self.directory = directory

    def get(self, key: str) -> bytes | None:
        """The value of ``key``; None if there is none or it is damaged."""
        with self._database.read() as connection:
            row = connection.execute(_ROW, (key,)).fetchone()
        if row is None:
            return None
        try:
            return self._disk.fetch(row["mode"], row["filename"], row["value"], False)
        except DamagedEntryError as damage:
            _log.warning("%s: the result %s is damaged (%s)", self.directory, key, damage)
            return None

    def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """Those of many entries that are there, as they lie in the table."""
        with self._database.read() as connection:
            found = [row for asked in questions(keys) for row in connection.execute(*asked)]
        return {key: (mode, name, value) for key, mode, name, value in found}

    def __contains__(self, key: str) -> bool:
        """Whether there is an entry."""
        with self._database.read() as connection:
            return connection.execute(_ROW, (key,)).fetchone() is not None

    def totals(self) -> tuple[int, int]:
        """How many entries there are, and the bytes of those that are files."""
        with self._database.read() as connection:
            rows = dict(connection.execute(_TOTALS).fetchall())
        return int(rows["count"]), int(rows["size"])

    def entries(self) -> list[tuple[str, int, float]]:
        """Of each entry its key, its bytes and when it was stored, in unix seconds."""
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(ENTRIES).fetchall()]

    def close(self) -> None:
        """Closes idle connections; they open again when used."""
        self._database.close()
