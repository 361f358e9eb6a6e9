"""A factorization's steps on square tiles that stay on JAX's device.

Every tile of a problem has one shape, so that each step is compiled once; blocks of examples that
are smaller are filled up with examples that nothing depends on. Steps are queued and not waited
for, and what a step changes is given to it, so that it can work in place.
"""

import functools

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

Tile = Float[Array, "b b"]


@jax.jit
def factor(t: Tile) -> Tile:
    """``L`` with ``T = L L'``; not a number where there is none."""
    return jnp.linalg.cholesky(t)


@functools.partial(jax.jit, donate_argnums=1)
def divide(lower: Tile, a: Float[Array, "r b"]) -> Float[Array, "r b"]:
    """``a L'^-1``."""
    return solve_triangular(lower, a.T, lower=True).T


@functools.partial(jax.jit, donate_argnums=0)
def subtract(
    c: Float[Array, "r m"], a: Float[Array, "r b"], b: Float[Array, "m b"]
) -> Float[Array, "r m"]:
    """``c - a b'``."""
    return c - _product(a, b.T)


@functools.partial(jax.jit, donate_argnums=0)
def add(
    c: Float[Array, "r m"], a: Float[Array, "r b"], b: Float[Array, "b m"]
) -> Float[Array, "r m"]:
    """``c + a b``."""
    return c + _product(a, b)


@functools.partial(jax.jit, donate_argnums=0)
def subtract_both(c: Tile, a1: Tile, b1: Tile, a2: Tile, b2: Tile) -> Tile:
    """``c - a1 b1' - a2 b2'``."""
    return c - _product(a1, b1.T) - _product(a2, b2.T)


@functools.partial(jax.jit, donate_argnums=0)
def both_sides(k: Tile, lower: Tile) -> Tile:
    """``L^-1 K L'^-1`` for a symmetric K."""
    half = solve_triangular(lower, k, lower=True)
    return solve_triangular(lower, half.T, lower=True)


@functools.partial(jax.jit, donate_argnums=0)
def panel(k: Tile, lower: Tile, below: Tile, middle: Tile) -> Tile:
    """``K_21 L'^-1 - L_21 M / 2``; see :meth:`ntk_uq.theory.panels.Panels.transform`."""
    return solve_triangular(lower, k.T, lower=True).T - 0.5 * _product(below, middle)


@jax.jit
def forward(lower: Tile, b: Float[Array, "b k"]) -> Float[Array, "b k"]:
    """``L^-1 b``."""
    return solve_triangular(lower, b, lower=True)


@jax.jit
def backward(lower: Tile, b: Float[Array, "b k"]) -> Float[Array, "b k"]:
    """``L'^-1 b``."""
    return solve_triangular(lower, b, lower=True, trans=1)


@functools.partial(jax.jit, static_argnums=3)
def masked(
    k: Tile, rows: Float[Array, "b"], columns: Float[Array, "b"], diagonal: bool, value: Array
) -> Tile:
    """A tile whose rows and columns of no example are zero.

    Args:
        k: the tile.
        rows, columns: 1 for an example, 0 for none.
        diagonal: whether it is on the diagonal.
        value: added to the diagonal at examples; nothing else has 1 there, if it is not None.
    """
    out = jnp.where((rows[:, None] > 0) & (columns[None, :] > 0), k, 0.0)
    if diagonal:
        index = jnp.arange(len(k))
        out = out.at[index, index].add(jnp.where(rows > 0, value, 1.0))
    return out


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    # An accelerator would else multiply float32 in fewer digits than it stores.
    return jnp.matmul(a, b, precision="highest")
