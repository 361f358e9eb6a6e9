"""The line between order and chaos on a map, and on which side of it a map lies."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ntk_uq.activations import get
from ntk_uq.activations.criticality import (
    Phase,
    critical_sigma_b,
    critical_sigma_w,
    criticality,
    describe,
)
from ntk_uq.specs import ArchitectureSpec, Axis, MapSpec

_SIGMAS = ("sigma_w", "sigma_b")
_SAMPLES = 80


@dataclass(frozen=True)
class CriticalLine:
    """A piece of the line where chi_1 = 1.

    Attributes:
        x, y: its points, in cells: 0 is the middle of the first column or row, 1 of the second.
        across: the axis, ``x`` or ``y``, along which the phase changes.
        low, high: the phases on the sides of its smaller and of its larger values.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    across: str
    low: Phase
    high: Phase


@functools.lru_cache(maxsize=32)
def critical_lines(spec: MapSpec) -> tuple[CriticalLine, ...]:
    """Where the networks of a map are critical; empty where they are nowhere, or no axis says."""
    x, y = spec.axes
    if x.name in _SIGMAS and y.name in _SIGMAS:
        return _plane(spec)
    for axis, other, across in ((x, y, "x"), (y, x, "y")):
        if axis.name in _SIGMAS:
            return tuple(
                line
                for network, low, high in _bands(spec, other)
                for line in _straight(axis, network, low, high, across)
            )
    return ()


def sides(spec: MapSpec) -> tuple[str, ...]:
    """What there is to say about order and chaos of a map, in sentences."""
    network, (x, y) = spec.architecture, spec.axes
    names = {x.name, y.name}
    activations = [network.activation]
    for axis in (x, y):
        if axis.categorical:
            activations = list(axis.values)
    if not names & set(_SIGMAS):
        return tuple(describe(a, network.sigma_w, network.sigma_b) for a in activations)
    sentences = [_line_in_words(spec)]
    straight = [a for a in activations if get(a).homogeneous]
    if straight:
        sentences.append(
            f"For {' and '.join(straight)}, χ₁ > 1 means that signals and gradients "
            "grow with every layer; χ₁ does not depend on σ_b."
        )
    remarks = (get(a).remark for a in activations)
    sentences += [remark for remark in remarks if remark]
    return tuple(sentences)


def _line_in_words(spec: MapSpec) -> str:
    start = (
        "Ordered (χ₁ < 1): nearby inputs become alike in deep layers and gradients die out. "
        "Chaotic (χ₁ > 1): they part, and gradients grow. "
    )
    lines = critical_lines(spec)
    if lines:
        return f"{start}The line is χ₁ = 1, where signals reach deep layers."
    x, y = spec.axes
    network = spec.architecture
    for axis in (x, y):
        if axis.name in _SIGMAS:
            network = _with(network, axis.name, axis.values[0])
    phase = criticality(network.activation, network.sigma_w, network.sigma_b).phase
    if "activation" in (x.name, y.name):
        return f"{start}No line χ₁ = 1 runs through this map."
    return f"{start}All of this map is {phase}."


def _plane(spec: MapSpec) -> tuple[CriticalLine, ...]:
    """The line over sigma_w and sigma_b."""
    x, y = spec.axes
    weights, biases = (x, y) if x.name == "sigma_w" else (y, x)
    low, high = _ends(biases)
    line: list[tuple[float, float]] = []
    for sigma_b in np.linspace(max(0.0, low), high, _SAMPLES):
        try:
            sigma_w = critical_sigma_w(spec.architecture.activation, float(sigma_b))
        except ValueError:
            continue
        line.append((sigma_w, float(sigma_b)))
    lines = []
    for piece in _within(line, *_ends(weights)):
        along = tuple(_place(weights, sigma_w) for sigma_w, _ in piece)
        up = tuple(_place(biases, sigma_b) for _, sigma_b in piece)
        if weights is x:
            lines.append(CriticalLine(along, up, "x", Phase.ORDERED, Phase.CHAOTIC))
        else:
            lines.append(CriticalLine(up, along, "y", Phase.ORDERED, Phase.CHAOTIC))
    return tuple(lines)


def _within(
    line: Sequence[tuple[float, float]], low: float, high: float
) -> list[list[tuple[float, float]]]:
    """The pieces of a line whose first coordinate is in a range: what runs outside of a map is not
    drawn along its edge."""
    pieces: list[list[tuple[float, float]]] = []
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        # From where to where a segment is inside, as parts of its length.
        ends = [0.0, 1.0] if x0 == x1 else sorted(((low - x0) / (x1 - x0), (high - x0) / (x1 - x0)))
        start, stop = max(0.0, ends[0]), min(1.0, ends[1])
        if start > stop or (x0 == x1 and not low <= x0 <= high):
            continue
        first, last = ((x0 + part * (x1 - x0), y0 + part * (y1 - y0)) for part in (start, stop))
        if start > 0 or not pieces or pieces[-1][-1] != (x0, y0):
            pieces.append([first])
        pieces[-1].append((x1, y1) if stop == 1 else last)
    return pieces


def _bands(spec: MapSpec, other: Axis) -> list[tuple[ArchitectureSpec, float, float]]:
    """The networks along the other axis, and from where to where in cells."""
    if not other.categorical:
        return [(spec.architecture, -0.5, len(other.values) - 0.5)]
    return [
        (replace(spec.architecture, activation=name), i - 0.5, i + 0.5)
        for i, name in enumerate(other.values)
    ]


def _straight(
    axis: Axis, network: ArchitectureSpec, low: float, high: float, across: str
) -> list[CriticalLine]:
    ends = _ends(axis)
    if axis.name == "sigma_w":
        try:
            found: Sequence[float] = [critical_sigma_w(network.activation, network.sigma_b)]
        except ValueError:
            found = []
    else:
        found = critical_sigma_b(network.activation, network.sigma_w, max(0.0, ends[0]), ends[1])
    lines = []
    for value in found:
        if not ends[0] <= value <= ends[1]:
            continue
        place = _place(axis, value)
        before, after = (_with(network, axis.name, value * factor) for factor in (0.99, 1.01))
        phases = [criticality(n.activation, n.sigma_w, n.sigma_b).phase for n in (before, after)]
        points = ((place, place), (low, high))
        x, y = points if across == "x" else points[::-1]
        lines.append(CriticalLine(x, y, across, phases[0], phases[1]))
    return lines


def _with(network: ArchitectureSpec, name: str, value: float) -> ArchitectureSpec:
    fields: dict[str, Any] = {**vars(network), name: value}
    return ArchitectureSpec(**fields)


def _ends(axis: Axis) -> tuple[float, float]:
    """The values at the outer edges of the first and the last cell."""
    values = axis.values
    return (
        values[0] - (values[1] - values[0]) / 2,
        values[-1] + (values[-1] - values[-2]) / 2,
    )


def _place(axis: Axis, value: float) -> float:
    """Where a value lies, in cells: between two middles in proportion."""
    low, high = _ends(axis)
    count = len(axis.values)
    places = [-0.5, *range(count), count - 0.5]
    return float(np.interp(value, [low, *axis.values, high], places))
