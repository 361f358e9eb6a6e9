"""The condition numbers of a factored kernel's leading parts on an accelerator, by Lanczos steps.

As :mod:`ntk_uq.theory.condition`, with a fixed number of steps in one program, so that nothing has
to be waited for in between. Every step reads the factor from memory, which is what it costs: so the
next part starts from what was found for the part before.
"""

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float, Int

from ntk_uq.costs.buckets import bucket
from ntk_uq.theory.card.factor import matmul
from ntk_uq.theory.condition import extended

_BLOCK = 1024
"""Rows that one step of a solve takes: with the inverses of the factor's blocks on its diagonal it
is a few products, each as fast as memory is read."""

_MOST = 36
"""Steps for which there is room."""

_FIRST, _AGAIN, _MORE = (10, 24), (4, 10), 12
"""Steps for the largest and for the smallest eigenvalue of a first part and of a later one; and as
many more where they cost nothing (see :data:`ntk_uq.theory.condition._MORE_STEPS`)."""

_SMALL = 1024

Vector = Float[np.ndarray, "n"]


class CardConditions:
    """``lambda_max / lambda_min`` of the leading parts of ``T = L L'``, to some percent.

    Both extremes are approached from inside, so that the true number is, if anything, larger.

    Args:
        lower: L, filled up to a bucket.
    """

    def __init__(self, lower: Float[Array, "m m"]) -> None:
        self._lower = lower
        self._found: tuple[Vector, Vector] | None = None

    def at(self, n: int) -> float:
        """That of the leading n examples; n does not fall."""
        # A fixed vector that has no symmetry in common with the data: what is started from before
        # may miss, a direction of new examples alone, say.
        odd = np.cos(np.arange(n) ** 2)
        starts, steps = (np.ones(n) + 0.1 * odd, odd), _FIRST
        if self._found is not None:
            largest, smallest = self._found
            starts = (
                extended(largest, n) + 0.1 * odd,
                np.sqrt(n) * extended(smallest, n, 0.0) + 0.3 * odd,
            )
            steps = _AGAIN
        if n <= _SMALL:
            steps = (steps[0] + _MORE, steps[1] + _MORE)
        size = bucket(n)
        filled = tuple(jnp.asarray(np.pad(start, (0, size - n))) for start in starts)
        counts = np.array([min(count, n) for count in steps])
        values, vectors = [], []
        for (a, b, basis), count in zip(
            _lanczos(self._lower, size, np.int64(n), filled, counts), counts, strict=True
        ):
            value, weights = _largest(np.asarray(a)[:count], np.asarray(b)[:count])
            values.append(value)
            room = np.zeros(_MOST)
            room[:count] = weights
            vectors.append(np.asarray(_combined(basis, jnp.asarray(room)))[:n])
        largest, smallest = vectors
        self._found = (largest, smallest) if np.isfinite(values).all() else None
        return float(np.prod(values))


def _largest(a: Vector, b: Vector) -> tuple[float, Vector]:
    """The largest eigenvalue of a tridiagonal matrix, and its eigenvector; not a number where a
    step gave none."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan"), np.zeros(len(a))
    values, vectors = np.linalg.eigh(np.diag(a) + np.diag(b[:-1], 1) + np.diag(b[:-1], -1))
    return float(values[-1]), vectors[:, -1]


@jax.jit
def _combined(basis: Float[Array, "k b"], weights: Float[Array, "l"]) -> Float[Array, "b"]:
    return weights @ basis[: len(weights)]


Steps = tuple[Float[Array, "k"], Float[Array, "k"], Float[Array, "l b"]]
"""Diagonal of a tridiagonal matrix, what is beside it, and the vectors of its rows."""


@functools.partial(jax.jit, static_argnums=1)
def _lanczos(
    lower: Float[Array, "m m"],
    size: int,
    n: Int[Array, ""],
    starts: tuple[Float[Array, "b"], Float[Array, "b"]],
    counts: Int[Array, "2"],
) -> tuple[Steps, Steps]:
    """Lanczos on ``T_n = L_n L_n'`` and on its inverse, so many steps each."""
    block = math.gcd(size, _BLOCK)
    lower = lower[:size, :size]
    places = jnp.arange(size // block) * block
    inside = (jnp.arange(size) < n).astype(lower.dtype)

    def of_diagonal(place: jax.Array) -> jax.Array:
        part = jax.lax.dynamic_slice(lower, (place, place), (block, block))
        return solve_triangular(part, jnp.eye(block, dtype=lower.dtype), lower=True)

    inverses = jax.lax.map(of_diagonal, places)

    def multiply(v: jax.Array) -> jax.Array:
        return matmul(lower, matmul(lower.T, v) * inside)

    def solve(v: jax.Array) -> jax.Array:
        def down(i: jax.Array, x: jax.Array) -> jax.Array:
            rows = jax.lax.dynamic_slice_in_dim(lower, places[i], block)
            rest = jax.lax.dynamic_slice_in_dim(v, places[i], block) - matmul(rows, x)
            return jax.lax.dynamic_update_slice(x, matmul(inverses[i], rest), (places[i],))

        z = jax.lax.fori_loop(0, len(places), down, jnp.zeros_like(v)) * inside

        def up(step: jax.Array, x: jax.Array) -> jax.Array:
            i = len(places) - 1 - step
            columns = jax.lax.dynamic_slice_in_dim(lower, places[i], block, axis=1)
            rest = jax.lax.dynamic_slice_in_dim(z, places[i], block) - matmul(columns.T, x)
            return jax.lax.dynamic_update_slice(x, matmul(inverses[i].T, rest), (places[i],))

        return jax.lax.fori_loop(0, len(places), up, jnp.zeros_like(v))

    def on_examples(
        function: Callable[[jax.Array], jax.Array],
    ) -> Callable[[jax.Array], jax.Array]:
        return lambda v: (inside * function((inside * v).astype(lower.dtype))).astype(np.float64)

    return (
        _tridiagonal(on_examples(multiply), starts[0], counts[0]),
        _tridiagonal(on_examples(solve), starts[1], counts[1]),
    )


def _tridiagonal(
    multiply: Callable[[jax.Array], jax.Array], start: jax.Array, count: jax.Array
) -> Steps:
    def step(i: jax.Array, state: Steps) -> Steps:
        a, b, basis = state
        w = multiply(basis[i])
        a = a.at[i].set(jnp.vdot(basis[i], w))
        for _ in range(2):  # twice is enough
            w = w - basis.T @ (basis @ w)
        length = jnp.linalg.norm(w)
        b = b.at[i].set(length)
        return a, b, basis.at[i + 1].set(w / jnp.maximum(length, 1e-300))

    basis = jnp.zeros((_MOST + 1, len(start))).at[0].set(start / jnp.linalg.norm(start))
    return jax.lax.fori_loop(0, count, step, (jnp.zeros(_MOST), jnp.zeros(_MOST), basis))
