"""The rows in a SQLite file, page by page, also where SQLite itself refuses to read it.

A damaged page costs the rows that lie on it and no others. Every page of a table's or an index's
leaves says what it is, so that neither the header nor the way from the root is needed. The format
is that of https://www.sqlite.org/fileformat2.html, sections 1 and 2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

Value = None | int | float | str | bytes
Row = tuple[Value, ...]

_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes before the first page's own header
_SIZES = (4096, 1024, 2048, 8192, 512, 16384, 32768, 65536)  # the usual one first
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes of a serial type
_REAL, _ZERO, _ONE, _BLOB = 7, 8, 9, 12
_LONGEST = 2**31 - 1


class _UnreadableError(Exception):
    """What is there is no cell."""


@dataclass
class Scan:
    """What is in a file.

    Attributes:
        rows: of all tables, as they are stored: the number of a row is None where it is a column.
        entries: of all indexes: the columns, and last the number of the row.
        unreadable: rows of tables of which something is left, and not enough to read them.
    """

    rows: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    unreadable: int = 0


def scan(image: bytes) -> Scan:
    """The rows and entries in a file. Pages of the free list, whose rows were deleted, are left
    out as far as that list can be read."""
    sound = image.startswith(_MAGIC) and len(image) > _HEADER
    (told,) = struct.unpack_from(">H", image, 16) if sound else (0,)
    told = 65536 if told == 1 else told
    if told in _SIZES and (found := _scan(image, told, image[20])).rows:
        return found
    # Of a file without its header, the size with which most rows can be read.
    return max((_scan(image, size, 0) for size in _SIZES), key=lambda found: len(found.rows))


def _scan(image: bytes, size: int, reserved: int) -> Scan:
    found, usable = Scan(), size - reserved
    free = _free(image, size, usable)
    for number in range(1, len(image) // size + 1):
        start = (number - 1) * size
        head = start + (_HEADER if number == 1 else 0)
        kind = image[head]
        if number in free or kind not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER):
            continue
        for cell in _cells(image, start, head, size):
            try:
                row = _record(_payload(image, cell, kind, size, usable))
            except (_UnreadableError, IndexError, struct.error, UnicodeDecodeError):
                found.unreadable += kind == _TABLE_LEAF
                continue
            (found.rows if kind == _TABLE_LEAF else found.entries).append(row)
    return found


def _free(image: bytes, size: int, usable: int) -> set[int]:
    """The numbers of the pages that nothing uses."""
    found: set[int] = set()
    if not image.startswith(_MAGIC) or len(image) < _HEADER:
        return found
    (trunk,) = struct.unpack_from(">I", image, 32)
    while 1 < trunk <= len(image) // size and trunk not in found:
        found.add(trunk)
        start = (trunk - 1) * size
        following, count = struct.unpack_from(">2I", image, start)
        if count > usable // 4 - 2:
            break
        found.update(struct.unpack_from(f">{count}I", image, start + 8))
        trunk = following
    return found


def _cells(image: bytes, start: int, head: int, size: int) -> Iterator[int]:
    """Where the cells of a page begin, as far as that can be."""
    (count,) = struct.unpack_from(">H", image, head + 3)
    first = head + (12 if image[head] == _INDEX_INNER else 8)
    for place in range(first, min(first + 2 * count, start + size - 1), 2):
        (offset,) = struct.unpack_from(">H", image, place)
        if first - start <= offset < size:
            yield start + offset


def _payload(image: bytes, cell: int, kind: int, size: int, usable: int) -> bytes:
    """The bytes of a row, with what does not fit on its page."""
    if kind == _INDEX_INNER:
        cell += 4
    length, cell = _varint(image, cell)
    if kind == _TABLE_LEAF:
        _, cell = _varint(image, cell)
    most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
    if not 0 < length <= min(_LONGEST, len(image)):
        raise _UnreadableError
    if length <= most:
        return _part(image, cell, length)
    least = (usable - 12) * 32 // 255 - 23
    local = least + (length - least) % (usable - 4)
    local = local if local <= most else least
    parts = [_part(image, cell, local)]
    (following,) = struct.unpack_from(">I", image, cell + local)
    left, pages = length - local, len(image) // size
    while left > 0:
        if not 1 < following <= pages or len(parts) > pages:
            raise _UnreadableError
        start = (following - 1) * size
        (following,) = struct.unpack_from(">I", image, start)
        parts.append(_part(image, start + 4, min(left, usable - 4)))
        left -= len(parts[-1])
    return b"".join(parts)


def _part(image: bytes, start: int, length: int) -> bytes:
    if start + length > len(image):
        raise _UnreadableError
    return image[start : start + length]


def _record(payload: bytes) -> Row:
    """The values of a row; every byte of it has to be one's."""
    end, place = _varint(payload, 0)
    kinds = []
    while place < end:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    if place != end:
        raise _UnreadableError
    values = []
    for kind in kinds:
        value, place = _value(payload, place, kind)
        values.append(value)
    if place != len(payload) or not values:
        raise _UnreadableError
    return tuple(values)


def _value(payload: bytes, place: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, place
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return int.from_bytes(_part(payload, place, size), signed=True), place + size
    if kind == _REAL:
        return struct.unpack_from(">d", payload, place)[0], place + 8
    if kind in (_ZERO, _ONE):
        return kind - _ZERO, place
    if kind < _BLOB:
        raise _UnreadableError
    size = (kind - _BLOB) // 2
    data = _part(payload, place, size)
    return data if kind % 2 == 0 else data.decode(), place + size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A whole number of one to nine bytes, and where it ends."""
    number = 0
    for i in range(8):
        number = number << 7 | data[place + i] & 0x7F
        if not data[place + i] & 0x80:
            return number, place + i + 1
    return number << 8 | data[place + 8], place + 9
