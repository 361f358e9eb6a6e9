"""The laws that a curve may follow, as functions of ``x = ln N_D`` for ``y = ln q``.

Each law has at most one parameter, its *shape*, in which a least-squares problem may have several
minima; given that one, the others are linear or nearly so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

SHARPNESS = 0.25
"""s of the broken power law: its exponent goes from a tenth to nine tenths of the way within a
factor ``81^s = 3`` in N_D, which grids of five to ten points per factor 30 cannot tell from a
sharper or a softer break. (Fitting s as well needs far more points than curves have.)"""

STEEPEST = 5.0
"""Largest exponent of a decay towards an offset: beyond, neighbouring points cannot resolve it."""
MOST_OFFSET = 0.999
"""Largest share of the offset in the last point."""

Theta = Float[np.ndarray, "b k"]


@dataclass(frozen=True)
class Frame:
    """What a law's internal parameters refer to.

    Attributes:
        center: mean of x, where value and slope are nearly uncorrelated.
        first, last: the ends of the window in x.
        low, high: bounds of a break: the second point and the last but one, in x.
    """

    center: float
    first: float
    last: float
    low: float
    high: float

    @staticmethod
    def of(x: Float[np.ndarray, "n"]) -> "Frame":
        """The frame of the points of a fit, at least two."""
        return Frame(*map(float, (np.mean(x), x[0], x[-1], x[min(1, len(x) - 1)], x[-2])))


@runtime_checkable
class Law(Protocol):
    """A family of curves.

    ``values`` and ``slopes`` take internal parameters, one set a row, and x; they return y and its
    derivatives by the parameters. ``outer`` turns internal parameters into those that are quoted.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def shape(self) -> int | None: ...
    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def logarithmic(self) -> tuple[str, ...]: ...
    def bounds(self, at: Frame) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]: ...
    def shapes(self, at: Frame, count: int) -> Float[np.ndarray, "s"]: ...
    def starts(
        self, at: Frame, shapes: Float[np.ndarray, "s"], line: tuple[float, float], end: float
    ) -> list[Theta]: ...
    def values(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n"]: ...
    def slopes(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n k"]: ...
    def outer(self, at: Frame, theta: Theta) -> Float[np.ndarray, "b p"]: ...


class _Linear:
    """A law without a shape, linear in parameters of any size."""

    size: int

    def bounds(self, at: Frame) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:  # noqa: ARG002
        return np.full(self.size, -np.inf), np.full(self.size, np.inf)

    def shapes(self, at: Frame, count: int) -> Float[np.ndarray, "s"]:  # noqa: ARG002
        return np.zeros(1)


@dataclass(frozen=True)
class Constant(_Linear):
    """``q = q_0``: internal ``(ln q_0,)``."""

    name: str = "constant"
    title: str = "constant"
    formula: str = "q = q_0"
    size: int = 1
    shape: int | None = None
    symbols: tuple[str, ...] = ("q_0",)
    logarithmic: tuple[str, ...] = ("q_0",)

    def starts(
        self,
        at: Frame,  # noqa: ARG002
        shapes: Float[np.ndarray, "s"],  # noqa: ARG002
        line: tuple[float, float],
        end: float,  # noqa: ARG002
    ) -> list[Theta]:
        return [np.array([[line[0]]])]

    def values(
        self,
        at: Frame,  # noqa: ARG002
        theta: Theta,
        x: Float[np.ndarray, "n"],
    ) -> Float[np.ndarray, "b n"]:
        return np.repeat(theta, len(x), axis=1)

    def slopes(
        self,
        at: Frame,  # noqa: ARG002
        theta: Theta,
        x: Float[np.ndarray, "n"],
    ) -> Float[np.ndarray, "b n k"]:
        return np.ones((len(theta), len(x), 1))

    def outer(self, at: Frame, theta: Theta) -> Float[np.ndarray, "b p"]:  # noqa: ARG002
        return theta.copy()


@dataclass(frozen=True)
class Power(_Linear):
    """``q = A n^-alpha``: internal ``(ln q at the centre, alpha)``."""

    name: str = "power"
    title: str = "power law"
    formula: str = "q = A N_D^−α"
    size: int = 2
    shape: int | None = None
    symbols: tuple[str, ...] = ("A", "α")
    logarithmic: tuple[str, ...] = ("A",)

    def starts(
        self,
        at: Frame,  # noqa: ARG002
        shapes: Float[np.ndarray, "s"],  # noqa: ARG002
        line: tuple[float, float],
        end: float,  # noqa: ARG002
    ) -> list[Theta]:
        return [np.array([line])]

    def values(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n"]:
        return theta[:, :1] - theta[:, 1:] * (x - at.center)

    def slopes(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n k"]:
        one = np.stack([np.ones_like(x), at.center - x], axis=-1)
        return np.repeat(one[None], len(theta), axis=0)

    def outer(self, at: Frame, theta: Theta) -> Float[np.ndarray, "b p"]:
        return np.stack([theta[:, 0] + theta[:, 1] * at.center, theta[:, 1]], axis=1)


@dataclass(frozen=True)
class Offset:
    """``q = q_inf + A n^-alpha``: internal ``(ln q at the last point, alpha, share)``, where the
    share of the offset in the last point is from 0 (a power law) to nearly 1."""

    name: str = "offset"
    title: str = "power law with offset"
    formula: str = "q = q_∞ + A N_D^−α"
    size: int = 3
    shape: int | None = 2
    symbols: tuple[str, ...] = ("q_∞", "A", "α")
    logarithmic: tuple[str, ...] = ("A",)

    def bounds(self, at: Frame) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:  # noqa: ARG002
        return np.array([-np.inf, 1e-3, 0.0]), np.array([np.inf, STEEPEST, MOST_OFFSET])

    def shapes(self, at: Frame, count: int) -> Float[np.ndarray, "s"]:  # noqa: ARG002
        return np.linspace(0, MOST_OFFSET, count)

    def starts(
        self,
        at: Frame,  # noqa: ARG002
        shapes: Float[np.ndarray, "s"],
        line: tuple[float, float],
        end: float,
    ) -> list[Theta]:
        # The local exponent at the last point is alpha (1 - share).
        slow = np.clip(max(line[1], 0.02) / (1 - shapes), 0.02, 3.0)
        guesses = (slow, np.full_like(shapes, 0.6), np.full_like(shapes, 1.5))
        return [np.stack([np.full_like(shapes, end), a, shapes], axis=1) for a in guesses]

    def values(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n"]:
        level, alpha, share = (theta[:, i, None] for i in range(3))
        return level + np.log(share + (1 - share) * np.exp(-alpha * (x - at.last)))

    def slopes(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n k"]:
        _, alpha, share = (theta[:, i, None] for i in range(3))
        decay = np.exp(-alpha * (x - at.last))
        whole = share + (1 - share) * decay
        by_alpha = -(x - at.last) * (1 - share) * decay / whole
        return np.stack([np.ones_like(whole), by_alpha, (1 - decay) / whole], axis=-1)

    def outer(self, at: Frame, theta: Theta) -> Float[np.ndarray, "b p"]:
        level, alpha, share = theta.T
        return np.stack(
            [share * np.exp(level), level + np.log1p(-share) + alpha * at.last, alpha], axis=1
        )


@dataclass(frozen=True)
class Broken:
    """``q = A n^-a1 (1 + (n / n_b)^(1/s))^(-(a2 - a1) s)``: internal
    ``(ln A + a1 centre, a1, a2, ln n_b)``, linear but for the last."""

    name: str = "broken"
    title: str = "broken power law"
    formula: str = f"q = A N_D^−α₁ (1 + (N_D/n_b)^(1/s))^(−(α₂−α₁) s), s = {SHARPNESS:g}"
    size: int = 4
    shape: int | None = 3
    symbols: tuple[str, ...] = ("A", "α₁", "α₂", "n_b")
    logarithmic: tuple[str, ...] = ("A", "n_b")

    def bounds(self, at: Frame) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
        return np.array([*[-np.inf] * 3, at.low]), np.array([*[np.inf] * 3, at.high])

    def shapes(self, at: Frame, count: int) -> Float[np.ndarray, "s"]:
        return np.linspace(at.low, at.high, count)

    def starts(
        self,
        at: Frame,  # noqa: ARG002
        shapes: Float[np.ndarray, "s"],
        line: tuple[float, float],
        end: float,  # noqa: ARG002
    ) -> list[Theta]:
        level, alpha = (np.full_like(shapes, part) for part in line)
        return [np.stack([level, alpha, alpha, shapes], axis=1)]

    def values(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n"]:
        level, early, late, at_break = (theta[:, i, None] for i in range(4))
        beyond = SHARPNESS * np.logaddexp(0, (x - at_break) / SHARPNESS)
        return level - early * (x - at.center - beyond) - late * beyond

    def slopes(
        self, at: Frame, theta: Theta, x: Float[np.ndarray, "n"]
    ) -> Float[np.ndarray, "b n k"]:
        _, early, late, at_break = (theta[:, i, None] for i in range(4))
        scaled = (x - at_break) / SHARPNESS
        beyond = SHARPNESS * np.logaddexp(0, scaled)
        share = 1 / (1 + np.exp(np.clip(-scaled, -500, 500)))
        parts = (np.ones_like(beyond), beyond - x + at.center, -beyond, (late - early) * share)
        return np.stack(parts, axis=-1)

    def outer(self, at: Frame, theta: Theta) -> Float[np.ndarray, "b p"]:
        level, early, late, at_break = theta.T
        return np.stack([level + early * at.center, early, late, at_break], axis=1)


ALL: Mapping[str, Law] = {law.name: law for law in (Constant(), Power(), Offset(), Broken())}
LAWS = tuple(ALL)
"""Names of the laws, the simplest first."""
