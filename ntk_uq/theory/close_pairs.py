"""ReLU's kernels of inputs that are almost, or exactly, parallel or opposite."""

import numpy as np
from jaxtyping import Float

from ntk_uq.specs import ArchitectureSpec

CLOSE = 1e-5
"""``1 - |cos|`` below which the angle is taken from the inputs' difference. The rounding error of a
scalar product, some 1e-15, is divided by the angle, here 4e-3, to become that of the NTK."""


def relu_kernels(
    spec: ArchitectureSpec, x1: Float[np.ndarray, "m d"], x2: Float[np.ndarray, "m d"]
) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
    """NNGP and NTK of m pairs of inputs, to the last digits whatever their angle.

    An angle theta from its cosine has an error of rounding over theta, which the NTK's factor
    ``1 - theta / pi`` inherits: 1e-8 between equal inputs. So the determinant ``D = q_1 q_2 - k^2``
    of each pair is carried through the layers, besides q_1, q_2 and k, in terms that do not cancel.
    At the first layer, with U the inputs and their bias, each times its sigma,

        D = q_1 |U_2 - (k / q_1) U_1|^2

    and then, with ``s = sqrt(q_1 q_2)``, ``a = sigma_w^2 / 2``, kappa = 2 E[phi phi] / s,

        1 - kappa = 2 sin^2(theta / 2) - (sin theta - theta cos theta) / pi
        D <- a^2 s^2 (1 - kappa) (1 + kappa) + a sigma_b^2 ((r_1 - r_2)^2 + 2 s (1 - kappa))

    where ``r = sqrt(q)``. Cho and Saul, NeurIPS 2009, for kappa.

    Args:
        spec: a network of ReLU.
        x1, x2: the first and the second input of each pair; none is zero without a bias.
    """
    w2, b2, depth = spec.sigma_w**2, spec.sigma_b**2, spec.depth
    u1, u2 = (spec.sigma_w / np.sqrt(x.shape[1]) * x for x in (x1, x2))
    q1, q2 = (np.sum(u * u, axis=1) + b2 for u in (u1, u2))
    k = np.sum(u1 * u2, axis=1) + b2
    share = k / q1
    across = np.sum((u2 - share[:, None] * u1) ** 2, axis=1) + b2 * (1 - share) ** 2
    determinant = q1 * across
    difference = np.sum((u1 - u2) * (u1 + u2), axis=1)  # q1 - q2
    ntk, a = k, w2 / 2
    for _ in range(depth):
        s = np.sqrt(q1) * np.sqrt(q2)
        cosine, sine = k / s, np.sqrt(determinant) / s
        angle, supplement = np.arctan2(sine, cosine), np.arctan2(sine, -cosine)
        kappa = (sine + supplement * cosine) / np.pi
        gap = 2 * np.sin(angle / 2) ** 2 - (sine - angle * cosine) / np.pi
        apart = difference / (np.sqrt(q1) + np.sqrt(q2))
        k = a * s * kappa + b2
        ntk = k + a * supplement / np.pi * ntk
        determinant = (a * s) ** 2 * gap * (1 + kappa) + a * b2 * (apart**2 + 2 * s * gap)
        q1, q2, difference = a * q1 + b2, a * q2 + b2, a * difference
    return k, ntk
