"""One field of a curve that takes several values, a curve each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec, check_of
from ntk_uq.base.fields.checks import shown
from ntk_uq.specs.curves import CurveSpec
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.training import TrainingSpec

_OWNERS: Mapping[str, tuple[str, type[Spec]]] = {
    "depth": ("architecture", ArchitectureSpec),
    "dataset": ("data", DataSpec),
    "activation": ("architecture", ArchitectureSpec),
    "sigma_w": ("architecture", ArchitectureSpec),
    "sigma_b": ("architecture", ArchitectureSpec),
    "preparation": ("data", DataSpec),
    "posterior": ("training", TrainingSpec),
    "time": ("training", TrainingSpec),
}
VARIED = tuple(_OWNERS)
"""Fields of which a curve each may be drawn."""

CONVERGED = "converged"
"""Among training times, the one without end."""

Value = float | str
_NONE = "*"


@dataclass(frozen=True)
class VariedValues:
    """The values of a field that may be any: numbers and names, none of them twice, in any order.

    Whoever knows the field reads them with :func:`values_of`.
    """

    longest: int

    def check(self, name: str, value: Any) -> tuple[Value, ...]:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise SpecError(f"{name} is {shown(value)}; it must be a list of numbers or names.")
        items = tuple(v if isinstance(v, str) else _number(name, v) for v in value)
        if len(items) > self.longest:
            raise SpecError(f"{name} has {len(items)} values; give at most {self.longest}.")
        if len(set(items)) < len(items):
            raise SpecError(f"{name} holds a value twice; give each once.")
        return items

    def format(self, value: tuple[Value, ...]) -> str:
        written = (v if isinstance(v, str) else repr(v).removesuffix(".0") for v in value)
        return ",".join(written) or _NONE

    def parse(self, name: str, text: str) -> tuple[Value, ...]:  # noqa: ARG002
        return () if text == _NONE else tuple(_read(item.strip()) for item in text.split(","))


def _read(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SpecError(f"{name} holds {shown(value)}; it must be finite numbers or names.")
    return float(value)


def values_of(name: str, values: Sequence[Value]) -> tuple[Any, ...]:
    """The values as the field has them: whole numbers of layers, None for convergence.

    Args:
        name: one of :data:`VARIED`.
        values: of it.

    Raises:
        SpecError: for a value that the field cannot have.
    """
    check = check_of(_OWNERS[name][1], name)
    return tuple(
        None if name == "time" and value == CONVERGED else check.check(name, value)
        for value in values
    )


def value_in(name: str, spec: CurveSpec) -> Any:
    """What a curve has of a field of :data:`VARIED`."""
    return getattr(getattr(spec, _OWNERS[name][0]), name)


def varied(spec: CurveSpec, name: str, values: Sequence[Value]) -> tuple[CurveSpec, ...]:
    """A curve for each value of a field, otherwise the same.

    A training time is instead of a number of steps, and a Bayesian posterior has neither.

    Args:
        spec: the curve.
        name: one of :data:`VARIED`.
        values: of it, each once.

    Raises:
        SpecError: for a value that the field, or a curve that is otherwise so, cannot have.
    """
    return tuple(_with(spec, name, value) for value in values_of(name, values))


def _with(spec: CurveSpec, name: str, value: Any) -> CurveSpec:
    part, _ = _OWNERS[name]
    changes = {name: value}
    if name == "time" or value == "bayes":
        changes = {"time": None, "steps": None, "eta": 1.0, name: value}
    return replace(spec, **{part: replace(getattr(spec, part), **changes)})
