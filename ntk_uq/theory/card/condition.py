"""The condition numbers of a factored kernel's leading parts on an accelerator, by Lanczos steps.

As :mod:`ntk_uq.theory.condition`, with a fixed number of steps in one program, so that nothing has
to be waited for in between. Every step reads the factor from memory, which is what it costs: so the
next part starts from what was found for the part before.
"""

import functools
import math
from collections.abc import Callable, Sequence

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

_NOTHING = 1e-12
"""What is left of a vector, relative to what it was, that is rounding."""

Vector = Float[np.ndarray, "n"]


class CardConditions:
    """``lambda_max / lambda_min`` of the leading parts of ``T = L L'``, to some percent.

    Both extremes are approached from inside, so that the true number is, if anything, larger.

    Args:
        lower: L, filled up to a bucket.
    """

    def __init__(self, lower: Float[Array, "m m"]) -> None:
        self._lower, self._extremes = lower, _Extremes()

    def at(self, n: int) -> float:
        """That of the leading n examples; n does not fall."""
        of, size = self._extremes, bucket(n)
        counts = _counts(n, of.known)
        starts = tuple(jnp.asarray(start) for start in of.starts(n, size))
        steps = _lanczos(self._lower, size, np.int64(n), starts, counts)
        weights = of.take(jax.tree.map(np.asarray, [part[:2] for part in steps]), counts)
        vectors = [
            np.asarray(_combined(basis, jnp.asarray(weight)))
            for (_, _, basis), weight in zip(steps, weights, strict=True)
        ]
        return of.keep(vectors, n)


class CardConditionsOfMany:
    """The same of several factors in one program, with the same numbers.

    Args:
        lower: L of each.
    """

    def __init__(self, lower: Float[Array, "k m m"]) -> None:
        self._lower, self._extremes = lower, [_Extremes() for _ in lower]

    def at(self, n: int) -> list[float]:
        """Those of the leading n examples; n does not fall. NaN where a factor is none."""
        size = bucket(n)
        # Of a factor that is none nothing is ever known.
        counts = _counts(n, any(of.known for of in self._extremes))
        both = zip(*(of.starts(n, size) for of in self._extremes), strict=True)
        starts = tuple(jnp.asarray(np.stack(start)) for start in both)
        steps = _lanczos_of_many(self._lower, size, np.int64(n), starts, counts)
        rows = jax.tree.map(np.asarray, [part[:2] for part in steps])
        weights = [
            of.take([(a[i], b[i]) for a, b in rows], counts) for i, of in enumerate(self._extremes)
        ]
        vectors = [
            np.asarray(_combined_of_many(basis, jnp.asarray(np.stack(weight))))
            for (_, _, basis), weight in zip(steps, zip(*weights, strict=True), strict=True)
        ]
        return [of.keep([v[i] for v in vectors], n) for i, of in enumerate(self._extremes)]


class _Extremes:
    """What is known of one factor's largest and smallest eigenvalue."""

    def __init__(self) -> None:
        self._vectors: tuple[Vector, Vector] | None = None
        self._values: list[float] = []

    @property
    def known(self) -> bool:
        """Whether there are eigenvectors of a part before."""
        return self._vectors is not None

    def starts(self, n: int, size: int) -> tuple[Vector, Vector]:
        """What Lanczos starts from for the largest and for the smallest, zero behind n."""
        # A fixed vector that has no symmetry in common with the data: what is started from before
        # may miss, a direction of new examples alone, say.
        odd = np.cos(np.arange(n) ** 2)
        starts = (np.ones(n) + 0.1 * odd, odd)
        if self._vectors is not None:
            largest, smallest = self._vectors
            starts = (
                extended(largest, n) + 0.1 * odd,
                np.sqrt(n) * extended(smallest, n, 0.0) + 0.3 * odd,
            )
        first, second = (np.pad(start, (0, size - n)) for start in starts)
        return first, second

    def take(self, rows: Sequence[tuple[Vector, Vector]], counts: np.ndarray) -> list[Vector]:
        """Takes the tridiagonal matrices of both; gives their eigenvectors, filled up."""
        self._values, weights = [], []
        for (a, b), count in zip(rows, counts, strict=True):
            value, weight = _largest(a[:count], b[:count])
            self._values.append(value)
            weights.append(np.pad(weight, (0, _MOST - count)))
        return weights

    def keep(self, vectors: Sequence[Vector], n: int) -> float:
        """Keeps the eigenvectors of the leading n examples; gives the condition number."""
        largest, smallest = (v[:n] for v in vectors)
        self._vectors = (largest, smallest) if np.isfinite(self._values).all() else None
        return float(np.prod(self._values))


def _counts(n: int, again: bool) -> np.ndarray:
    """Steps for the largest and for the smallest eigenvalue of n examples."""
    steps = _AGAIN if again else _FIRST
    more = _MORE if n <= _SMALL else 0
    return np.array([min(count + more, n) for count in steps])


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


Steps = tuple[Float[Array, "*many r"], Float[Array, "*many r"], Float[Array, "*many l b"]]
"""Diagonal of a tridiagonal matrix, what is beside it, and the vectors of its rows; a leading axis
of factors where there are several."""


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

    # The blocks first: XLA would else turn the whole factor round for the sake of its diagonal.
    blocks = lower.reshape(len(places), block, len(places), block)
    diagonal = blocks[jnp.arange(len(places)), :, jnp.arange(len(places))]
    unit = jnp.eye(block, dtype=lower.dtype)
    inverses = jax.lax.map(lambda part: solve_triangular(part, unit, lower=True), diagonal)

    def multiply(v: jax.Array) -> jax.Array:
        return matmul(lower, matmul(v, lower) * inside)

    def solve(v: jax.Array) -> jax.Array:
        def down(i: jax.Array, x: jax.Array) -> jax.Array:
            rows = jax.lax.dynamic_slice_in_dim(lower, places[i], block)
            rest = jax.lax.dynamic_slice_in_dim(v, places[i], block) - matmul(rows, x)
            return jax.lax.dynamic_update_slice(x, matmul(inverses[i], rest), (places[i],))

        z = jax.lax.fori_loop(0, len(places), down, jnp.zeros_like(v)) * inside

        def up(step: jax.Array, x: jax.Array) -> jax.Array:
            i = len(places) - 1 - step
            columns = jax.lax.dynamic_slice_in_dim(lower, places[i], block, axis=1)
            rest = jax.lax.dynamic_slice_in_dim(z, places[i], block) - matmul(x, columns)
            return jax.lax.dynamic_update_slice(x, matmul(rest, inverses[i]), (places[i],))

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
        rounding = _NOTHING * jnp.linalg.norm(w)
        a = a.at[i].set(jnp.vdot(basis[i], w))
        for _ in range(2):  # twice is enough
            w = w - basis.T @ (basis @ w)
        length = jnp.linalg.norm(w)
        # Where the directions before are all that there are, there is no next one: of rounding a
        # vector would be made that has parts of them again, and numbers without any meaning. Not a
        # number remains what it is.
        ends = length <= rounding
        b = b.at[i].set(jnp.where(ends, 0.0, length))
        return a, b, basis.at[i + 1].set(jnp.where(ends, 0.0, w / jnp.where(ends, 1.0, length)))

    basis = jnp.zeros((_MOST + 1, len(start))).at[0].set(start / jnp.linalg.norm(start))
    return jax.lax.fori_loop(0, count, step, (jnp.zeros(_MOST), jnp.zeros(_MOST), basis))


_combined_of_many = jax.jit(jax.vmap(_combined))


@functools.partial(jax.jit, static_argnums=1)
def _lanczos_of_many(
    lower: Float[Array, "k m m"],
    size: int,
    n: Int[Array, ""],
    starts: tuple[Float[Array, "k b"], Float[Array, "k b"]],
    counts: Int[Array, "2"],
) -> tuple[Steps, Steps]:
    return jax.vmap(lambda one, begin: _lanczos(one, size, n, begin, counts))(lower, starts)
