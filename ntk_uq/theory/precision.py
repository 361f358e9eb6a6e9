"""In which precision an accelerator factors kernels: as somebody set it, or as it was measured."""

import functools
import time

import jax
import jax.numpy as jnp
import numpy as np

from ntk_uq.base import settings
from ntk_uq.costs.precision import mixed_pays
from ntk_uq.specs import CurveSpec

_SIZE = 2048
"""Rows of the matrices that are multiplied: enough to fill a card, and some milliseconds where
float64 is slow."""

_REPETITIONS = 3


def mixed_wanted(spec: CurveSpec, n_features: int) -> bool:
    """Whether a curve is to be computed in mixed precision where JAX computes: what
    ``NTK_UQ_PRECISION`` says, or else what is faster by this device's own products. On a processor
    float64, always.

    Raises:
        SpecError: if the setting is none of those that are allowed.
    """
    wanted = settings.precision()
    if wanted != "auto":
        return wanted == "mixed"
    return mixed_pays(spec, n_features, float64_slowness())


@functools.cache
def float64_slowness() -> float:
    """How much longer this device takes for a product in float64 than for one in float32; measured
    once a process, in tenths of a second. 1 on a processor, which is not asked."""
    if jax.default_backend() == "cpu":
        return 1.0
    return _seconds(np.float64) / _seconds(np.float32)


def _seconds(dtype: type) -> float:
    """The shortest time of a product of moderate size."""
    with jax.enable_x64(True):
        a = jnp.full((_SIZE, _SIZE), 0.5, dtype)
        multiply = jax.jit(lambda m: jnp.matmul(m, m, precision="highest"))
        multiply(a).block_until_ready()  # compiles
        found = []
        for _ in range(_REPETITIONS):
            start = time.perf_counter()
            multiply(a).block_until_ready()
            found.append(time.perf_counter() - start)
    return min(found)
