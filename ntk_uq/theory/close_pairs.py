"""Kernels of inputs that are almost parallel or opposite, from what their directions differ by.

An angle from its cosine has an error of rounding over the angle, which relu's NTK inherits: 1e-8
between equal inputs. So the sine of the first angle comes from the inputs' difference, and what
becomes of it behind the layers is the activation's to say
(:class:`ntk_uq.activations.base.CloseLayer`). All of it is for arrays of NumPy and of JAX alike.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations import get
from ntk_uq.activations.base import CloseLayer, ClosePairs
from ntk_uq.specs import ArchitectureSpec

CLOSE = 1e-5
"""``1 - |cos|`` below which the angle is taken from the inputs' difference. The rounding error of a
scalar product, some 1e-15, is divided by the angle, here 4e-3, to become that of the NTK."""

Pairs = Float[Any, "m"]
Loop = Callable[[Any, Any, Callable[[Any, Any], Any], Any], Any]
"""As ``jax.lax.fori_loop``."""


def compared(u1: Float[Any, "m d"], u2: Float[Any, "m d"], sigma_b: Any) -> ClosePairs:
    """The angles of m pairs of inputs, with all their digits.

    With v the inputs u and the bias as unit vectors, ``(u, sigma_b) / r``, the sine is
    ``|v_2 - (v_1 . v_2) v_1|``.

    Args:
        u1, u2: the first and the second input of each pair, times ``sigma_w / sqrt(d)``; none is
            zero without a bias.
    """
    xp = u1.__array_namespace__()

    def sums(a: Any) -> Any:
        return xp.sum(a, axis=1)

    r1, r2 = (xp.hypot(xp.sqrt(sums(u * u)), sigma_b) for u in (u1, u2))
    bias1, bias2 = sigma_b / r1, sigma_b / r2
    v1, v2 = u1 / r1[:, None], u2 / r2[:, None]
    cosine = xp.clip(sums(v1 * v2) + bias1 * bias2, -1, 1)
    rest, rest_of_bias = v2 - cosine[:, None] * v1, bias2 - cosine * bias1
    sine = xp.hypot(xp.sqrt(sums(rest * rest)), rest_of_bias)
    return ClosePairs(r1, r2, cosine, sine, sums((u1 - u2) * (u1 + u2)))


def _in_turn(low: int, high: int, step: Callable[[int, Any], Any], state: Any) -> Any:
    for i in range(low, high):
        state = step(i, state)
    return state


def behind(
    layer: CloseLayer,
    pairs: ClosePairs,
    sigma_w: Any,
    sigma_b: Any,
    depth: Any,
    loop: Loop = _in_turn,
) -> tuple[Pairs, Pairs]:
    """NNGP and NTK of pairs of inputs behind all hidden layers, (m,) each, as
    :func:`ntk_uq.theory.dual.propagate`::

        K <- sigma_w^2 E[phi phi] + sigma_b^2,    T <- K + sigma_w^2 E[phi' phi'] T

    Args:
        layer: the activation's.
        pairs: in the first layer.
        loop: over the layers; ``jax.lax.fori_loop`` inside of a program, where depth and sigmas
            are traced.
    """

    def step(_: Any, both: Any) -> Any:
        state, ntk = both
        state, slope = layer.advance(state, sigma_w, sigma_b)
        return state, layer.covariance(state) + sigma_w**2 * slope * ntk

    state = layer.start(pairs)
    state, ntk = loop(0, depth, step, (state, layer.covariance(state)))
    return layer.covariance(state), ntk


def close_kernels(
    spec: ArchitectureSpec, x1: Float[np.ndarray, "m d"], x2: Float[np.ndarray, "m d"]
) -> tuple[Pairs, Pairs] | None:
    """NNGP and NTK of m pairs of inputs whose angle is small, or almost pi, in NumPy; None for an
    activation that takes no such care.

    Args:
        spec: the network.
        x1, x2: the first and the second input of each pair; none is zero without a bias.
    """
    layer = get(spec.activation).close
    if layer is None:
        return None
    factor = spec.sigma_w / x1.shape[1] ** 0.5
    pairs = compared(factor * x1, factor * x2, spec.sigma_b)
    return behind(layer, pairs, spec.sigma_w, spec.sigma_b, spec.depth)
