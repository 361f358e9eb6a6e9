"""An array that is not NumPy's: functions that JAX will trace are tried with it where no JAX is."""

import operator
from typing import Any

import numpy as np


class ArrayOfAnotherLibrary:
    """Numbers with arithmetic and a namespace of their own, as those have that JAX traces: NumPy's
    functions do not take them, and what is true of them is not known.

    Args:
        values: the numbers.
    """

    __array_ufunc__ = None  # NumPy's own functions refuse it, and its arrays' operators leave it be
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)
        self.shape, self.dtype, self.ndim = self.values.shape, self.values.dtype, self.values.ndim

    def __array_namespace__(self, api_version: str | None = None) -> "_Namespace":
        return _Namespace()

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("a function of NumPy was given an array of another library")

    def __bool__(self) -> bool:
        raise TypeError("what is true of an array is not known while it is compiled")

    def __getitem__(self, at: Any) -> "ArrayOfAnotherLibrary":
        return ArrayOfAnotherLibrary(self.values[at])


class _Namespace:
    """NumPy's functions, for these."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        return _taking(function) if callable(function) else function


def _taking(function: Any) -> Any:
    def of(*arguments: Any, **more: Any) -> Any:
        return ArrayOfAnotherLibrary(function(*map(numbers, arguments), **more))

    return of


def numbers(a: Any) -> Any:
    """What such an array holds; anything else as it is."""
    return a.values if isinstance(a, ArrayOfAnotherLibrary) else a


def _operators() -> None:
    two = ("add", "sub", "mul", "truediv", "pow", "lt", "le", "gt", "ge", "eq", "ne")
    for name in (*two, "neg", "abs"):
        function = getattr(operator, name)
        setattr(ArrayOfAnotherLibrary, f"__{name}__", _taking(function))
        if name in two[:5]:
            swapped = _taking(lambda a, b, function=function: function(b, a))
            setattr(ArrayOfAnotherLibrary, f"__r{name}__", swapped)


_operators()
