"""From arrays of any type that files hold to columns of a table."""

import numpy as np
from jaxtyping import Int32, Shaped

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, TextColumn, Unusable
from ntk_uq.datasets.own.words import not_a_number

ACCEPTED = "integers, floating-point numbers and booleans are taken, and text for class labels"
_WIDEST = {"f": 8, "i": 8, "u": 8, "b": 1}
_HIGHEST = 0x10FFFF
_PIECE = 2**20  # bytes or characters looked at together: masks and sorting take memory, too
_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"


class NotAColumn(Exception):
    """What an array is that cannot be a column, as the rest of a sentence after its name.

    Attributes:
        remedy: what to do about it, as the start of a sentence; empty where it is to be left out.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy

    def column(self, name: str, rows: int) -> Unusable:
        """The column that stands for it."""
        return Unusable(name, f"it {self}", rows, self.remedy)


def too_large(shape: tuple[int, ...]) -> NotAColumn:
    """What an array is for which no memory is left."""
    return NotAColumn(
        f"has the shape {shape}, and with it the file unpacks to more than "
        f"{format_bytes(settings.upload_expanded())}",
        f"Take a part of it, set {settings.UPLOAD_EXPANDED}",
    )


def column_of(source: str, name: str, values: Shaped[np.ndarray, "n ..."]) -> Column:
    """A column from an array with one row an example; native byte order.

    Raises:
        NotAColumn: for an empty array, for text that is not one label a row or not UTF-8, and for
            types that are neither numbers nor text.
        DataError: for a damaged one.
    """
    if not values.size:
        raise NotAColumn(f"has the shape {values.shape} and holds no values")
    if values.dtype.kind in "US":
        return _text(source, name, values)
    kind = values.dtype.kind
    if values.dtype.itemsize > _WIDEST.get(kind, 0):
        raise NotAColumn(f"holds {values.dtype}; {ACCEPTED}")
    if kind == "b":
        # Bytes other than 0 and 1 make a bool that is neither.
        return Numbers(name, np.ascontiguousarray(values).view(np.uint8) != 0)
    return Numbers(name, values.astype(values.dtype.newbyteorder("="), order="C", copy=False))


def _text(source: str, name: str, values: Shaped[np.ndarray, "n ..."]) -> TextColumn:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise NotAColumn(f"is text of the shape {values.shape}; labels have the shape (n,)")
    values = values.astype(values.dtype.newbyteorder("="), order="C", copy=False)
    if values.dtype.kind == "U":
        points = values.view(np.uint32)
        for start in range(0, len(points), _PIECE):
            some = points[start : start + _PIECE]
            if some.max() > _HIGHEST or ((some >= 0xD800) & (some < 0xE000)).any():
                raise DataError(f"{source} is damaged: {name} holds characters that there are not.")
    labels, codes = Labels(), np.empty(len(values), np.int32)
    step = max(1, _PIECE // max(1, values.dtype.itemsize))
    for start in range(0, len(values), step):
        some = values[start : start + step]
        distinct, first, back = np.unique(some, return_index=True, return_inverse=True)
        order = np.argsort(first)
        new = np.empty(len(distinct), np.int32)
        new[order] = labels.codes([_decoded(value) for value in distinct[order].tolist()])
        codes[start : start + step] = new[back]
    return labels.column(name, codes)


def _decoded(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise NotAColumn(
            f"holds text that is not UTF-8: {value[:20]!r}", "Save it as UTF-8"
        ) from None


class Labels:
    """The distinct values of a column of text, numbered as they come up to MOST_CLASSES + 1.

    Blanks around a value are no part of it, as they are none of a number: ``cat `` is ``cat``; nor
    are characters of no width.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def codes(self, values: list[str]) -> Int32[np.ndarray, "k"]:
        """The number of each value; -1 beyond those that are told apart."""
        known = self._codes
        values = [value.strip().strip(_NO_WIDTH).strip() for value in values]
        for value in values:
            if value not in known and len(known) <= MOST_CLASSES:
                known[value] = len(known)
        return np.array([known.get(value, -1) for value in values], np.int32)

    def column(
        self, name: str, codes: Int32[np.ndarray, "n"], problem: str = "", row: int = 0
    ) -> TextColumn:
        """The column; the problem is that of its first row if none is given."""
        labels = tuple(self._codes)
        return TextColumn(
            name, labels, codes, problem or f"index 0: {not_a_number(labels[0])}", row
        )
