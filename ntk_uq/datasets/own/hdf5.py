"""HDF5 files: the arrays at the top level are the columns.

Only what is in the file itself is read: links to other files, virtual datasets and external
storage would let a file name any other file of this machine.
"""

import math
from typing import Any

import numpy as np

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.arrays import Labels, NotAColumn, column_of, too_large
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
    shown,
)

_USUAL = Layout()
_HOW = "Save the inputs and the targets as datasets such as x and y"
_PIECE = 2**24  # bytes read at once
_CHUNK = 2**28  # bytes of one chunk, which HDF5 unpacks whole
_FILTERS = {1, 2, 3, 4, 5, 6, 32000}  # gzip, shuffle, checksum, szip, n-bit, scale-offset, lzf
_MATLAB_TEXT = (b"char", b"cell", b"struct", b"string", b"table")
# What h5py raises for damage, by where in the file it is.
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, AttributeError)


def read_hdf5(source: OwnFile, layout: Layout = _USUAL) -> Table:
    """The datasets at the top level of an HDF5 file, all with one row an example.

    Raises:
        DataError: if the file is damaged, refers to other files, is too large when unpacked, or
            its arrays differ in their number of rows.
    """
    import h5py

    try:
        with source.open() as raw, h5py.File(raw, "r") as file:
            # MATLAB writes its MAT-files of version 7.3 behind such a line.
            return _read(source.name, file, source.head().startswith(b"MATLAB"), layout)
    except _DAMAGE as error:
        raise DataError(
            f"{source.name} is damaged or truncated ({quoted(error)}); save or upload it again."
        ) from None


def _read(source: str, file: Any, matlab: bool, layout: Layout) -> Table:
    import h5py

    check_columns(source, len(file))
    called = layout.renamed(source, tuple(file))
    names = list(called)
    usable: dict[str, Any] = {}
    problems: dict[str, NotAColumn] = {}
    groups: list[str] = []
    for name in names:
        link = file.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            problems[name] = NotAColumn(
                "is a link to somewhere else, which is never followed",
                "Save a copy of the data in its place",
            )
            continue
        found = file[name]
        if not isinstance(found, h5py.Dataset):
            groups.append(name)
        elif problem := _problem(found):
            problems[name] = NotAColumn(*problem)
        else:
            usable[name] = found
    # MATLAB writes the class of every array beside it, and so do programs that write for it.
    matlab |= bool(usable) and all("MATLAB_class" in found.attrs for found in usable.values())
    if not usable:
        if problems:
            name, first = next(iter(problems.items()))
            raise DataError(f"{source}: {shown(name)} {first}. {first.remedy or _HOW}.")
        there = f"groups only ({listed(groups)})" if groups else "nothing"
        raise DataError(
            f"{source} holds {there} at its top level. Save the inputs and the targets as datasets "
            "there, such as x and y."
        )
    lengths = {name: _rows(found, matlab) for name, found in usable.items()}
    rows = common_length(source, lengths, "datasets")
    problems |= {n: NotAColumn(p) for n, p in of_other_length(lengths, rows).items()}
    left = settings.upload_expanded()
    columns: list[Column] = []
    for name in names:
        try:
            if name in problems:
                raise problems[name]
            if name in usable:
                column, size = _column(source, called[name], usable[name], left, matlab)
                left -= size
                columns.append(column)
        except NotAColumn as problem:
            columns.append(problem.column(called[name], rows))
    notes: tuple[str, ...] = (f"Groups are left out: {listed(groups)}.",) if groups else ()
    if matlab:
        notes += ("MATLAB keeps arrays transposed; they are read as MATLAB shows them.",)
    return Table(source, tuple(columns), notes=notes)


def _rows(found: Any, matlab: bool) -> int:
    """How many examples a dataset has: MATLAB's arrays are transposed, and a row of them is a
    vector as a column is."""
    return int(found.shape[-1 if matlab and not _is_row(found) else 0])


def _is_row(found: Any) -> bool:
    """Whether a dataset of MATLAB is a row, (1, n) as MATLAB shows it."""
    return len(found.shape) == 2 and found.shape[1] == 1


def _problem(found: Any) -> tuple[str, str] | None:
    """Why a dataset cannot be read, and what to do about it; None if it can."""
    if found.external or found.is_virtual:
        return "keeps its values in other files, which are never opened", "Save them in this one"
    if not found.shape:
        what = "empty" if found.shape is None else "a single value"
        return f"is {what}, not an array of examples", "Save it as an attribute"
    if 0 in found.shape:
        return f"has the shape {found.shape} and holds no values", ""
    created = found.id.get_create_plist()
    for i in range(created.get_nfilters()):
        code = created.get_filter(i)[0]
        if code not in _FILTERS:
            return (
                f"is packed with a filter of number {code}, which is not known here",
                "Save it with gzip or without compression",
            )
    if found.chunks and math.prod(found.chunks) * found.dtype.itemsize > _CHUNK:
        chunks = f"is stored in chunks of more than {format_bytes(_CHUNK)}"
        return chunks, "Save it in smaller ones"
    if not found.id.get_storage_size():
        return f"has the shape {found.shape} and no values were written", ""
    return None


def _column(source: str, name: str, found: Any, left: int, matlab: bool) -> tuple[Column, int]:
    import h5py

    of_matlab = found.attrs.get("MATLAB_class", b"double") if matlab else b"double"
    if of_matlab in _MATLAB_TEXT:
        raise NotAColumn(
            "holds text or other things of MATLAB, not numbers", "Save numbers of classes instead"
        )
    if h5py.check_string_dtype(found.dtype) is not None:
        if len(found.shape) > 2 or found.shape[1:] not in ((), (1,)):
            raise NotAColumn(f"holds text of the shape {found.shape}")
        return _strings(name, found, left)
    if found.dtype.kind not in "biuf" or found.dtype.itemsize > 8:
        what = {"c": "complex numbers", "V": "records", "O": "lists or references"}
        kind = what.get(found.dtype.kind, str(found.dtype))
        raise NotAColumn(f"holds {kind}, not one kind of real number")
    if math.prod(found.shape) * found.dtype.itemsize > left:
        raise too_large(found.shape)
    row = math.prod(found.shape[1:]) * found.dtype.itemsize
    step = max(1, _PIECE // row)
    if found.chunks:  # whole chunks: HDF5 unpacks all of one for any row in it
        step = -(-step // found.chunks[0]) * found.chunks[0]
    values = np.empty(found.shape, found.dtype)
    for start in range(0, found.shape[0], step):
        values[start : start + step] = found[start : start + step]
    if of_matlab == b"logical":
        values = values != 0
    if matlab:
        values = values[:, 0] if _is_row(found) else values.T
    return column_of(source, name, values), values.nbytes


def _strings(name: str, found: Any, left: int) -> tuple[Column, int]:
    """Text of any length; counted while it is read, since every row may name one long value."""
    labels, codes, size = Labels(), [], 0
    for start in range(0, found.shape[0], 1024):
        texts = [bytes(value) for value in np.asarray(found[start : start + 1024]).ravel().tolist()]
        size += sum(map(len, texts))
        if size > left:
            raise NotAColumn("holds too much text for labels of classes")
        try:
            codes.append(labels.codes([text.decode("utf-8") for text in texts]))
        except UnicodeDecodeError:
            raise NotAColumn("holds text that is not UTF-8", "Save it as UTF-8") from None
    return labels.column(name, np.concatenate(codes)), size
