"""From arrays of any type that files hold to columns of a table."""

import numpy as np
from jaxtyping import Int32, Shaped

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.own.table import MOST_CLASSES, Column, Numbers, TextColumn
from ntk_uq.datasets.own.words import not_a_number

_ACCEPTED = "integers, floating-point numbers and booleans are taken, and text for class labels"
_WIDEST = {"f": 8, "i": 8, "u": 8, "b": 1}
_HIGHEST = 0x10FFFF


def column_of(source: str, name: str, values: Shaped[np.ndarray, "n ..."]) -> Column:
    """A column from an array with one row an example; native byte order.

    Raises:
        DataError: for an empty array, and for types that are neither numbers nor text.
    """
    if not values.size:
        raise DataError(f"{source}: {name} has the shape {values.shape} and holds no values.")
    if values.dtype.kind in "US":
        return _text(source, name, values)
    kind = values.dtype.kind
    if values.dtype.itemsize > _WIDEST.get(kind, 0):
        raise DataError(f"{source}: {name} holds {values.dtype}; {_ACCEPTED}.")
    if kind == "b":
        # Bytes other than 0 and 1 make a bool that is neither.
        return Numbers(name, np.ascontiguousarray(values).view(np.uint8) != 0)
    return Numbers(name, values.astype(values.dtype.newbyteorder("="), order="C", copy=False))


def _text(source: str, name: str, values: Shaped[np.ndarray, "n ..."]) -> TextColumn:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(
            f"{source}: {name} is text of the shape {values.shape}; labels have the shape (n,)."
        )
    values = values.astype(values.dtype.newbyteorder("="), order="C", copy=False)
    if values.dtype.kind == "U":
        points = values.view(np.uint32)
        if points.max(initial=0) > _HIGHEST or ((points >= 0xD800) & (points < 0xE000)).any():
            raise DataError(f"{source} is damaged: {name} holds characters that there are not.")
    distinct, first, codes = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    labels = Labels()
    new = np.empty(len(distinct), np.int32)
    new[order] = labels.codes([_decoded(source, name, value) for value in distinct[order].tolist()])
    return labels.column(name, new[codes])


def _decoded(source: str, name: str, value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(
            f"{source}: {name} holds text that is not UTF-8: {value[:20]!r}. Save it as UTF-8."
        ) from None


class Labels:
    """The distinct values of a column of text, numbered as they come up to MOST_CLASSES + 1.

    Blanks around a value are no part of it, as they are none of a number: ``cat `` is ``cat``.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def codes(self, values: list[str]) -> Int32[np.ndarray, "k"]:
        """The number of each value; -1 beyond those that are told apart."""
        known = self._codes
        values = [value.strip() for value in values]
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
