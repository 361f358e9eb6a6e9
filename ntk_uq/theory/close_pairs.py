"""Kernels of inputs that are almost parallel or opposite, from what their directions differ by."""

import numpy as np
from jaxtyping import Float

from ntk_uq.activations import get
from ntk_uq.activations.base import ClosePairs
from ntk_uq.specs import ArchitectureSpec

CLOSE = 1e-5
"""``1 - |cos|`` below which the angle is taken from the inputs' difference. The rounding error of a
scalar product, some 1e-15, is divided by the angle, here 4e-3, to become that of the NTK."""

Pairs = Float[np.ndarray, "m"]


def close_kernels(
    spec: ArchitectureSpec, x1: Float[np.ndarray, "m d"], x2: Float[np.ndarray, "m d"]
) -> tuple[Pairs, Pairs] | None:
    """NNGP and NTK of m pairs of inputs whose angle is small, or almost pi; None for an activation
    that takes no such care.

    An angle from its cosine has an error of rounding over the angle, which relu's NTK inherits:
    1e-8 between equal inputs. With v the inputs and their bias, each times its sigma, as unit
    vectors, the sine is ``|v_2 - (v_1 . v_2) v_1|`` instead. What comes of it behind the layers is
    the activation's to say (:attr:`ntk_uq.activations.base.Activation.close`).

    Args:
        spec: the network.
        x1, x2: the first and the second input of each pair; none is zero without a bias.
    """
    close = get(spec.activation).close
    if close is None:
        return None
    u1, u2 = (spec.sigma_w / np.sqrt(x.shape[1]) * x for x in (x1, x2))
    r1, r2 = (np.hypot(np.linalg.norm(u, axis=1), spec.sigma_b) for u in (u1, u2))
    v1, v2 = (np.column_stack([u / r[:, None], spec.sigma_b / r]) for u, r in ((u1, r1), (u2, r2)))
    cosine = np.clip(np.sum(v1 * v2, axis=1), -1, 1)
    sine = np.linalg.norm(v2 - cosine[:, None] * v1, axis=1)
    difference = np.sum((u1 - u2) * (u1 + u2), axis=1)
    return close(
        ClosePairs(r1, r2, cosine, sine, difference), spec.depth, spec.sigma_w, spec.sigma_b
    )
