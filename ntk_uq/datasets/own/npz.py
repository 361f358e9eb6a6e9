"""NPZ files: a zip archive of NumPy arrays, each a column.

Read without NumPy's own reader: its header is parsed by a pattern here, since a damaged one makes
``ast`` and ``tokenize`` raise anything, and what an archive unpacks to is counted while it is
unpacked. A compressed megabyte may be a gigabyte, whatever the archive says of it.
"""

import math
import re
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from jaxtyping import Shaped

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.arrays import ACCEPTED, NotAColumn, column_of, too_large
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import (
    Column,
    Table,
    check_columns,
    common_length,
    listed,
    of_other_length,
    quoted,
)

_USUAL = ("x", "y")
_USUAL_LAYOUT = Layout()
_PIECE = 2**20
_DIRECTORY = 2**20  # bytes of an archive's table of contents; that of two arrays has 200
_HEADER = 10_000
_MAGIC = b"\x93NUMPY"
_OTHER_ROWS = (
    "Choose arrays of one number of rows (--arrays x=x_train,y=y_train, and --test-arrays for a "
    "test set)"
)
_HOW = "Save the inputs and the targets so: np.savez('data.npz', x=x, y=y)"
_HEADER_TEXT = re.compile(
    r"\{\s*'descr':\s*(?P<descr>'[^']*'|\[.*\]),\s*'fortran_order':\s*(?P<order>True|False),\s*"
    r"'shape':\s*\((?P<shape>[\dL,\s]*)\),?\s*\}\s*"
)
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)


def read_npz(source: OwnFile, layout: Layout = _USUAL_LAYOUT) -> Table:
    """The arrays of an archive, (n, ...) each; ``X`` and ``Y`` are read as ``x`` and ``y``.

    Raises:
        DataError: if the file is not such a file, damaged, or too large when unpacked; naming the
            arrays that it holds where they are others.
    """
    try:
        with source.open() as raw, zipfile.ZipFile(_Bounded(raw, source.name)) as archive:
            members, others = _members(source.name, archive)
            renamed = layout.renamed(source.name, tuple(members))
            members = {new: members[old] for old, new in renamed.items()}
            left = settings.upload_expanded()
            found: dict[str, Column | NotAColumn] = {}
            for name, info in members.items():
                try:
                    found[name], size = _read(source.name, archive, info, name, left)
                except NotAColumn as problem:
                    found[name], size = problem, 0
                left -= size
    except _DAMAGE as error:
        raise DataError(
            f"{source.name} is damaged or truncated ({quoted(error)}); save or upload it again."
        ) from None
    return _table(source.name, found, others)


def _table(source: str, found: dict[str, Column | NotAColumn], others: tuple[str, ...]) -> Table:
    read = {name: column for name, column in found.items() if not isinstance(column, NotAColumn)}
    problems = {name: p for name, p in found.items() if isinstance(p, NotAColumn)}
    if not read:
        name, problem = next(iter(problems.items()))
        raise DataError(f"{source}: {name} {problem}. {problem.remedy or _HOW}.")
    lengths = {name: len(column) for name, column in read.items()}
    if set(_USUAL) <= set(lengths) and lengths["x"] != lengths["y"]:
        raise DataError(
            f"{source} holds {lengths['x']} inputs x but {lengths['y']} targets y; there must be "
            "as many."
        )
    # Beside x and y, what has other rows is something else.
    rows = lengths["x"] if set(_USUAL) <= set(lengths) else common_length(source, lengths, "arrays")
    problems |= {n: NotAColumn(p, _OTHER_ROWS) for n, p in of_other_length(lengths, rows).items()}
    columns = tuple(
        problems[name].column(name, rows) if name in problems else read[name] for name in found
    )
    notes = (f"What is no array is left out: {listed(others)}.",) if others else ()
    return Table(source, columns, notes=notes)


class _Bounded:
    """A file of which no more is read at once than a table of contents may have."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name

    def read(self, count: int = -1) -> bytes:
        if count > _DIRECTORY + 2**17:
            raise DataError(
                f"{self._name} is no NPZ file: its table of contents alone has "
                f"{format_bytes(count)}. {_HOW}."
            )
        return self._file.read(count)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _members(
    source: str, archive: zipfile.ZipFile
) -> tuple[dict[str, zipfile.ZipInfo], tuple[str, ...]]:
    """The members that are arrays, and what else there is; nothing is ever unpacked by an archive's
    own names."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if any(name.startswith("xl/") or name == "[Content_Types].xml" for name in names):
        raise DataError(f"{source} is an Office document; save the sheet as CSV UTF-8.")
    check_columns(source, len(names))
    found: dict[str, zipfile.ZipInfo] = {}
    others = []
    for info in infos:
        array = info.filename.removesuffix(".npy")
        if array == info.filename or "/" in array or "\\" in array or not array.isprintable():
            others.append(array)
            continue
        key = array.lower() if array.lower() in _USUAL else array
        if key in found:
            there = listed([name.removesuffix(".npy") for name in names])
            raise DataError(f"{source} holds the array {key} twice ({there}). {_HOW}.")
        found[key] = info
    if not found:
        raise DataError(f"{source} has no arrays; it holds {listed(others)}. {_HOW}.")
    return found, tuple(others)


def _read(
    source: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, left: int
) -> tuple[Column, int]:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{source}: {name} is packed in a way that NumPy does not use. {_HOW}, or with "
            "np.savez_compressed."
        )
    if info.flag_bits & 1:
        raise DataError(f"{source} is encrypted. {_HOW}.")
    with archive.open(info) as file:
        descr, fortran, shape = _header(source, name, file)
        dtype = _dtype(descr)
        size = math.prod(shape) * dtype.itemsize
        if size > left:
            raise too_large(shape)
        if not shape:
            raise NotAColumn("is a single value, not an array of examples")
        values = _values(source, name, file, dtype, size)
    values = values.reshape(shape, order="F" if fortran else "C")
    return column_of(source, name, values), size


def _header(source: str, name: str, file: IO[bytes]) -> tuple[str, bool, tuple[int, ...]]:
    start = file.read(8)
    if start[:6] != _MAGIC:
        pickled = start[:1] == b"\x80"
        what = "a Python pickle, which is never opened" if pickled else "not a NumPy array"
        raise DataError(f"{source}: {name}.npy is {what}. {_HOW}.")
    width = 2 if start[6:7] == b"\x01" else 4
    length = int.from_bytes(file.read(width), "little")
    text = file.read(length).decode("latin-1") if 0 < length <= _HEADER else ""
    match = _HEADER_TEXT.fullmatch(text)
    if match is None:
        raise DataError(f"{source} is damaged: the header of {name}.npy cannot be read.")
    sizes = [size.strip().rstrip("L") for size in match["shape"].split(",") if size.strip()]
    if any(not size.isdecimal() or len(size) > 18 for size in sizes) or len(sizes) > 32:
        raise DataError(f"{source} is damaged: {name}.npy has the shape ({match['shape']:.40}).")
    shape = tuple(int(size) for size in sizes)
    return match["descr"].strip("'"), match["order"] == "True", shape


def _dtype(descr: str) -> np.dtype:
    if re.fullmatch(r"\|?O\d?", descr):
        raise NotAColumn(
            "is an array of Python objects, which are pickled and never opened",
            "Make it an array of numbers first, x.astype(float), or of text, x.astype(str)",
        )
    if re.fullmatch(r"[<>|=]?([biuf]\d{1,2}|[US]\d{1,9})", descr):
        try:
            return np.dtype(descr)
        except TypeError:
            pass
    what = {"c": "complex numbers", "M": "dates", "m": "times", "V": "records"}
    kind = "records" if descr.startswith("[") else what.get(descr.lstrip("<>|=")[:1], descr[:20])
    raise NotAColumn(f"holds {kind}; {ACCEPTED}")


def _values(
    source: str, name: str, file: IO[bytes], dtype: np.dtype, size: int
) -> Shaped[np.ndarray, " values"]:
    """The values after the header; memory is taken as they come, not on the header's word."""
    buffer = np.empty(size, np.uint8)  # costs nothing until it is written to
    done = 0
    while done < size:
        piece = file.read(min(_PIECE, size - done))
        if not piece:
            raise DataError(
                f"{source} is damaged or truncated: {name} promises {size} bytes and has {done}. "
                "Save or upload it again."
            )
        buffer[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    # Reading to the end is what makes zipfile compare its checksum.
    if file.read(1):
        raise DataError(
            f"{source} is damaged: {name} has more values than its header promises ({size} bytes)."
        )
    return buffer.view(dtype) if size else np.empty(0, dtype)
