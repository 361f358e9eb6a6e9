"""Columns of text as numbers, with a decimal point or a comma."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from ntk_uq.datasets.own.words import COMMA_NUMBER, EXACT, GROUPED, is_beyond, is_number, number


def no_points(columns: list[Float[np.ndarray, "n"] | tuple[int, str]]) -> bool:
    """Whether no number has a decimal point, as far as their values tell, and some are none."""
    numbers = [column for column in columns if not isinstance(column, tuple)]
    return len(numbers) < len(columns) and all(np.array_equal(c, np.trunc(c)) for c in numbers)


def cast_commas(column: Any) -> Float[np.ndarray, "k"] | tuple[int, str]:
    """The same of numbers with a decimal comma; one with a point is none."""
    import pyarrow.compute as compute

    dotted = compute.index(compute.match_substring(column, "."), True).as_py()
    found = cast(compute.replace_substring(column, ",", "."))
    row = found[0] if isinstance(found, tuple) else -1
    rows = [r for r in (row, dotted) if r >= 0]
    return (min(rows), column[min(rows)].as_py()) if rows else found


def cast(column: Any) -> Float[np.ndarray, "k"] | tuple[int, str]:
    """A block of strings as finite numbers, or the first that is not one."""
    import pyarrow
    import pyarrow.compute as compute

    for attempt in (lambda c: c, compute.utf8_trim_whitespace):
        try:
            values = compute.cast(attempt(column), pyarrow.float64()).to_numpy()
        except pyarrow.ArrowInvalid:
            continue
        if (np.abs(values) < EXACT).all():
            return _narrow(values)
        break
    for row, text in enumerate(column.to_pylist()):
        if not is_number(text) or is_beyond(text):
            return row, text
    # Arrow and Python read numbers alike but for oddities, which Python's reading decides.
    return _narrow(np.array([number(text) for text in column.to_pylist()]))


def _narrow(values: Float64[np.ndarray, "k"]) -> Float[np.ndarray, "k"]:
    """As float32 if that is exact. In any case a copy, which lets Arrow use its memory again."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    return narrow if np.array_equal(narrow, values) else values.copy()


def decimal_commas(number: int, blocks: Iterable[Any]) -> tuple[int, ...]:
    """Which of some columns of text are numbers with a decimal comma; none if each may be something
    else, such as whole numbers with separators of thousands.

    Args:
        number: of the columns. blocks: of rows, each with the columns as Arrow has them.
    """
    import pyarrow.compute as compute

    # By column: whether one of its values has no other meaning.
    sure = dict.fromkeys(range(number), False)
    for columns in blocks:
        for i, column in enumerate(columns):
            if i not in sure:
                continue
            if not compute.all(compute.match_substring_regex(column, COMMA_NUMBER)).as_py():
                del sure[i]
                continue
            commas = compute.filter(column, compute.match_substring(column, ","))
            grouped = compute.match_substring_regex(commas, GROUPED)
            sure[i] |= bool(len(commas)) and not compute.all(grouped).as_py()
    return tuple(sure) if any(sure.values()) else ()
