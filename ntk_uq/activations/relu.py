"""The rectified linear unit, ``max(0, x)``."""

import math
import sys
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.angles import TURN, arcs
from ntk_uq.activations.base import (
    Activation,
    Array,
    CloseLayer,
    ClosePairs,
    KernelLayer,
    Pair,
    State,
)


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


def _start_close(pairs: ClosePairs) -> State:
    return (pairs.r1, pairs.r2, pairs.cosine, pairs.sine, pairs.difference)


def _advance_close(state: State, sigma_w: Any, sigma_b: Any) -> tuple[State, Any]:
    """The sine of the angle, carried through the layers in terms that do not cancel: with
    ``a = sigma_w^2 / 2``, kappa = 2 E[phi phi] / (r_1 r_2),

        1 - kappa = 2 sin^2(theta / 2) - (sin theta - theta cos theta) / pi
        r_1'^2 r_2'^2 sin^2 theta' = a^2 r_1^2 r_2^2 (1 - kappa) (1 + kappa)
        + a sigma_b^2 ((r_1 - r_2)^2 + 2 r_1 r_2 (1 - kappa))

    from ``r_1^2 r_2^2 sin^2 theta = q_1 q_2 - k^2``; Cho and Saul, NeurIPS 2009, for kappa.
    An angle from its cosine has an error of rounding over the angle, which the NTK inherits: 1e-8
    between equal inputs.
    """
    r1, r2, cosine, sine, difference = state
    xp = sine.__array_namespace__()
    a = sigma_w**2 / 2
    angle, supplement = xp.atan2(sine, cosine), xp.atan2(sine, -cosine)
    kappa = (sine + supplement * cosine) / math.pi
    gap = xp.maximum(2 * xp.sin(angle / 2) ** 2 - (sine - angle * cosine) / math.pi, 0.0)
    k = a * (r1 * r2) * kappa + sigma_b**2
    new1, new2 = (xp.hypot(a**0.5 * r, sigma_b) for r in (r1, r2))
    # What of the next layer's roots the inputs have, and the biases: none is above 1, or sqrt(2).
    share1, share2, bias1, bias2 = r1 / new1, r2 / new2, sigma_b / new1, sigma_b / new2
    apart = bias1 * (difference / (r1 + r2) / new2)
    square = (a * share1 * share2) ** 2 * gap * (1 + kappa)
    square = square + a * (apart**2 + 2 * bias1 * bias2 * share1 * share2 * gap)
    behind = new1, new2, k / new1 / new2, xp.sqrt(square), a * difference
    return behind, supplement / (2 * math.pi)


def _covariance_close(state: State) -> Any:
    r1, r2, cosine, *_ = state
    return r1 * r2 * cosine


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
    close=CloseLayer(_start_close, _advance_close, _covariance_close),
    layer_seconds=1.2e-3,
)
