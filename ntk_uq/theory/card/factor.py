"""Factorizations of whole matrices on an accelerator, and what is solved with them."""

import functools

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float, Int

Square = Float[Array, "b b"]


@functools.partial(jax.jit, donate_argnums=0)
def cholesky(t: Square) -> Square:
    """``L`` with ``T = L L'``, in place; not a number where there is none."""
    return jax.lax.linalg.cholesky(t, symmetrize_input=False)


@jax.jit
def forward(lower: Square, b: Float[Array, "b k"]) -> Float[Array, "b k"]:
    """``L^-1 b``."""
    return solve_triangular(lower, b, lower=True)


@functools.partial(jax.jit, static_argnums=2)
def backward(
    lower: Float[Array, "m m"], z: Float[Array, "l k"], size: int, n: Int[Array, ""]
) -> Float[Array, "b k"]:
    """``T_n^-1 T_dt`` of the first n examples, from ``z = L^-1 T_dt`` of all.

    The leading part of z is that of the leading examples; behind them the solution is zero.

    Args:
        size: a bucket of at least n examples.
    """
    part = jnp.where((jnp.arange(size) < n)[:, None], z[:size], 0.0)
    return solve_triangular(lower[:size, :size], part, lower=True, trans=1)


@jax.jit
def solve(
    lower: Float[Array, "m m"], b: Float[Array, "b k"], n: Int[Array, ""]
) -> Float[Array, "b k"]:
    """``T_n^-1 b`` of the first n examples; b is zero behind them."""
    size = len(b)
    z = solve_triangular(lower[:size, :size], b.astype(lower.dtype), lower=True)
    return backward(lower, z, size, n)


@functools.partial(jax.jit, static_argnums=1)
def eigenvectors(
    t: Float[Array, "m m"], size: int, n: Int[Array, ""]
) -> tuple[Float[Array, "b"], Square]:
    """Eigenvalues, rising, and eigenvectors of the first n examples' T.

    What fills up comes last: its eigenvalues are a bound on all others, ``max_i sum_j |T_ij|``,
    which for a kernel of positive entries is hardly more than the largest.
    """
    inside = jnp.arange(size) < n
    part = jnp.where(inside[:, None] & inside[None, :], t[:size, :size], 0.0)
    bound = 1.01 * jnp.max(jnp.sum(jnp.abs(part), axis=1))
    part += jnp.diag(jnp.where(inside, 0.0, bound))
    vectors, values = jax.lax.linalg.eigh(part, symmetrize_input=False)
    return values, vectors


def matmul(a: jax.Array, b: jax.Array) -> jax.Array:
    """``a b``, inside of programs."""
    # An accelerator would else multiply float32 in fewer digits than it stores.
    return jnp.matmul(a, b, precision="highest")
