"""Kernels to fifty digits, one pair of inputs at a time; random numbers that can be repeated."""

import os

import mpmath as mp
import numpy as np

DIGITS = 50
MORE_DIGITS = 200
"""For norms of up to 1e30, at which formulas that are not written for them cancel."""


def fresh(seed=None):
    """Random numbers that no run has seen, and their seed; a failure is repeated by giving it."""
    seed = int.from_bytes(os.urandom(4), "little") if seed is None else seed
    return np.random.default_rng(seed), seed


def _angle(q1, q2, k):
    return mp.acos(max(min(k / mp.sqrt(q1 * q2), mp.mpf(1)), mp.mpf(-1)))


def relu(q1, q2, k):
    """E[phi(u) phi(v)]; Cho and Saul, NeurIPS 2009."""
    if q1 == 0 or q2 == 0:
        return mp.mpf(0)
    angle = _angle(q1, q2, k)
    part = mp.sin(angle) + (mp.pi - angle) * mp.cos(angle)
    return mp.sqrt(q1 * q2) * part / (2 * mp.pi)


def relu_slope(q1, q2, k):
    """E[phi'(u) phi'(v)]; where an input is nothing it multiplies nothing."""
    return mp.mpf(0) if q1 == 0 or q2 == 0 else 0.5 - _angle(q1, q2, k) / (2 * mp.pi)


def erf(q1, q2, k):
    """The same for erf; Williams, NeurIPS 1996."""
    return 2 / mp.pi * mp.asin(2 * k / mp.sqrt((1 + 2 * q1) * (1 + 2 * q2)))


def erf_slope(q1, q2, k):
    return 4 / mp.pi / mp.sqrt((1 + 2 * q1) * (1 + 2 * q2) - 4 * k * k)


def gelu(q1, q2, k):
    """``E[u Phi(u) v Phi(v)]`` as a moment of a quadrant.

    ``Phi(u) = P(a < u)`` for a standard normal a of its own, so that it is ``E[u v; U > 0, V > 0]``
    with ``U = u - a``, ``V = v - b``. Given U and V, u and v are Gaussian about their regressions,
    and what is left are the second moments of U and V in the quadrant.
    """
    a, d = 1 + q1, 1 + q2
    determinant = a * d - k * k
    # u ~ u1 U + u2 V, v ~ v1 U + v2 V
    u1, u2 = (q1 * d - k * k) / determinant, k / determinant
    v1, v2 = k / determinant, (q2 * a - k * k) / determinant
    rest = k - u1 * k - u2 * q2  # of cov(u, v), what the regressions do not explain
    rho, root = k / mp.sqrt(a * d), mp.sqrt(determinant / (a * d))
    quadrant = mp.mpf(1) / 4 + mp.asin(rho) / (2 * mp.pi)
    square = quadrant + rho * root / (2 * mp.pi)  # E[X^2; X > 0, Y > 0], standardized
    product = rho * quadrant + root / (2 * mp.pi)  # E[X Y; X > 0, Y > 0]
    return (
        rest * quadrant
        + (u1 * v1 * a + u2 * v2 * d) * square
        + (u1 * v2 + u2 * v1) * mp.sqrt(a * d) * product
    )


def gelu_slope(q1, q2, k):
    """The derivative by k of the value (Price's theorem).

    Along an imaginary step, which does not cancel, and whose square is nothing.
    """
    digits = mp.mp.dps // 2 + 5
    with mp.workdps(mp.mp.dps + digits + 5):
        step = (mp.sqrt((1 + q1) * (1 + q2)) - abs(k)) * mp.mpf(10) ** -digits
        return mp.im(gelu(q1, q2, mp.mpc(k, step))) / step


EXPECTATIONS = {
    "relu": (relu, relu_slope),
    "erf": (erf, erf_slope),
    "gelu": (gelu, gelu_slope),
    "linear": (lambda q1, q2, k: k, lambda q1, q2, k: mp.mpf(1)),
}


def kernel(spec, x1, x2, digits=DIGITS):
    """NNGP and NTK of two inputs, as mpmath's numbers; Jacot et al., arXiv:1806.07572."""
    value, slope = EXPECTATIONS[spec.activation]
    with mp.workdps(digits):
        w2, b2 = mp.mpf(spec.sigma_w) ** 2, mp.mpf(spec.sigma_b) ** 2
        x1, x2 = ([mp.mpf(float(v)) for v in x] for x in (x1, x2))
        q1, q2, k = (w2 * mp.fdot(a, b) / len(x1) + b2 for a, b in ((x1, x1), (x2, x2), (x1, x2)))
        t = k
        for _ in range(spec.depth):
            t *= w2 * slope(q1, q2, k)
            q1, q2, k = (
                w2 * value(*covariance) + b2
                for covariance in ((q1, q1, q1), (q2, q2, q2), (q1, q2, k))
            )
            t += k
        return k, t
