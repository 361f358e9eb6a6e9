"""The outputs' covariance at one N_D, and the sums that the loss's moments are made of, on an
accelerator. Nothing but those sums has to leave it."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ntk_uq.theory.card.factor import matmul
from ntk_uq.theory.moments import LossSums

Rectangle = Float[Array, "b t"]


class Outputs(NamedTuple):
    """The test outputs ``N(m, S)``, filled up with zeros, and the sums of the loss."""

    mean: Float[Array, "t c"]
    covariance: Float[Array, "t t"]
    sums: LossSums


@jax.jit
def trained(
    w: Rectangle,
    product: Rectangle,
    nngp_dt: Float[Array, "m t"],
    prior: Float[Array, "t t"],
    y_train: Float[Array, "m c"],
    y_test: Float[Array, "t c"],
) -> Outputs:
    """``m = W' Y``, ``S = K_tt + G + G'`` with ``G = W' (K W / 2 - K_dt)``.

    Args:
        w: zero where there is no example. product: ``K W``.
    """
    size = len(w)
    half = matmul(w.T, 0.5 * product - nngp_dt[:size])
    return _outputs(matmul(w.T, y_train[:size]), prior + (half + half.T), y_test)


@functools.partial(jax.jit, static_argnums=3)
def bayesian(
    z: Float[Array, "m t"],
    targets: Float[Array, "m c"],
    n: Array,
    size: int,
    prior: Float[Array, "t t"],
    y_test: Float[Array, "t c"],
) -> Outputs:
    """``m = A' Z``, ``S = K_tt - A' A`` with ``A = L^-1 K_dt``, ``Z = L^-1 Y`` of the first n."""
    inside = (jnp.arange(size) < n)[:, None]
    a = jnp.where(inside, z[:size], 0.0)
    change = matmul(a.T, a)
    mean = matmul(a.T, targets[:size])
    return _outputs(mean, prior - (change + change.T) / 2, y_test)


@jax.jit
def bayesian_by_solution(
    w: Rectangle,
    nngp_dt: Float[Array, "m t"],
    prior: Float[Array, "t t"],
    y_train: Float[Array, "m c"],
    y_test: Float[Array, "t c"],
) -> Outputs:
    """``m = W' Y``, ``S = K_tt - W' K_dt`` with ``W = K_dd^-1 K_dt``."""
    size = len(w)
    half = matmul(w.T, nngp_dt[:size])
    return _outputs(matmul(w.T, y_train[:size]), prior - (half + half.T) / 2, y_test)


@functools.partial(jax.jit, static_argnums=2)
def multiply(nngp: Float[Array, "m m"], w: Rectangle, size: int) -> Rectangle:
    """``K W`` of the leading examples, with K whole."""
    return matmul(nngp[:size, :size], w)


@jax.jit
def residual(
    b: Float[Array, "m t"], product: Rectangle, w: Rectangle, ridge: Array, n: Array
) -> Rectangle:
    """``T_dt - (T + ridge) W`` where there are examples."""
    inside = (jnp.arange(len(w)) < n)[:, None]
    return jnp.where(inside, b[: len(w)] - product - ridge * w, 0.0)


@jax.jit
def filtered(
    vectors: Float[Array, "b b"], inverse: Float[Array, "b"], ntk_dt: Float[Array, "m t"], n: Array
) -> Rectangle:
    """``W = V g(lambda) / lambda V' T_dt`` of the first n examples."""
    inside = (jnp.arange(len(vectors)) < n)[:, None]
    part = jnp.where(inside, ntk_dt[: len(vectors)], 0.0)
    w = matmul(vectors, inverse[:, None] * matmul(vectors.T, part))
    return jnp.where(inside, w, 0.0)


def _outputs(mean: jax.Array, covariance: jax.Array, y_test: jax.Array) -> Outputs:
    return Outputs(mean, covariance, LossSums.of(mean, covariance, y_test))
