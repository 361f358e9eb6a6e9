"""The rectified linear unit, ``max(0, x)``."""

import math
import sys
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.angles import TURN, arcs
from ntk_uq.activations.base import Activation, Array, ClosePairs, KernelLayer, Pair

Pairs = Float[np.ndarray, "m"]


def mean_square(q: Any) -> Any:
    return q / 2


def mean_square_slope(q: Any) -> Any:
    return np.full_like(q, 0.5)


def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
    """Roots of the variances, and their inverses."""
    root = np.sqrt(q)
    # An input that is nothing has no angle to any.
    return np.stack([root, np.divide(1, root, out=np.zeros_like(q), where=root > 0)])


def expectations(gap: Array) -> tuple[Array, Array]:
    """With ``cos theta = 1 - gap``: the gap that E[phi phi] leaves, and E[phi' phi'].

        E[phi phi] = r_1 r_2 (1 - opening) / 2,  opening = gap - (sin theta - theta cos theta) / pi
        E[phi' phi'] = (pi - theta) / (2 pi)

    r are the roots of the variances; Cho and Saul, 2009. The slope has an error of rounding over
    the angle if that comes from its cosine; behind many layers with biases all inputs are almost
    parallel. So it is the gap that goes from layer to layer, with all its digits.
    """
    xp = gap.__array_namespace__()
    c = 1 - gap
    below = c < 0
    _, angle, sine = arcs(c, xp.where(below, 2 - gap, gap))
    theta, supplement = (
        xp.where(below, math.pi - angle, angle),
        xp.where(below, angle, math.pi - angle),
    )
    opening = gap - 2 * TURN * (sine - theta * c)
    return xp.maximum(opening, 0), TURN * supplement


def _start(k: Any, scales: Pair) -> Any:
    (_, inverse1), (_, inverse2) = scales
    return 1 - k.__array_namespace__().clip(k * (inverse1 * inverse2), -1, 1)


def _covariance(gap: Any, scales: Pair) -> Any:
    (r1, _), (r2, _) = scales
    return r1 * r2 * (1 - gap)


def _advance(gap: Any, here: Pair, there: Pair, w2: Any, b2: Any) -> tuple[Any, Any]:
    """From gap to gap, in terms that do not cancel. With r' the roots of the next variances,

    r_1' r_2' - k' = sigma_w^2 / 2 (
        r_1 r_2 opening + sigma_b^2 (r_1 - r_2)^2 / (r_1' r_2' + r_1 r_2 sigma_w^2 / 2 + sigma_b^2)
    )
    """
    xp = gap.__array_namespace__()
    (r1, _), (r2, _) = here
    (next1, inverse1), (next2, inverse2) = there
    opening, slope = expectations(gap)
    product = r1 * r2
    # Two inputs that are nothing, without a bias, have nothing between them.
    both = xp.maximum(next1 * next2 + w2 / 2 * product + b2, sys.float_info.min)
    rest = product * opening + b2 * (r1 - r2) ** 2 / both
    return w2 / 2 * rest * (inverse1 * inverse2), slope


def close(pairs: ClosePairs, depth: int, sigma_w: float, sigma_b: float) -> tuple[Pairs, Pairs]:
    """The sine of the angle, carried through the layers in terms that do not cancel: with
    ``a = sigma_w^2 / 2``, kappa = 2 E[phi phi] / (r_1 r_2),

        1 - kappa = 2 sin^2(theta / 2) - (sin theta - theta cos theta) / pi
        r_1'^2 r_2'^2 sin^2 theta' = a^2 r_1^2 r_2^2 (1 - kappa) (1 + kappa)
        + a sigma_b^2 ((r_1 - r_2)^2 + 2 r_1 r_2 (1 - kappa))

    from ``r_1^2 r_2^2 sin^2 theta = q_1 q_2 - k^2``; Cho and Saul, NeurIPS 2009, for kappa.
    An angle from its cosine has an error of rounding over the angle, which the NTK inherits: 1e-8
    between equal inputs.
    """
    r1, r2, cosine, sine = pairs.r1, pairs.r2, pairs.cosine, pairs.sine
    difference = pairs.difference
    a, b = sigma_w**2 / 2, sigma_b
    k = ntk = r1 * r2 * cosine
    for _ in range(depth):
        angle, supplement = np.arctan2(sine, cosine), np.arctan2(sine, -cosine)
        kappa = (sine + supplement * cosine) / np.pi
        gap = np.maximum(2 * np.sin(angle / 2) ** 2 - (sine - angle * cosine) / np.pi, 0)
        k = a * (r1 * r2) * kappa + b * b
        ntk = k + a * supplement / np.pi * ntk
        new1, new2 = (np.hypot(np.sqrt(a) * r, b) for r in (r1, r2))
        share1, share2 = r1 / new1, r2 / new2
        square = (a * share1 * share2) ** 2 * gap * (1 + kappa)
        if b:
            apart = difference / (r1 + r2) / new2
            square += a * (b / new1) ** 2 * (apart**2 + 2 * (r1 / new2) * share2 * gap)
        sine, cosine = np.sqrt(square), k / new1 / new2
        r1, r2, difference = new1, new2, a * difference
    return k, ntk


ACTIVATION = Activation(
    name="relu",
    words="rectified linear unit, max(0, x)",
    source="Cho and Saul, Kernel methods for deep learning, NeurIPS 2009",
    stax="Relu",
    mean_square=mean_square,
    mean_square_slope=mean_square_slope,
    growth=0.5,
    homogeneous=True,
    layer=KernelLayer(scales, _start, _advance, _covariance),
    close=close,
    layer_seconds=1.2e-3,
)
