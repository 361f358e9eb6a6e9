"""Phase maps: the theory over two chosen axes, cell by cell."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Choice, Maybe, Spec, Whole, check_of, checked, same_as
from ntk_uq.base.fields.text import AxisValues
from ntk_uq.specs.curves import CurveSpec, PointSpec, logarithmic_grid
from ntk_uq.specs.data import DataSpec
from ntk_uq.specs.network import ArchitectureSpec
from ntk_uq.specs.training import TrainingSpec

_DATA, _NETWORK, _TRAINING, _SIZE = "data", "architecture", "training", "n_train"

_OWNERS: Mapping[str, tuple[str, type]] = {
    "depth": (_NETWORK, ArchitectureSpec),
    "sigma_w": (_NETWORK, ArchitectureSpec),
    "sigma_b": (_NETWORK, ArchitectureSpec),
    "activation": (_NETWORK, ArchitectureSpec),
    "n_train": (_SIZE, PointSpec),
    "n_test": (_DATA, DataSpec),
    "time": (_TRAINING, TrainingSpec),
    "steps": (_TRAINING, TrainingSpec),
    "jitter": (_TRAINING, TrainingSpec),
}
AXES = tuple(_OWNERS)
"""Fields that an axis may be."""

MOMENTS = ("mu", "sigma", "epsilon", "epsilon_population")
EXPONENTS = ("alpha_mu", "alpha_sigma")
MAP_QUANTITIES = (*MOMENTS, *EXPONENTS)
"""What a map can show. The exponents are there where a specification has ``sizes``."""

MOST_CELLS = 1600
"""40 times 40. A cell of 256 examples takes about 0.1 s on two cores (depth 2 to 4, one draw), so
that this many are some minutes; and more cannot be told apart, or read while they fill in."""

MOST_POINTS = 20_000
"""Cells times their N_D times draws: so many results are read and merged while a page waits."""

_MOST_VALUES = 200
EXPONENT_SPAN = 8
"""Largest over smallest N_D of a cell that is fitted. A fit needs a factor 4 (see
:mod:`ntk_uq.scaling`), and the larger the span, the more the exponent bends within it."""


@dataclass(frozen=True)
class Axis:
    """One axis of a map: a field, and its values as the field's own check reads them."""

    name: str
    values: tuple[Any, ...]

    @property
    def categorical(self) -> bool:
        """Whether its values are names."""
        return self.name == "activation"


@dataclass(frozen=True)
class MapSpec(Spec):
    """A map of the infinite-width theory: one cell for each pair of values of two axes.

    What is no axis is the same in all cells. A cell is a :class:`CurveSpec`, so its results are
    those of the curve: with one N_D, or, where ``sizes`` says so, with several up to it that
    determine the cell's exponent.
    """

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    training: TrainingSpec = field(default_factory=TrainingSpec)
    n_train: int = same_as(PointSpec, "n_train", 200)
    draws: int = same_as(CurveSpec, "draws")
    x: str = checked(Choice(AXES), "sigma_w", "what runs from left to right")
    x_values: tuple[float, ...] | tuple[str, ...] = checked(
        AxisValues(_MOST_VALUES),
        (1.0, 1.2, 1.4, 1.6, 1.8, 2.0),
        "its values: numbers from small to large, or names of activations",
    )
    y: str = checked(Choice(AXES), "depth", "what runs from bottom to top")
    y_values: tuple[float, ...] | tuple[str, ...] = checked(
        AxisValues(_MOST_VALUES),
        (1.0, 2.0, 3.0, 4.0, 6.0),
        "its values: numbers from small to large, or names of activations",
    )
    sizes: int = checked(
        Whole(0, 12),
        0,
        "N_D of each cell, from an eighth of its own upwards, to fit its exponent; 0 for none",
    )

    def validate(self) -> None:
        if self.x == self.y:
            raise SpecError(f"Both axes are {self.x}; choose another one for one of them.")
        for which, axis in (("x", self.axes[0]), ("y", self.axes[1])):
            if len(axis.values) < 2:
                raise SpecError(
                    f"{which}_values has one value of {axis.name}; an axis needs two or more. (For "
                    "one value set it in the network, the data or the training.)"
                )
        self._check_training()
        nx, ny = (len(axis.values) for axis in self.axes)
        if nx * ny > MOST_CELLS:
            raise SpecError(
                f"The map has {nx} x {ny} = {nx * ny:,} cells; at most {MOST_CELLS:,} are allowed, "
                "40 x 40 say. Take fewer values, and a finer map of a part of it later."
            )
        if self.sizes and self.sizes < 4:
            raise SpecError(f"sizes is {self.sizes}; an exponent needs 4 N_D or more, or choose 0.")
        points = self.n_cells * (self.sizes or 1) * self.draws
        if points > MOST_POINTS:
            raise SpecError(
                f"The map has {self.n_cells:,} cells, {self.sizes or 1} N_D each and {self.draws} "
                f"draws: {points:,} points; at most {MOST_POINTS:,} are allowed. Choose fewer "
                "values, sizes or draws."
            )
        smallest = min(self._sizes_of_axes())
        if self.sizes and len(self.grid(smallest)) < self.sizes:
            raise SpecError(
                f"There are no {self.sizes} different N_D between {smallest} / {EXPONENT_SPAN} and "
                f"{smallest} to fit an exponent to; choose a larger N_D."
            )

    def _check_training(self) -> None:
        """Raises SpecError for an axis of training that the base training does not have."""
        training, names = self.training, (self.x, self.y)
        if "time" in names and "steps" in names:
            raise SpecError(
                "The axes are time and steps; training is either gradient flow for a time or a "
                "number of steps, not both."
            )
        for name, other in (("time", "steps"), ("steps", "time")):
            if name not in names:
                continue
            if training.posterior == "bayes":
                raise SpecError(
                    f"The axis {name} is a training time, and a Bayesian posterior has none; "
                    "choose the trained posterior, or another axis."
                )
            if getattr(training, other) is not None:
                raise SpecError(
                    f"The axis is {name}, but the training is by {other} "
                    f"({getattr(training, other):g}); choose the axis {other}, or train by {name}."
                )

    def _sizes_of_axes(self) -> tuple[int, ...]:
        found = [axis.values for axis in self.axes if axis.name == "n_train"]
        return found[0] if found else (self.n_train,)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The axes, x and y.

        Raises:
            SpecError: for a value that its field does not take.
        """
        return _axis("x_values", self.x, self.x_values), _axis("y_values", self.y, self.y_values)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows (y) and columns (x)."""
        return len(self.y_values), len(self.x_values)

    @property
    def n_cells(self) -> int:
        """How many cells there are."""
        return len(self.x_values) * len(self.y_values)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the map can show."""
        return MAP_QUANTITIES if self.sizes else MOMENTS

    def check_quantity(self, name: str) -> None:
        """Raises SpecError if the map has no such quantity."""
        if name not in self.quantities:
            raise SpecError(
                f"The map has no {name!r}; it has {', '.join(self.quantities)}. (Exponents need "
                "several sizes.)"
            )

    def grid(self, n_train: int) -> tuple[int, ...]:
        """The N_D of a cell: its own, and those below it to which its exponent is fitted."""
        if not self.sizes:
            return (n_train,)
        low = max(1, n_train // EXPONENT_SPAN)
        return logarithmic_grid(low, n_train, self.sizes) if low < n_train else (n_train,)

    def cell(self, row: int, column: int) -> CurveSpec:
        """The specification of one cell, whose last N_D is the cell's own.

        Args:
            row: index into the values of y.
            column: index into those of x.
        """
        x, y = self.axes
        parts: dict[str, Any] = {
            _DATA: self.data,
            _NETWORK: self.architecture,
            _TRAINING: self.training,
            _SIZE: self.n_train,
        }
        for axis, index in ((x, column), (y, row)):
            part, _ = _OWNERS[axis.name]
            value = axis.values[index]
            parts[part] = value if part == _SIZE else replace(parts[part], **{axis.name: value})
        sizes = self.grid(parts.pop(_SIZE))
        return CurveSpec(**parts, n_train=sizes, draws=self.draws)


def axis_check(name: str) -> Any:
    """The check of the field that an axis is, for whoever draws a control for it."""
    return check_of(_OWNERS[name][1], name)


@functools.lru_cache(maxsize=256)
def _axis(which: str, name: str, values: tuple[Any, ...]) -> Axis:
    check = check_of(_OWNERS[name][1], name)
    if name == "activation" and not all(isinstance(value, str) for value in values):
        raise SpecError(
            f"{which} has numbers, but the axis is activation; give names such as relu."
        )
    if name != "activation" and any(isinstance(value, str) for value in values):
        raise SpecError(f"{which} has the name {values[0]!r}, but the axis {name} takes numbers.")
    return Axis(name, tuple(check.check(f"{which}[{i}]", value) for i, value in enumerate(values)))


def read_values(name: str, text: str) -> tuple[float, ...] | tuple[str, ...]:
    """The values of the axis ``name`` in what somebody wrote: a list with commas between, or
    ``low:high:count`` for evenly spaced ones, with the word ``log`` behind it in the logarithm.

    Raises:
        SpecError: if it is neither.
    """
    if ":" not in text:
        return AxisValues(_MOST_VALUES).parse(name, text)
    span, _, word = text.strip().partition(" ")
    try:
        low, high = (float(part) for part in span.split(":")[:2])
        count = int(span.split(":")[2])
    except (ValueError, IndexError):
        raise SpecError(
            f"{name} is {text!r}; write values with commas between, or low:high:count, such as "
            "0.5:3:11 or 1:1000:7 log."
        ) from None
    logarithmic = word.strip() == "log"
    if (word.strip() and not logarithmic) or not math.isfinite(low) or not low < high < math.inf:
        raise SpecError(f"{name} is {text!r}; write low:high:count, low below high, or ... log.")
    if logarithmic and low <= 0:
        raise SpecError(f"{name} is {text!r}; in the logarithm, the lowest value is above 0.")
    if not 2 <= count <= _MOST_VALUES:
        raise SpecError(f"{name} has {count} values; choose 2 to {_MOST_VALUES}.")
    shares = [i / (count - 1) for i in range(count)]
    if logarithmic:
        values = [low * (high / low) ** share for share in shares]
    else:
        values = [low + (high - low) * share for share in shares]
    check = axis_check(name)
    whole = isinstance(check.inner if isinstance(check, Maybe) else check, Whole)
    # Six digits are what anybody reads; of whole numbers, those that round to the same are one.
    rounded = (float(round(v)) if whole else float(f"{v:.6g}") for v in values)
    return tuple(dict.fromkeys(rounded))
