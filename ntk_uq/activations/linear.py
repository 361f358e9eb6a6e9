"""No activation at all: a deep linear network."""

from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.base import Activation, Array, Scales, from_determinants, smooth


def mean_square(q: Any) -> Any:
    return q + 0.0


def mean_square_slope(q: Any) -> Any:
    return q.__array_namespace__().ones_like(q)


def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
    """Nothing."""
    return np.empty((0, *q.shape))


def expectations(k: Array, of1: Scales, of2: Scales) -> tuple[Array, Array]:  # noqa: ARG001
    """``k`` and 1."""
    return k, k.__array_namespace__().ones_like(k)


def _close(*variances_and_k: Any) -> tuple[Any, Any]:
    k = variances_and_k[2]
    return k, k.__array_namespace__().ones_like(k)


ACTIVATION = Activation(
    name="linear",
    words="none: a deep linear network",
    source="",
    stax="Identity",
    mean_square=mean_square,
    mean_square_slope=mean_square_slope,
    growth=1.0,
    homogeneous=True,
    layer=smooth(expectations, scales),
    close=from_determinants(_close, mean_square),
    layer_seconds=0.2e-3,
)
