"""Kernels of inputs that are almost parallel or opposite, from what their directions differ by."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.criticality import next_variance
from ntk_uq.specs import ArchitectureSpec

CLOSE = 1e-5
"""``1 - |cos|`` below which the angle is taken from the inputs' difference. The rounding error of a
scalar product, some 1e-15, is divided by the angle, here 4e-3, to become that of the NTK."""

Pairs = Float[np.ndarray, "m"]


def close_kernels(
    spec: ArchitectureSpec, x1: Float[np.ndarray, "m d"], x2: Float[np.ndarray, "m d"]
) -> tuple[Pairs, Pairs]:
    """NNGP and NTK of m pairs of inputs whose angle is small, or almost pi.

    An angle from its cosine has an error of rounding over the angle, which relu's NTK inherits:
    1e-8 between equal inputs. With v the inputs and their bias, each times its sigma, as unit
    vectors, the sine is ``|v_2 - (v_1 . v_2) v_1|`` instead. For relu it is carried through the
    layers (:func:`_relu`); erf and gelu have bounded slopes, and what they lose of it later on is
    of the size of rounding times the variance.

    Args:
        spec: the network.
        x1, x2: the first and the second input of each pair; none is zero without a bias.
    """
    u1, u2 = (spec.sigma_w / np.sqrt(x.shape[1]) * x for x in (x1, x2))
    r1, r2 = (np.hypot(np.linalg.norm(u, axis=1), spec.sigma_b) for u in (u1, u2))
    v1, v2 = (np.column_stack([u / r[:, None], spec.sigma_b / r]) for u, r in ((u1, r1), (u2, r2)))
    cosine = np.clip(np.sum(v1 * v2, axis=1), -1, 1)
    sine = np.linalg.norm(v2 - cosine[:, None] * v1, axis=1)
    if spec.activation == "relu":
        difference = np.sum((u1 - u2) * (u1 + u2), axis=1)
        return _relu(spec, r1, r2, cosine, sine, difference)
    q1, q2, k = r1 * r1, r2 * r2, r1 * r2 * cosine
    determinant, ntk = (r1 * r2 * sine) ** 2, k
    for _ in range(spec.depth):
        value, slope = _EXPECTATIONS[spec.activation](q1, q2, k, determinant)
        k = spec.sigma_w**2 * value + spec.sigma_b**2
        ntk = k + spec.sigma_w**2 * slope * ntk
        sigmas = spec.sigma_w, spec.sigma_b
        q1, q2 = (next_variance(spec.activation, *sigmas, q) for q in (q1, q2))
        determinant = np.maximum(q1 * q2 - k * k, 0)
    return k, ntk


def _relu(
    spec: ArchitectureSpec, r1: Pairs, r2: Pairs, cosine: Pairs, sine: Pairs, difference: Pairs
) -> tuple[Pairs, Pairs]:
    """In terms that do not cancel: with ``a = sigma_w^2 / 2``, kappa = 2 E[phi phi] / (r_1 r_2),

        1 - kappa = 2 sin^2(theta / 2) - (sin theta - theta cos theta) / pi
        r_1'^2 r_2'^2 sin^2 theta' = a^2 r_1^2 r_2^2 (1 - kappa) (1 + kappa)
                                     + a sigma_b^2 ((r_1 - r_2)^2 + 2 r_1 r_2 (1 - kappa))

    from ``r_1^2 r_2^2 sin^2 theta = q_1 q_2 - k^2``; Cho and Saul, NeurIPS 2009, for kappa.

    Args:
        r1, r2: roots of the variances. cosine, sine: of theta. difference: ``q_1 - q_2``.
    """
    a, b = spec.sigma_w**2 / 2, spec.sigma_b
    ntk = r1 * r2 * cosine
    for _ in range(spec.depth):
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


def _erf(q1: Pairs, q2: Pairs, k: Pairs, determinant: Pairs) -> tuple[Pairs, Pairs]:
    """As :func:`ntk_uq.theory.dual.erf`, with ``1 - z^2`` from the determinant."""
    root = np.sqrt(1 + 2 * q1 + 2 * q2 + 4 * determinant)
    return 2 / np.pi * np.arctan2(2 * k, root), 4 / np.pi / root


def _gelu(q1: Pairs, q2: Pairs, k: Pairs, determinant: Pairs) -> tuple[Pairs, Pairs]:
    """As :func:`ntk_uq.theory.dual.gelu`, with ``1 - z^2`` from the determinant."""
    p = 1 / np.sqrt(1 + q1) / np.sqrt(1 + q2)
    root = np.sqrt(1 + q1 + q2 + determinant) * p
    z, share, angle = k * p, q1 / (1 + q1) * (q2 / (1 + q2)), np.arctan2(k * p, root)
    value = k / 4 + (k * angle + p * z * z / root + share / p * root) / (2 * np.pi)
    bend = (p / root) ** 2 + p * p - share + 1
    return value, 0.25 + (angle + z / root * bend) / (2 * np.pi)


def _linear(*variances_and_k: Pairs) -> tuple[Pairs, Pairs]:
    k = variances_and_k[2]
    return k, np.ones_like(k)


_EXPECTATIONS: dict[str, Callable[..., tuple[Pairs, Pairs]]] = {
    "erf": _erf,
    "gelu": _gelu,
    "linear": _linear,
}
