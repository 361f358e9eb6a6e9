"""Pairs of almost parallel inputs, found and mended where their kernels are.

A panel of rows looks whether it has any, and goes on if it has none. Otherwise its first
covariances are evaluated once more, and so many pairs at a time are found, their inputs compared,
taken through the layers, and written over what their scalar products gave. How many there are is a
value: it compiles nothing, and does not leave the accelerator.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ntk_uq.activations.base import CloseLayer
from ntk_uq.theory.close_pairs import behind, compared
from ntk_uq.theory.evaluation import is_close, rows_of
from ntk_uq.theory.inputs import Block

_AT_ONCE = 4096
"""Pairs whose inputs are compared at once; or half as many as a panel has columns: so their inputs
fit into what is counted for those of both sets (:func:`ntk_uq.costs.memory.card_bytes`)."""

_BLOCK = 64
"""Columns that are counted together, to find a pair by its number."""

NAMES = "nngp", "ntk"


class NetworkValues(NamedTuple):
    """What of a network is a value to a program."""

    sigma_w: Any
    sigma_b: Any
    depth: Any


class Panel(NamedTuple):
    """Some rows of the kernels between two sets of examples.

    Attributes:
        network: whose kernels.
        rows, columns: all examples of both sets.
        start: the first of the rows. height: how many they are.
        same: whether both sets are one.
    """

    network: NetworkValues
    rows: Block
    columns: Block
    start: Any
    height: int
    same: bool

    @property
    def part(self) -> Block:
        """The examples of these rows."""
        return rows_of(self.rows, self.start, self.height)

    @property
    def own(self) -> Bool[Array, "h m"]:
        """Where an example meets itself, if both sets are one."""
        row = self.start + jnp.arange(self.height)
        return row[:, None] == jnp.arange(len(self.columns[0]))[None, :]

    def first_covariance(self) -> Float[Array, "h m"]:
        """Of the first layer's preactivations."""
        product = jnp.matmul(self.part[0], self.columns[0].T, precision="highest")
        return product + self.network.sigma_b**2

    def close(self, k: Float[Array, "h m"]) -> Bool[Array, "h m"]:
        """Which pairs need more care than the first covariance tells; what fills up does not."""
        near = is_close(k, self.part, self.columns)
        return near & ~self.own if self.same else near


def mended(
    out: tuple[Float[Array, "n m"], ...],
    names: tuple[str, ...],
    panel: Panel,
    first: Any,
    count: Any,
    close: CloseLayer | None,
    diagonals: tuple[Float[Array, "b"], ...],
) -> tuple[Float[Array, "n m"], ...]:
    """Kernels with the close pairs of one panel put in.

    Equal examples have what the diagonal has: an example that is in the training set twice makes
    the kernel singular; its rounding error would hide that, and act as a ridge that nobody asked
    for.

    Args:
        out: the kernels. names: which they are.
        panel: the rows that are mended. first: where they begin in ``out``.
        count: how many close pairs there are.
        close: the activation's care; without it all but equal examples are left as they are.
        diagonals: of the row's examples, by ``names``, without a ridge.
    """
    width = len(panel.columns[0])
    at_once, block = min(_AT_ONCE, width // 2), math.gcd(width, _BLOCK)

    def all_of_them(_: Any, out: Any) -> Any:
        near = panel.close(panel.first_covariance()).reshape(-1, block)
        held = jnp.sum(near, axis=1)
        ends = jnp.cumsum(held)

        def some(i: Any, out: Any) -> Any:
            number = i * at_once + jnp.arange(at_once)
            at = jnp.searchsorted(ends, number, side="right")
            inside = number - (ends[at] - held[at])
            column = jnp.argmax(jnp.cumsum(near[at], axis=1) > inside[:, None], axis=1)
            r, c = jnp.divmod(at * block + column, width)
            values, known = _values(panel, panel.start + r, c, names, close, diagonals)
            # Beyond the matrix where there is nothing to write, and so left out.
            place = jnp.where(known & (number < count), first + r, len(out[0]))
            return tuple(
                k.at[place, c].set(value.astype(k.dtype), mode="drop")
                for k, value in zip(out, values, strict=True)
            )

        return jax.lax.fori_loop(0, -(-count // at_once), some, out)

    # A loop that ends at once, and no branch: of several networks in one program all would take it.
    return jax.lax.fori_loop(0, (count > 0).astype(int), all_of_them, out)


def _values(
    panel: Panel,
    r: Any,
    c: Any,
    names: tuple[str, ...],
    close: CloseLayer | None,
    diagonals: tuple[Float[Array, "b"], ...],
) -> tuple[list[Any], Any]:
    """The kernels of some pairs, and where they are better than what is there."""
    if panel.same:  # in one order, so that both orders have the same
        r, c = jnp.maximum(r, c), jnp.minimum(r, c)
    u1, u2 = panel.rows[0][r], panel.columns[0][c]
    equal = jnp.all(u1 == u2, axis=1)
    own = [d[r] for d in diagonals]
    if close is None:
        return own, equal
    sigma_w, sigma_b, depth = panel.network
    pairs = compared(u1, u2, sigma_b)
    both = behind(close, pairs, sigma_w, sigma_b, depth, jax.lax.fori_loop)
    exact = dict(zip(NAMES, both, strict=True))
    values = [jnp.where(equal, d, exact[name]) for name, d in zip(names, own, strict=True)]
    return values, jnp.ones_like(equal)
