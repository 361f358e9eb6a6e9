"""Examples that are on the accelerator already: another network needs the same ones again."""

import threading
from collections import OrderedDict

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.costs.buckets import bucket
from ntk_uq.theory.inputs import squares_of

_MOST = 4
"""Sets that stay: training and test set of two views."""


class Resident:
    """A set of examples, here and on the accelerator.

    Args:
        x: the examples, (n, d), which must not change any more.

    Attributes:
        x: the same. squares: ``|x|^2``, (n,).
        there: the examples on the accelerator, filled up to a bucket with zeros.
    """

    def __init__(self, x: Float[np.ndarray, "n d"]) -> None:
        self.x, self.squares = x, squares_of(x)
        filled = np.pad(x, [(0, bucket(len(x)) - len(x)), (0, 0)])
        with jax.enable_x64(True):
            self.there: Float[Array, "b d"] = jnp.asarray(filled)


_known: OrderedDict[int, Resident] = OrderedDict()
_lock = threading.Lock()


def resident(x: Float[np.ndarray, "n d"]) -> Resident:
    """The set of these very examples: of the same array, and not of one like it. Those that nobody
    has asked for longest leave the accelerator."""
    with _lock:
        # An array that is known here lives, so no other one has its id.
        found = _known.pop(id(x), None) or Resident(x)
        _known[id(x)] = found
        while len(_known) > _MOST:
            _known.popitem(last=False)
        return found
