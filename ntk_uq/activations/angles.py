"""Angles to their last digits, in a few operations that a compiler makes one pass of."""

import math

from ntk_uq.activations.base import Array

# (arcsin(s) / s - 1) / s^2 = P / Q in z = s^2 on [0, 1/4], minimax; coefficients of the public
# domain fdlibm (Sun Microsystems, e_asin.c), whose error is below 2^-58.
_P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)

TURN = 1 / (2 * math.pi)
"""A factor: compilers divide by constants where they are told to."""


def arcs(c: Array, rest: Array | None = None) -> tuple[Array, Array, Array]:
    """``arcsin |c|``, ``arccos |c|`` and ``sqrt(1 - c^2)``, each to its last digits.

    XLA's own arccos costs several times as much on a CPU. Below 1/2 the arcsine is a rational
    function of c; above, ``arccos |c| = 2 arcsin sqrt((1 - |c|) / 2)``.

    Args:
        c: between -1 and 1.
        rest: ``1 - |c|``, where more digits of it are known than c has.
    """
    xp = c.__array_namespace__()
    a = xp.abs(c)
    rest = 1 - a if rest is None else rest
    near = a >= 0.5
    z = xp.where(near, 0.5 * rest, a * a)
    s = xp.where(near, xp.sqrt(z), a)
    angle = s + s * (z * _polynomial(_P, z) / _polynomial(_Q, z))
    sine = xp.where(near, math.pi / 2 - 2 * angle, angle)
    cosine = xp.where(near, 2 * angle, math.pi / 2 - angle)
    return sine, cosine, xp.sqrt(rest * (1 + a))


def no_smaller(root: Array, p1: Array, p2: Array) -> Array:
    """A root ``sqrt(1 - z^2)`` that is not below what ``k^2 <= q_1 q_2`` allows, with
    ``z = k p_1 p_2`` and ``p_i = (1 + q_i)^(-1/2)``."""
    xp = root.__array_namespace__()
    a, b = p1 * p1, p2 * p2
    return xp.maximum(root, xp.sqrt(a + b - a * b))


def _polynomial(coefficients: tuple[float, ...], z: Array) -> Array:
    value = z.__array_namespace__().full_like(z, coefficients[-1])
    for c in coefficients[-2::-1]:
        value = value * z + c
    return value
