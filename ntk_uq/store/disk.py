"""The form in which results lie on disk: str keys, checksummed bytes, never a pickle.

diskcache's own disks unpickle what they find, so that whoever can write a row into the database
runs code in every process that reads it. This one knows two modes, bytes in the row and bytes in
a file of the cache's own naming, and calls everything else damaged.
"""

import hashlib
import logging
import os
import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import DBNAME, MODE_BINARY, MODE_RAW, UNKNOWN

from ntk_uq.base import private
from ntk_uq.base.errors import StoreError
from ntk_uq.store.failures import BUSY_TIMEOUT
from ntk_uq.store.lending import LendingCache

_log = logging.getLogger(__name__)

MIN_FILE_SIZE = 2**15
"""Values of at least this many bytes are files; smaller ones lie in the database."""

_DIGEST_SIZE = hashlib.sha256().digest_size
_FILE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")


class DamagedEntryError(Exception):
    """An entry is not what this disk wrote. Never leaves the package: it reads as missing."""


class BytesDisk(diskcache.Disk):
    """Serialization for ``diskcache.Cache``: keys are str, values SHA-256 digest and bytes."""

    def __init__(self, directory: str, min_file_size: int = MIN_FILE_SIZE, **_: Any) -> None:
        """Args as ``diskcache.Disk``; other settings, the pickle protocol first, are ignored."""
        super().__init__(os.path.realpath(directory), min_file_size, 0)
        self._written = threading.local()

    def __setattr__(self, name: str, value: Any) -> None:
        # Cache sets every row of its Settings table that is named disk_* on this object. An
        # attribute is set once, so that such a row can move neither the directory nor a method.
        if not hasattr(self, name):
            super().__setattr__(name, value)

    def put(self, key: Any) -> tuple[str, bool]:
        """Database form of a key. Raises TypeError unless it is a str."""
        if type(key) is not str:
            raise TypeError(f"a key of the store is a str, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        """Key from its database form. Raises DamagedEntryError unless ``put`` made it."""
        if not raw or type(key) is not str:
            raise DamagedEntryError("the key is not a plain str")
        return key

    def store(
        self, value: Any, read: bool, key: Any = UNKNOWN
    ) -> tuple[int, int, str | None, memoryview | None]:
        """Columns (size, mode, filename, value) for a value. Raises TypeError unless bytes."""
        if read or type(value) is not bytes:
            raise TypeError(f"a value of the store is bytes, not {type(value).__name__}")
        digest = hashlib.sha256(value).digest()
        if len(value) < self.min_file_size:
            return 0, MODE_RAW, None, sqlite3.Binary(digest + value)
        filename, full_path = self.filename(key, value)
        self._written.filename = filename
        size = self._write(full_path, iter((digest, value)), "xb")
        private.keep(Path(full_path))
        return size, MODE_BINARY, filename, None

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> bytes:
        """The value that ``store`` was given.

        Raises:
            DamagedEntryError: for another mode, a foreign or missing file, a wrong checksum.
            StoreError: if the file is there and cannot be read (rights, too many open files).
        """
        if read:
            raise TypeError("values of the store are read as bytes, not as files")
        if mode == MODE_RAW:
            data = value
        elif mode == MODE_BINARY:
            data = self._read(self.path_of(filename))
        else:
            raise DamagedEntryError(f"its mode {mode!r} is not one that the store writes")
        if type(data) is not bytes or len(data) < _DIGEST_SIZE:
            raise DamagedEntryError("it is too short, or not bytes")
        body = data[_DIGEST_SIZE:]
        if hashlib.sha256(body).digest() != data[:_DIGEST_SIZE]:
            raise DamagedEntryError("its checksum is wrong")
        return body

    def remove(self, file_path: Any) -> None:
        """Removes a value's file; anything that is not one is left alone."""
        try:
            self.path_of(file_path)
        except DamagedEntryError as error:
            _log.warning("%s: not removing %r: %s", self._directory, file_path, error)
            return
        super().remove(file_path)

    def forget_written(self) -> None:
        """Forgets the file that this thread wrote last: a row refers to it now."""
        self._written.filename = None

    def remove_written(self) -> None:
        """Removes the file that this thread wrote last, whole or in part, if none refers to it."""
        filename = getattr(self._written, "filename", None)
        if filename is not None:
            self.remove(filename)
            self.forget_written()

    def path_of(self, filename: Any) -> Path:
        """Full path of a value's file. Raises DamagedEntryError if ``filename`` names another.

        The pattern alone keeps the path inside the directory and off the database itself; a
        symbolic link could still lead outside, so none is followed.
        """
        if type(filename) is not str or _FILE_NAME.fullmatch(filename) is None:
            raise DamagedEntryError("its file name is not one that the store writes")
        path = Path(self._directory, filename)
        if os.path.realpath(path) != str(path):
            raise DamagedEntryError("its file is outside the store")
        return path

    def _read(self, path: Path) -> bytes:
        try:
            if path.exists() and not path.is_file():
                raise DamagedEntryError("its file is not a regular file")
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise DamagedEntryError("its file is missing") from None
        except OSError as error:
            # Cache.get would take an OSError for a missing entry.
            raise StoreError(f"The result in {path} cannot be read: {error.strerror}.") from error


def open_cache(directory: Path) -> diskcache.Cache:
    """The cache in ``directory``, made for this account or its group where missing; the only way to
    open one.

    diskcache keeps its settings in the database but not the disk's class: a cache that is
    reopened without ``disk=`` unpickles again.

    Raises:
        StoreError: if the path holds a ``$VARIABLE``, which diskcache would replace.
        OSError, sqlite3.Error: if it cannot be made or opened.
    """
    if os.path.expandvars(directory) != str(directory):
        raise StoreError(f"The store cannot lie in {directory}: choose a path without $.")
    private.make_folder(directory, exist_ok=True)
    private.make_file(directory / DBNAME)
    cache = object.__new__(LendingCache)
    try:
        LendingCache.__init__(
            cache,
            str(directory),
            timeout=BUSY_TIMEOUT,
            disk=BytesDisk,
            disk_min_file_size=MIN_FILE_SIZE,
            # Results are kept for ever: the defaults evict silently beyond 1 GiB.
            eviction_policy="none",
            cull_limit=0,
            # Either would make each reading a write.
            statistics=0,
            tag_index=0,
            # A database that is truncated under a memory map ends the process with a signal.
            sqlite_mmap_size=0,
        )
    except BaseException:
        # It would stay open, and what SQLite could open for reading only would stay so, too.
        cache.close()
        raise
    return cache
