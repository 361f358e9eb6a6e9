"""The error function, ``erf(x)``, without scaling."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.angles import arcs, no_smaller
from ntk_uq.activations.base import Activation, Array, Scales, from_determinants, smooth


def mean_square(q: Any) -> Any:
    """Williams, "Computing with infinite networks", NIPS 1996, at equal inputs."""
    xp = q.__array_namespace__()
    return 2 / math.pi * xp.atan2(2 * q, xp.sqrt(1 + 4 * q))


def mean_square_slope(q: Any) -> Any:
    return 4 / math.pi / q.__array_namespace__().sqrt(1 + 4 * q)


def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
    """``p = (1 + 2 q)^(-1/2)``."""
    return 1 / np.sqrt(1 + 2 * q)[None]


def expectations(k: Array, of1: Scales, of2: Scales) -> tuple[Array, Array]:
    """With ``z = 2 k p_1 p_2`` and ``p = (1 + 2 q)^(-1/2)``; Williams, NeurIPS 1996:

    2 / pi arcsin z,    4 / pi p_1 p_2 / sqrt(1 - z^2)
    """
    xp = k.__array_namespace__()
    (p1,), (p2,) = of1, of2
    p = p1 * p2
    z = xp.clip(2 * k * p, -1, 1)
    angle, _, root = arcs(z)
    root = no_smaller(root, p1, p2)
    return 2 / math.pi * xp.copysign(angle, z), 4 / math.pi * p / root


def _close(q1: Any, q2: Any, k: Any, determinant: Any) -> tuple[Any, Any]:
    """As :func:`expectations`, with ``1 - z^2`` from the determinant."""
    xp = k.__array_namespace__()
    root = xp.sqrt(1 + 2 * q1 + 2 * q2 + 4 * determinant)
    return 2 / math.pi * xp.atan2(2 * k, root), 4 / math.pi / root


ACTIVATION = Activation(
    name="erf",
    words="error function, erf(x)",
    source="Williams, Computing with infinite networks, NIPS 1996",
    stax="Erf",
    mean_square=mean_square,
    mean_square_slope=mean_square_slope,
    growth=0.0,
    layer=smooth(expectations, scales),
    close=from_determinants(_close, mean_square),
    layer_seconds=1.0e-3,
)
