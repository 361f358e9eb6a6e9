"""The base of the specifications: fields with checks, digests, JSON and links."""

import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import field, fields, is_dataclass
from typing import Any, ClassVar, Self

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.base.fields.checks import Check, shown

LINK_VERSION = 7
"""Of links and of JSON: raised when fields are added. A field says ``since`` which version it is
there; what was written before reads as its default, so that old links open what they showed."""


def checked(check: Check, default: Any, about: str | Callable[[], str], since: int = 1) -> Any:
    """A dataclass field with its check, a sentence about it for help texts (or what says it when
    it is asked), and the version of :data:`LINK_VERSION` that brought it."""
    return field(default=default, metadata={"check": check, "about": about, "since": since})


def same_as(cls: type, name: str, default: Any = None) -> Any:
    """A field with the check and the sentence of another specification's field."""
    twin = next(f for f in fields(cls) if f.name == name)
    return field(default=twin.default if default is None else default, metadata=twin.metadata)


class Spec:
    """Base of the frozen specifications: validated on construction, plain values only.

    A subclass is a frozen dataclass whose fields are either :func:`checked` or specs themselves.
    It may add :meth:`validate` for what concerns several fields. One that was called something else
    before keeps that name in ``digested_as``: what was computed then is found now.
    """

    digested_as: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            check = item.metadata.get("check")
            value = getattr(self, item.name)
            if check is not None:
                # Frozen for everybody else: the one place that writes normalized values.
                object.__setattr__(self, item.name, check.check(item.name, value))
            elif not isinstance(value, _spec_type(type(self), item.name)):
                got = shown(value)
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
        return digest_of({self.digested_as or type(self).__name__: self.identity()})

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
    said = next(f.metadata["about"] for f in fields(cls) if f.name == name)
    return str(said() if callable(said) else said)


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


_HINTS: dict[type, dict[str, Any]] = {}


def _spec_type(cls: type, name: str) -> Any:
    """The class of a nested specification, or ``object`` for a plain field."""
    if cls not in _HINTS:  # the same ever after, and asked for with every field
        _HINTS[cls] = typing.get_type_hints(cls)
    kind = _HINTS[cls][name]
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
