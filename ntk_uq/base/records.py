"""Frozen result records to and from JSON, every value checked: JSON may hold anything."""

import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Self

from ntk_uq.base.errors import DataError


class Record:
    """Base of frozen dataclasses of plain values, tuples of them, and further records.

    Fields are annotated with int, float, str, bool, a StrEnum, a record, ``X | None``,
    ``tuple[X, ...]``, ``tuple[X, Y]``, or ``Mapping[str, Any]`` for what is only shown.
    """

    def to_json(self) -> dict[str, Any]:
        """The record as JSON's own types: tuples become lists."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The record that :meth:`to_json` wrote.

        Raises:
            DataError: if it is not one, naming the field.
        """
        try:
            return _record(cls, data)
        except _WrongError as error:
            raise DataError(f"This is not a {cls.__name__}: {error}.") from None


class _WrongError(Exception):
    """What is wrong with a value, as the end of a sentence."""


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _record(cls: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise _WrongError(f"a {cls.__name__} is an object, not {type(data).__name__}")
    kinds = _kinds(cls)
    names = set(kinds)
    if set(data) != names:
        raise _WrongError(f"wrong {', '.join(sorted(map(str, names ^ set(data))))}")
    values = {}
    for name in names:
        try:
            values[name] = _value(kinds[name], data[name])
        except _WrongError as error:
            raise _WrongError(f"{name}: {error}") from None
    return cls(**values)


@functools.cache
def _kinds(cls: Any) -> dict[str, Any]:
    """The type of each field; a record may hold hundreds of one class."""
    kinds = typing.get_type_hints(cls)
    return {item.name: kinds[item.name] for item in fields(cls)}


def _value(kind: Any, value: Any) -> Any:
    if isinstance(kind, types.UnionType):
        if value is None and type(None) in kind.__args__:
            return None
        (kind,) = (k for k in kind.__args__ if k is not type(None))
    if typing.get_origin(kind) is tuple:
        return _tuple(typing.get_args(kind), value)
    if is_dataclass(kind):
        return _record(kind, value)
    if typing.get_origin(kind) is Mapping:
        if not isinstance(value, Mapping):
            raise _WrongError(f"{type(value).__name__} instead of an object")
        return value
    if issubclass(kind, StrEnum):
        return _member(kind, value)
    # bool is an int in Python, and in JSON whole numbers need no point.
    allowed = (int, float) if kind is float else (kind,)
    if type(value) not in allowed:
        raise _WrongError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _member(kind: type[StrEnum], value: Any) -> StrEnum:
    if value not in tuple(kind):
        raise _WrongError(f"{value!r} instead of one of {', '.join(kind)}")
    return kind(value)


def _tuple(items: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _WrongError(f"{type(value).__name__} instead of a list")
    if items[-1] is Ellipsis:
        return tuple(_value(items[0], item) for item in value)
    if len(items) != len(value):
        raise _WrongError(f"{len(value)} values instead of {len(items)}")
    return tuple(_value(kind, item) for kind, item in zip(items, value, strict=True))
