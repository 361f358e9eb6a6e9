"""Whether what an optimizer declares can be one: its rule tried on a few small arrays.

Looked at once, when an optimizer is loaded or registered; so a mistake is told about with its name,
and not as networks that diverge, or as a faster training that is another one.
"""

from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import SpecError
from ntk_uq.optimizers.base import Optimizer, Step

Gradients = Float[np.ndarray, "steps k l"]

_STEPS, _SHAPE, _SIZE = 5, (2, 3), 0.1


def check(found: object) -> None:
    """Raises SpecError, with what was got and what must be, if

    - it is no :class:`Optimizer`;
    - the update returns another shape or kind of number, another number of arrays to keep, or
      numbers that are not finite, for a gradient of zero as for any other;
    - a rule that is said to be linear is not, or that one without a departure from the theory is
      not full-batch gradient descent;
    - the bound on eta is no number above 0.
    """
    if not isinstance(found, Optimizer):
        raise SpecError(f"This is {found!r:.80}; it must be an Optimizer.")
    bound = found.bound(found.usual)
    if not isinstance(bound, int | float) or not 0 < bound < np.inf:
        _wrong(found, f"its bound on eta is {bound!r}", "a number above 0")
    grid = np.linspace(-2, 3, _STEPS * 6).reshape(_STEPS, *_SHAPE)
    first, second = np.sin(3 * grid), np.cos(5 * grid)
    _path(found, 0 * first)
    alone = _path(found, first)
    both = _path(found, first + second)
    if found.linear and not np.allclose(alone + _path(found, second), both, rtol=1e-9, atol=1e-12):
        _wrong(found, "two gradients together do not move what they move one by one", "linear")
    if not found.departure and (found.stochastic or not np.allclose(alone, -_SIZE * first)):
        _wrong(
            found,
            "it names no departure from the theory",
            "full-batch gradient descent, or name it",
        )


def _path(optimizer: Optimizer, gradients: Gradients) -> Gradients:
    """What the rule adds to a parameter, step by step."""
    moved = []
    memory = (np.zeros(_SHAPE),) * optimizer.memory
    for number, gradient in enumerate(gradients, 1):
        with np.errstate(all="ignore"):
            move, memory = returned(
                optimizer, gradient, memory, Step(_SIZE, number, optimizer.usual)
            )
        for what, array in (("the move", move), *(("what is kept", kept) for kept in memory)):
            if not np.isfinite(array).all():
                _wrong(optimizer, f"in step {number} {what} is not finite", "finite")
        moved.append(move)
    return np.array(moved)


def returned(optimizer: Optimizer, gradient: Any, memory: tuple[Any, ...], step: Step) -> Any:
    """What an update returns, if it is of the shapes and of the kind of number that it was given.

    Raises:
        SpecError: if it is not, or if the update fails.
    """
    try:
        move, kept = optimizer.update(gradient, memory, step)
        if not isinstance(kept, tuple):
            raise TypeError(f"what it keeps is of type {type(kept).__name__}")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        said = str(error).partition("\n")[0]
        _wrong(
            optimizer,
            f"its update fails: {type(error).__name__}, {said:.200}",
            "a function of arrays, of NumPy and of JAX, that returns a move and a tuple of what it "
            "keeps; functions such as sqrt are those of gradient.__array_namespace__()",
        )
    if len(kept) != optimizer.memory:
        _wrong(
            optimizer,
            f"its update keeps {len(kept)} arrays",
            f"as many as its memory says, {optimizer.memory}",
        )
    for what, array in (("the move", move), *(("what is kept", array) for array in kept)):
        got = tuple(np.shape(array)), str(getattr(array, "dtype", type(array).__name__))
        want = tuple(gradient.shape), str(gradient.dtype)
        if got != want:
            _wrong(
                optimizer,
                f"{what} has the shape {got[0]} and numbers of {got[1]}",
                f"as the gradient, {want[0]} and {want[1]}",
            )
    return move, kept


def _wrong(optimizer: Optimizer, got: str, want: str) -> NoReturn:
    raise SpecError(f"The optimizer {optimizer.name} does not work: {got}; it must be {want}.")
