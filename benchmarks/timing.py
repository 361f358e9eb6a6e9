"""Seconds, repeated and in turns: what else the machine does meets all contestants alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import numpy as np

Compute = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """How long something took.

    Attributes:
        seconds: of each repetition, all of them warm.
        first: of the first call in this process, compilation included; None where every call is
            alike (a new process each time).
    """

    seconds: tuple[float, ...]
    first: float | None = None

    @property
    def median(self) -> float:
        return float(np.median(self.seconds))

    @property
    def quartiles(self) -> tuple[float, float]:
        return quartiles(self.seconds)

    def over(self, count: float) -> "Timing":
        """Of one of the ``count`` equal parts that were timed together."""
        return Timing(tuple(value / count for value in self.seconds))


def quartiles(values: tuple[float, ...] | np.ndarray) -> tuple[float, float]:
    """The first and the third, interpolated."""
    low, high = np.percentile(values, [25, 75])
    return float(low), float(high)


def seconds(compute: Compute) -> float:
    """How long a computation takes until its last array is there, on whichever device."""
    start = time.perf_counter()
    jax.block_until_ready(compute())
    return time.perf_counter() - start


def alternate(contestants: Mapping[str, Compute], repetitions: int) -> dict[str, Timing]:
    """Calls each once, which compiles, and then all of them in turns, ``repetitions`` times."""
    first = {name: seconds(compute) for name, compute in contestants.items()}
    warm: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repetitions):
        for name, compute in contestants.items():
            warm[name].append(seconds(compute))
    return {name: Timing(tuple(warm[name]), first[name]) for name in contestants}
