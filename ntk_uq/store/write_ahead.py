"""A SQLite file together with its write-ahead log, read into memory.

SQLite needs room to read a log: its processes share memory that lies in a file. Where there is
none, the pages that were committed to the log are put into a copy of the file here. The format is
that of https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.
"""

import struct
from pathlib import Path

_HEADER = struct.Struct(">8I")  # magic, version, page size, checkpoint, salts, checksum
_FRAME = struct.Struct(">6I")  # page, pages after a commit or 0, salts, checksum
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""What a log begins with, and the order of bytes in which its checksums count."""

_TRIES = 5
_MODES = slice(18, 20)
"""Of a database's header: 1 where it has a journal, 2 where it has a write-ahead log."""


def read(path: Path) -> bytes:
    """The database in ``path`` as it was last committed, for ``sqlite3.Connection.deserialize``.

    Raises:
        OSError: if it cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")
    for _ in range(_TRIES):
        before = stamp(path)
        content = path.read_bytes()
        logged = log.read_bytes() if log.is_file() else b""
        if stamp(path) == before:
            break  # nobody wrote meanwhile
    image = merged(content, logged)
    if len(image) > _MODES.stop:
        image[_MODES] = b"\1\1"
    return bytes(image)


def stamp(path: Path) -> tuple[int, ...]:
    """What differs once a database, or its log, has been written or replaced."""
    parts: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            found = file.stat()
            parts += (found.st_ino, found.st_size, found.st_mtime_ns)
        except FileNotFoundError:
            parts += (0, 0, 0)
    return tuple(parts)


def merged(content: bytes, log: bytes) -> bytearray:
    """A database with the pages of its log up to the last commit that is whole."""
    image = bytearray(content)
    if len(log) < _HEADER.size:
        return image
    magic, _, size, _, *salts, first, second = _HEADER.unpack_from(log)
    if magic not in _MAGIC or not size:
        return image
    order = _MAGIC[magic]
    sums = _checksum(log[:24], (0, 0), order)
    if sums != (first, second):
        return image
    waiting: dict[int, bytes] = {}
    for start in range(_HEADER.size, len(log) - _FRAME.size - size + 1, _FRAME.size + size):
        number, pages, *rest = _FRAME.unpack_from(log, start)
        page = log[start + _FRAME.size : start + _FRAME.size + size]
        sums = _checksum(page, _checksum(log[start : start + 8], sums, order), order)
        if rest[:2] != salts or tuple(rest[2:]) != sums:
            break  # of an earlier use of the log, or never written to its end
        waiting[number] = page
        if pages:
            _put(image, waiting, size, pages)
            waiting = {}
    return image


def _put(image: bytearray, pages: dict[int, bytes], size: int, count: int) -> None:
    image.extend(bytes(max(0, count * size - len(image))))
    for number, page in pages.items():
        image[(number - 1) * size : number * size] = page
    del image[count * size :]


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for i in range(0, len(words), 2):
        first = (first + words[i] + second) & 0xFFFFFFFF
        second = (second + words[i + 1] + first) & 0xFFFFFFFF
    return first, second
