"""The Gaussian error linear unit, ``x Phi(x)``; Phi is the normal distribution function."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.angles import TURN, arcs, no_smaller
from ntk_uq.activations.base import Activation, Array, Scales, from_determinants, smooth


def mean_square(q: Any) -> Any:
    """``E[x^2 Phi(x)^2]``, by Stein's lemma twice."""
    xp = q.__array_namespace__()
    a = q / ((1 + q) * xp.sqrt(1 + 2 * q))  # 2 pi E[x Phi phi]
    return q * (0.25 + (xp.atan2(q, xp.sqrt(1 + 2 * q)) + 2 * a) / (2 * math.pi))


def mean_square_slope(q: Any) -> Any:
    """``E[(Phi + x phi)^2]``, with phi the normal density."""
    xp = q.__array_namespace__()
    a = q / ((1 + q) * xp.sqrt(1 + 2 * q))
    b = q * (1 + 2 * q) ** -1.5  # 2 pi E[x^2 phi^2]
    return 0.25 + (xp.atan2(q, xp.sqrt(1 + 2 * q)) + 2 * a + b) / (2 * math.pi)


def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
    """``(1 + q)^(-1/2)`` and ``q / (1 + q)``."""
    return np.stack([1 / np.sqrt(1 + q), q / (1 + q)])


def expectations(k: Array, of1: Scales, of2: Scales) -> tuple[Array, Array]:
    """With ``z = k p``, ``p = p_1 p_2``, ``p_i = (1 + q_i)^(-1/2)`` and ``w = sqrt(1 - z^2)``:

        k / 4 + (k arcsin z + p z^2 / w + p q_1 q_2 w) / (2 pi)
        1 / 4 + (arcsin z + z / w (p^2 / w^2 + p^2 - p^2 q_1 q_2 + 1)) / (2 pi)

    Tsuchida et al., arXiv:2002.08517, for the first; the second is its derivative by k.
    """
    xp = k.__array_namespace__()
    (p1, share1), (p2, share2) = of1, of2
    p = p1 * p2
    z = xp.clip(k * p, -1, 1)
    angle, _, root = arcs(z)
    root = no_smaller(root, p1, p2)
    angle = xp.copysign(angle, z)
    share = share1 * share2  # p^2 q_1 q_2
    value = 0.25 * k + TURN * (k * angle + p * z * z / root + share / p * root)
    bend = (p / root) ** 2 + p * p - share + 1
    slope = 0.25 + TURN * (angle + z / root * bend)
    return value, slope


def _close(q1: Any, q2: Any, k: Any, determinant: Any) -> tuple[Any, Any]:
    """As :func:`expectations`, with ``1 - z^2`` from the determinant."""
    xp = k.__array_namespace__()
    p = 1 / xp.sqrt(1 + q1) / xp.sqrt(1 + q2)
    root = xp.sqrt(1 + q1 + q2 + determinant) * p
    z, share, angle = k * p, q1 / (1 + q1) * (q2 / (1 + q2)), xp.atan2(k * p, root)
    value = k / 4 + (k * angle + p * z * z / root + share / p * root) / (2 * math.pi)
    bend = (p / root) ** 2 + p * p - share + 1
    return value, 0.25 + (angle + z / root * bend) / (2 * math.pi)


ACTIVATION = Activation(
    name="gelu",
    words="Gaussian error linear unit, x Φ(x)",
    source="Tsuchida et al., arXiv:2002.08517",
    stax="Gelu",
    mean_square=mean_square,
    mean_square_slope=mean_square_slope,
    growth=0.5,
    layer=smooth(expectations, scales),
    close=from_determinants(_close, mean_square),
    layer_seconds=1.4e-3,
    remark=(
        "For gelu, the line is that of inputs of mean square 1: from smaller inputs another "
        "fixed point of the variance may be reached. Beyond it the variance grows with depth, "
        "where σ_b is small."
    ),
)
