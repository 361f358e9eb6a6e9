"""The engine's side of sending data to workers: pieces of files, by digest."""

import threading
from collections import Counter
from pathlib import Path

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.files import state
from ntk_uq.engine.bundle import Bundle, describe

PIECE_BYTES = 2**24
"""Largest piece, in bytes. One a worker is under way at a time, through the scheduler, which
therefore never holds more than a few of them."""


class DataServer:
    """Gives out the files of data sets that it has offered, and no others.

    A worker asks by digest and never by path: what has not been offered cannot be asked for.

    Attributes:
        sent: how many bytes went out of each file, by digest.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: dict[str, tuple[Path, tuple[int, int]]] = {}
        self.sent: Counter[str] = Counter()

    def offer(self, names: tuple[str, ...]) -> Bundle | None:
        """Makes the files of data sets available; None where none of them has files.

        Raises:
            SpecError, DataError: as :func:`ntk_uq.engine.bundle.describe`.
        """
        bundle, paths = describe(names)
        with self._lock:
            for file, path in zip(bundle.files, paths, strict=True):
                self._offered[file.sha256] = (path, (file.modified, file.size))
        return bundle if bundle.files else None

    def piece(self, sha256: str, offset: int, size: int) -> bytes:
        """Part of an offered file.

        Raises:
            DataError: if no such file was offered, there is no such part, or the file has changed.
        """
        with self._lock:
            offered = self._offered.get(sha256)
        if offered is None:
            raise DataError(f"The engine offers no file with the SHA-256 {sha256[:64]!r}.")
        path, then = offered
        if not (offset >= 0 and 0 < size <= PIECE_BYTES and offset + size <= then[1]):
            raise DataError(
                f"A worker asked for {size} bytes at {offset} of {path.name}, which has {then[1]}."
            )
        changed = state(path) != then
        if not changed:
            content = _read(path, offset, size)
            changed = len(content) != size or state(path) != then
        if changed:
            raise DataError(f"{path} changed while it was sent to a worker; ask for the job again.")
        with self._lock:
            self.sent[sha256] += size
        return content


def _read(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
