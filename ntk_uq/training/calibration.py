"""How fast this machine is at float32, measured in a fraction of a second."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from ntk_uq.results.speed import Speed

_SIZE = 1024
_REPEATS = 7


def measure_speed() -> Speed:
    """The rate of a matrix product of 1024 rows and of a sum of arrays; medians of a few.

    On a machine that others use it is the speed of this moment.
    """
    with jax.enable_x64(False), jax.default_matmul_precision("highest"):
        a = jnp.ones((_SIZE, _SIZE), jnp.float32)
        product = jax.jit(lambda x: x @ x)
        total = jax.jit(lambda x, y: x + y)
        return Speed(
            products=2 * _SIZE**3 / _median_seconds(lambda: product(a)),
            traffic=3 * a.nbytes / _median_seconds(lambda: total(a, a)),
        )


def _median_seconds(compute: Callable[[], jax.Array]) -> float:
    jax.block_until_ready(compute())
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(compute())
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))
