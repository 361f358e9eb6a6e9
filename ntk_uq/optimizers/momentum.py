"""Polyak's heavy ball: each step keeps a share of the last one.

Its slowest modes move as those of gradient descent with ``eta / (1 - momentum)``. B. T. Polyak,
Some methods of speeding up the convergence of iteration methods, 1964.
"""

from typing import Any

from ntk_uq.optimizers.base import LARGEST_MODE, Memory, Optimizer, Settings, Step


def update(gradient: Any, memory: Memory, step: Step) -> tuple[Any, Memory]:
    """``v <- g + m v``, ``theta <- theta - s v``; m is the momentum."""
    (velocity,) = memory
    velocity = gradient + step.settings.momentum * velocity
    return -step.size * velocity, (velocity,)


def bound(settings: Settings) -> float:
    """``2 (1 + m)``, where the largest mode begins to swing ever wider."""
    return 2 * (1 + (settings.momentum or 0.0))


OPTIMIZER = Optimizer(
    name="momentum",
    title="gradient descent with momentum",
    about="Polyak's heavy ball: slow modes move 1 / (1 - momentum) times as fast.",
    update=update,
    bound=bound,
    why=LARGEST_MODE,
    memory=1,
    needs={"momentum": 0.9},
    departure="momentum",
    linear=True,
)
