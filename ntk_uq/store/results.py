"""Finished results, by the digest of what was computed."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import diskcache

from ntk_uq.base.errors import DataError, StoreNotWritableError, StoreReadOnlyError
from ntk_uq.store.database import NOTHING_KEPT
from ntk_uq.store.disk import BytesDisk, DamagedEntryError, open_cache
from ntk_uq.store.failures import in_words
from ntk_uq.store.identity import SameFile
from ntk_uq.store.lending import Row
from ntk_uq.store.unwritable import UnwritableResults

_log = logging.getLogger(__name__)


def json_bytes(value: Any) -> bytes:
    """``value`` as canonical JSON: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: for NaN and infinities, and for None, which reads as missing.
        TypeError: for what JSON cannot hold.
    """
    if value is None:
        raise ValueError("None cannot be stored as JSON: it reads as a missing entry")
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


class _Readable(Protocol):
    @classmethod
    def from_json(cls, data: Any) -> Self: ...


AnyRecord = TypeVar("AnyRecord", bound=_Readable)


def record_of(value: bytes, kind: type[AnyRecord]) -> AnyRecord | None:
    """The record of that class in an entry's value; None where the bytes are no such record."""
    try:
        data = _json_of(value)
        return None if data is None else kind.from_json(data)
    except (DataError, ValueError, RecursionError):
        return None


def _json_of(value: bytes) -> Any:
    return json.loads(value, parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Entry:
    """That there is a result: its key, how many bytes it takes, and when it was stored, in unix
    seconds."""

    key: str
    bytes: int
    stored: float


class ResultsCache:
    """Bytes by key, kept for ever, shared by any number of threads and processes.

    An entry that is damaged is never returned: it is logged, deleted and reads as missing, so
    that the result is computed again.

    Every method raises StoreError, in words, if the database cannot be used; StoreGoneError if it
    is not there any more. Where another one is, they go on with that.
    """

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        """Opens the cache in ``directory``, which is made with mode 0700 where missing; nothing is
        ever made or written where it is ``read_only``."""
        self.directory, self._read_only = directory, read_only
        self._cache: diskcache.Cache | None = None
        self._reader: UnwritableResults | None = None
        self._disk = BytesDisk(str(directory))
        self._file = SameFile(directory / "cache.db")
        try:
            self._opened()
        except StoreNotWritableError:
            # Opening one writes its settings into it.
            self._unwritable()

    def get(self, key: str) -> bytes | None:
        """The value of ``key``; None if there is none or it is damaged."""
        cache = self._same()
        if cache is None:
            return self._unwritable().get(key)
        try:
            with in_words(self.directory):
                try:
                    value: bytes | None = cache.get(key)
                except DamagedEntryError:
                    return self._reread(cache, key)
                return value
        except StoreNotWritableError:
            return self._unwritable().get(key)

    def put(self, key: str, value: bytes) -> None:
        """Stores ``value`` under ``key``, whole or not at all, replacing what was there.

        Raises:
            StoreFullError: if the disk or a quota is full.
            TypeError: if the key is not a str or the value not bytes.
        """
        cache = self._opened()
        with in_words(self.directory):
            try:
                cache.set(key, value)
            except BaseException:
                # Closing rolls back what the failed transaction may have left open.
                cache.close()
                cache.disk.remove_written()
                raise
            cache.disk.forget_written()

    def __contains__(self, key: str) -> bool:
        """Whether there is an entry; reading it may still find it damaged, and so missing."""
        return bool(self._asked(lambda table: key in table))

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those ``keys`` that have one, in the order of ``keys``."""
        wanted = list(dict.fromkeys(keys))
        rows = self._asked(lambda table: table.rows(wanted))
        values = {key: self._fetched(key, rows[key]) for key in wanted if key in rows}
        return {key: value for key, value in values.items() if value is not None}

    def _fetched(self, key: str, row: Row) -> bytes | None:
        try:
            return self._disk.fetch(*row, False)
        except DamagedEntryError:
            return self.get(key)  # which looks again before it says so

    def delete(self, key: str) -> bool:
        """Removes the entry; returns whether there was one."""
        cache = self._opened()
        with in_words(self.directory):
            try:
                return bool(cache.delete(key))
            except BaseException:
                cache.close()
                raise

    def totals(self) -> tuple[int, int]:
        """How many entries there are, and the bytes of those that are files of their own."""
        found: tuple[int, int] = self._asked(lambda table: table.totals())
        return found

    def entries(self) -> list[Entry]:
        """All entries by their keys, without reading any of them."""
        return [Entry(*row) for row in self._asked(lambda table: table.entries())]

    def _asked(self, question: Callable[[Any], Any]) -> Any:
        """What the table answers, also where nothing can be written."""
        cache = self._same()
        if cache is None:
            return question(self._unwritable())
        try:
            with in_words(self.directory):
                return question(cache)
        except StoreNotWritableError:
            return question(self._unwritable())

    def get_json(self, key: str) -> Any:
        """The value that ``put_json`` stored; None if there is none or it is damaged.

        Raises:
            ValueError: if the entry is sound and not JSON: ``put`` stored it.
        """
        value = self.get(key)
        return None if value is None else _json_of(value)

    def get_record(self, key: str, kind: type[AnyRecord]) -> AnyRecord | None:
        """The record of that class that ``put_json`` stored; None if there is none.

        Sound bytes that are no such record are as good as missing: they are written over when it
        is computed.
        """
        value = self.get(key)
        return None if value is None else record_of(value, kind)

    def put_json(self, key: str, value: Any) -> None:
        """Stores ``value`` as canonical JSON (see :func:`json_bytes`, also for what it raises).

        Raises:
            StoreFullError: if the disk or a quota is full.
        """
        self.put(key, json_bytes(value))

    def close(self) -> None:
        """Closes this thread's connection; it opens again when used. Others end with theirs."""
        if self._cache is not None:
            self._cache.close()
        if self._reader is not None:
            self._reader.close()

    def _opened(self) -> diskcache.Cache:
        """The cache to write to; where nothing could be written before, it is tried again."""
        if self._read_only:
            raise StoreReadOnlyError(NOTHING_KEPT)
        cache = self._same()
        if cache is None:
            if self._reader is not None:
                # SQLite would share with it, in this process, what it could open for reading only.
                self._reader.close()
            with in_words(self.directory):
                cache = self._cache = open_cache(self.directory)
                self._file.opened()
        return cache

    def _same(self) -> diskcache.Cache | None:
        """The cache that was opened to write to, if it still is the one in the directory."""
        with in_words(self.directory):
            if self._file.replaced():
                self.close()
                self._cache = self._reader = None
        return self._cache

    def _unwritable(self) -> UnwritableResults:
        if self._reader is None:
            self._reader = UnwritableResults(self.directory, read_only=self._read_only)
        return self._reader

    def _reread(self, cache: diskcache.Cache, key: str) -> bytes | None:
        """Looks again while nobody can write, and deletes the entry if it is damaged.

        Without the lock, an entry that another process just replaced would look damaged (its
        old file is gone), and the new one would be deleted.
        """
        try:
            with cache.transact():
                try:
                    value: bytes | None = cache.get(key)
                except DamagedEntryError as damage:
                    _log.warning(
                        "%s: the result %s is damaged (%s); it is deleted and will be computed "
                        "again",
                        self.directory,
                        key,
                        damage,
                    )
                    cache.delete(key)
                    return None
                return value
        except (sqlite3.Error, diskcache.Timeout) as error:
            # It could not be deleted (full disk, locked): still, it is not to be trusted.
            cache.close()
            _log.warning("%s: damaged result %s stays: %s", self.directory, key, error)
            return None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
