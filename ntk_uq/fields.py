"""What a field of a specification may hold, and how it is written in JSON and in a link.

Each check is one small frozen class with three methods: ``check`` normalizes a value or raises a
:class:`~ntk_uq.errors.SpecError` that says what was got and what is allowed, ``format`` and
``parse`` write it to and read it from one item of a URL query. :class:`Spec` applies them.
"""

import hashlib
import itertools
import json
import math
import numbers
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Protocol, Self, runtime_checkable

from ntk_uq.errors import LinkError, SpecError

LINK_VERSION = 2
"""Of links and of JSON: raised when fields are added. A field says ``since`` which version it is
there; what was written before reads as its default, so that old links open what they showed."""


@runtime_checkable
class Check(Protocol):
    """The interface of a field's check."""

    def check(self, name: str, value: Any) -> Any: ...
    def format(self, value: Any) -> str: ...
    def parse(self, name: str, text: str) -> Any: ...


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def check(self, name: str, value: Any) -> int:
        # bool is an int in Python; True as a depth is a mistake, not 1.
        if not _is_number(value) or not _is_whole(value):
            raise SpecError(f"{name} is {_shown(value)}; it must be a whole number.")
        if not self.low <= value <= self.high:
            got = _shown(int(value))
            raise SpecError(f"{name} is {got}; it must be from {self.low} to {self.high}.")
        return int(value)

    def format(self, value: int) -> str:
        return str(value)

    def parse(self, name: str, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise SpecError(f"{name} is {text!r}; it must be a whole number.") from None


@dataclass(frozen=True)
class Real:
    """A finite number from ``low`` to ``high``; ``low`` itself is left out if ``above`` is set,
    ``high`` if ``below`` is."""

    low: float
    high: float
    above: bool = False
    below: bool = False

    def check(self, name: str, value: Any) -> float:
        if not _is_number(value):
            raise SpecError(f"{name} is {_shown(value)}; it must be a number.")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf if value > 0 else -math.inf
        too_low = number <= self.low if self.above else number < self.low
        too_high = number >= self.high if self.below else number > self.high
        if not math.isfinite(number) or too_low or too_high:
            raise SpecError(f"{name} is {number:g}; it must be {self.describe()}.")
        return number + 0.0  # -0.0 becomes 0.0: the digests must agree

    def describe(self) -> str:
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        high = f"below {self.high:g}" if self.below else f"at most {self.high:g}"
        return f"{low} and {high}"

    def format(self, value: float) -> str:
        return repr(value)

    def parse(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise SpecError(f"{name} is {text!r}; it must be a number.") from None


@dataclass(frozen=True)
class Choice:
    """One of a few names."""

    options: tuple[str, ...]

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise SpecError(f"{name} is {_shown(value)}; choose one of {', '.join(self.options)}.")
        return str(value)

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002 (one interface for all)
        return text


@dataclass(frozen=True)
class Name:
    """A short identifier; whether it exists is the registry's business."""

    longest: int = 64

    def check(self, name: str, value: Any) -> str:
        allowed = isinstance(value, str) and 0 < len(value) <= self.longest
        if not allowed or not all(c.isalnum() or c in "_-." for c in value):
            raise SpecError(
                f"{name} is {_shown(value)}; "
                f"it must be 1 to {self.longest} letters, digits, - or _."
            )
        return value

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002
        return text


@dataclass(frozen=True)
class Switch:
    """On or off."""

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise SpecError(f"{name} is {_shown(value)}; it must be true or false.")
        return value

    def format(self, value: bool) -> str:
        return "1" if value else "0"

    def parse(self, name: str, text: str) -> bool:
        if text not in ("0", "1"):
            raise SpecError(f"{name} is {text!r}; it must be 0 or 1.")
        return text == "1"


@dataclass(frozen=True)
class Maybe:
    """Another check's value, or None; written as ``none`` in a link."""

    inner: Check

    def check(self, name: str, value: Any) -> Any:
        return None if value is None else self.inner.check(name, value)

    def format(self, value: Any) -> str:
        return "none" if value is None else self.inner.format(value)

    def parse(self, name: str, text: str) -> Any:
        return None if text == "none" else self.inner.parse(name, text)


@dataclass(frozen=True)
class Increasing:
    """A tuple of whole numbers, each larger than the one before."""

    item: Whole
    longest: int = 64

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise SpecError(f"{name} is {_shown(value)}; it must be a list of whole numbers.")
        items = tuple(self.item.check(f"{name}[{i}]", v) for i, v in enumerate(value))
        if not 1 <= len(items) <= self.longest:
            raise SpecError(f"{name} has {len(items)} values; give 1 to {self.longest}.")
        for left, right in itertools.pairwise(items):
            if left == right:
                raise SpecError(f"{name} holds {left} twice; name each value once.")
            if left > right:
                raise SpecError(
                    f"{name} goes from {left} down to {right}; sort it from small to large."
                )
        return items

    def format(self, value: tuple[int, ...]) -> str:
        return ",".join(map(str, value))

    def parse(self, name: str, text: str) -> tuple[int, ...]:
        items = [item.strip() for item in text.split(",")]
        return tuple(self.item.parse(name, item) for item in items)


def checked(check: Check, default: Any, about: str, since: int = 1) -> Any:
    """A dataclass field with its check, a sentence about it for help texts, and the version of
    :data:`LINK_VERSION` that brought it."""
    return field(default=default, metadata={"check": check, "about": about, "since": since})


def same_as(cls: type, name: str, default: Any = None) -> Any:
    """A field with the check and the sentence of another specification's field."""
    twin = next(f for f in fields(cls) if f.name == name)
    return field(default=twin.default if default is None else default, metadata=twin.metadata)


class Spec:
    """Base of the frozen specifications: validated on construction, plain values only.

    A subclass is a frozen dataclass whose fields are either :func:`checked` or specs themselves.
    It may add :meth:`validate` for what concerns several fields.
    """

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            check = item.metadata.get("check")
            value = getattr(self, item.name)
            if check is not None:
                # Frozen for everybody else: the one place that writes normalized values.
                object.__setattr__(self, item.name, check.check(item.name, value))
            elif not isinstance(value, _spec_type(type(self), item.name)):
                got = _shown(value)
                raise SpecError(f"{item.name} is {got}; it must be a specification of its own.")
        self.validate()

    def validate(self) -> None:
        """Raises SpecError where fields contradict each other."""

    def to_json(self) -> dict[str, Any]:
        """The specification as JSON's own types, nested as the classes are."""
        out: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, Spec):
                out[item.name] = value.to_json()
            else:
                out[item.name] = list(value) if isinstance(value, tuple) else value
        return out

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The specification that :meth:`to_json` wrote; every field must be there, but for those
        that came after the first version: they have their defaults.

        Raises:
            SpecError: for a missing or unknown field, or a value out of its range.
        """
        if not isinstance(data, Mapping):
            raise SpecError(f"{cls.__name__} must be a JSON object; got {type(data).__name__}.")
        names = [item.name for item in fields(cls)]  # type: ignore[arg-type]
        values = {**_added_since(cls, 1), **data}
        _same_keys(names, values, cls.__name__, SpecError)
        for name in names:
            kind = _spec_type(cls, name)
            if kind is not object:
                values[name] = kind.from_json(values[name])
        return cls(**values)

    def identity(self) -> dict[str, Any]:
        """:meth:`to_json` without the later fields that have their defaults: what was computed
        before a field was there keeps its digest, and is found."""
        out: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, Spec):
                out[item.name] = value.identity()
            elif item.metadata["since"] == 1 or value != item.default:
                out[item.name] = list(value) if isinstance(value, tuple) else value
        return out

    def digest(self) -> str:
        """64 hexadecimal digits, SHA-256 of the class's name and its canonical JSON."""
        return digest_of({type(self).__name__: self.identity()})

    def to_query(self) -> dict[str, str]:
        """The items of a link: its version, then every field, nested ones flattened."""
        return {"v": str(LINK_VERSION), **self._flat()}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """The specification in a link's items.

        Raises:
            LinkError: naming the item that is missing, unknown or out of its range.
        """
        version = query.get("v")
        known = {str(number): number for number in range(1, LINK_VERSION + 1)}
        if version not in known:
            got = "no version (v=...)" if version is None else f"version {version!r}"
            raise LinkError(f"The link has {got}; this program reads versions 1 to {LINK_VERSION}.")
        items = {key: text for key, text in query.items() if key != "v"}
        items = {**_added_texts(cls, known[version]), **items}
        _same_keys(list(_keys(cls)), items, "The link", LinkError)
        try:
            return cls._unflat(items)
        except SpecError as error:
            raise LinkError(f"The link cannot be opened: {error}") from None

    def _flat(self) -> dict[str, str]:
        out: dict[str, str] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, Spec):
                out |= value._flat()
            else:
                out[item.name] = item.metadata["check"].format(value)
        return out

    @classmethod
    def _unflat(cls, items: Mapping[str, str]) -> Self:
        values: dict[str, Any] = {}
        for item in fields(cls):  # type: ignore[arg-type]
            kind = _spec_type(cls, item.name)
            if kind is not object:
                values[item.name] = kind._unflat(items)
            else:
                values[item.name] = item.metadata["check"].parse(item.name, items[item.name])
        return cls(**values)


def digest_of(data: Any) -> str:
    """SHA-256 of the canonical JSON of ``data``: sorted keys, no spaces, shortest floats."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def parse_json(text: str) -> Any:
    """What a JSON text holds.

    Raises:
        SpecError: if it is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        # Besides malformed text: numbers too long, and lists too deep, for Python to read.
        raise SpecError(f"This is not JSON: {error}.") from None


def check_of(cls: type, name: str) -> Any:
    """The check of a field, for whoever draws a control for it."""
    return next(f.metadata["check"] for f in fields(cls) if f.name == name)


def default_of(cls: type, name: str) -> Any:
    """The default of a field."""
    return next(f.default for f in fields(cls) if f.name == name)


def about(cls: type, name: str) -> str:
    """The sentence about a field, for help texts."""
    return next(str(f.metadata["about"]) for f in fields(cls) if f.name == name)


def _keys(cls: type) -> list[str]:
    keys: list[str] = []
    for item in fields(cls):
        kind = _spec_type(cls, item.name)
        keys += _keys(kind) if kind is not object else [item.name]
    return keys


def _added_since(cls: type, version: int) -> dict[str, Any]:
    """The defaults of the plain fields of a class that came after a version."""
    added = (f for f in fields(cls) if f.metadata.get("since", 1) > version)
    return {f.name: f.default for f in added}


def _added_texts(cls: type, version: int) -> dict[str, str]:
    """The same as items of a link, with those of nested specifications."""
    texts: dict[str, str] = {}
    for item in fields(cls):
        kind = _spec_type(cls, item.name)
        if kind is not object:
            texts |= _added_texts(kind, version)
        elif item.metadata["since"] > version:
            texts[item.name] = item.metadata["check"].format(item.default)
    return texts


def _spec_type(cls: type, name: str) -> Any:
    """The class of a nested specification, or ``object`` for a plain field."""
    kind = typing.get_type_hints(cls)[name]
    nested = not isinstance(kind, types.UnionType) and is_dataclass(kind)
    return kind if nested else object


def _same_keys(
    names: list[str], data: Mapping[str, Any], what: str, error: type[SpecError]
) -> None:
    missing = [name for name in names if name not in data]
    if missing:
        raise error(f"{what} lacks {', '.join(missing)}; every field must be given.")
    unknown = [str(key) for key in data if key not in names]
    if unknown:
        raise error(f"{what} has unknown {', '.join(unknown)}; known are {', '.join(names)}.")


def _is_number(value: Any) -> bool:
    """Whether it is a real number, Python's or NumPy's; a bool of either is none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) or float(value).is_integer()


def _shown(value: Any) -> str:
    """The value for a message; Python refuses to write integers of thousands of digits."""
    if value is None:
        return "empty"
    try:
        text = repr(value)
    except ValueError:
        return f"a {type(value).__name__} of thousands of digits"
    return text if len(text) <= 200 else f"{text[:200]}..."
