"""Full-batch gradient descent, which the theory describes at the same eta and k."""

from typing import Any

from ntk_uq.optimizers.base import LARGEST_MODE, Memory, Optimizer, Settings, Step


def update(gradient: Any, memory: Memory, step: Step) -> tuple[Any, Memory]:
    """``theta <- theta - s g``."""
    return -step.size * gradient, memory


def bound(_: Settings) -> float:
    """A mode of ``f - y`` with the NTK's eigenvalue lambda is multiplied by
    ``1 - eta lambda / lambda_max`` each step: from eta = 2 on the largest grows."""
    return 2.0


OPTIMIZER = Optimizer(
    name="gd",
    title="gradient descent",
    about="Full-batch gradient descent, whose infinite-width limit the theory is.",
    update=update,
    bound=bound,
    why=LARGEST_MODE,
    linear=True,
)
