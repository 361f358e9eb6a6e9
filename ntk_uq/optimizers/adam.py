"""Adam: each parameter's steps are about as long as the learning rate. Kingma and Ba,
arXiv:1412.6980, algorithm 1.

Parameters are standard normal whatever the width, so the same eta moves the outputs of wider
networks further, in proportion to the width; choose it well below ``1 / width``.
"""

from typing import Any

from ntk_uq.optimizers.base import OWN_SIZE, Memory, Optimizer, Settings, Step

FIRST, SECOND = 0.9, 0.999
"""Decay of the means of the gradients and of their squares."""

TINY = 1e-8


def update(gradient: Any, memory: Memory, step: Step) -> tuple[Any, Memory]:
    """The means ``m`` of g and ``v`` of g^2, corrected for their start at zero;
    ``theta <- theta - s m / (sqrt(v) + 1e-8)``."""
    xp = gradient.__array_namespace__()
    mean, square = memory
    mean = (1 - FIRST) * gradient + FIRST * mean
    square = (1 - SECOND) * gradient**2 + SECOND * square
    direction = mean / step.filled(FIRST) / (xp.sqrt(square / step.filled(SECOND)) + TINY)
    return -step.size * direction, (mean, square)


def bound(_: Settings) -> float:
    """Parameters are of order 1."""
    return 1.0


OPTIMIZER = Optimizer(
    name="adam",
    title="Adam",
    about="Each parameter's steps are about as long as eta; choose it well below 1 / width.",
    update=update,
    bound=bound,
    why=OWN_SIZE,
    memory=2,
    normalized=False,
    departure="Adam",
)
