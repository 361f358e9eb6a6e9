"""Kernels of whole sets of examples on an accelerator, by panels of rows inside one program.

A panel passes all layers, and is then written into the whole matrix in place, or multiplied with
what is asked for and forgotten. Depth, sigmas, ridge and the numbers of examples are values; what
is compiled are an activation, which kernels, and the buckets of rows and columns.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.memory import PANEL, SMALLEST_PANEL
from ntk_uq.theory.card.resident import resident
from ntk_uq.theory.evaluation import Evaluate, is_close, rows_of
from ntk_uq.theory.inputs import Block, Inputs
from ntk_uq.theory.kernels import Kernels

Whole = Float[Array, "n m"]


class NetworkValues(NamedTuple):
    """What of a network is a value to a program."""

    sigma_w: Any
    sigma_b: Any
    depth: Any


class Pairs(NamedTuple):
    """Pairs of examples whose kernels are known to more digits than a panel's; both orders of each.

    Attributes:
        rows, columns: which examples, (m,); beyond all of them where there is no pair.
        values: the kernels, (m,) each, by name; NaN where nothing better is known.
    """

    rows: Any
    columns: Any
    values: dict[str, Any]


class CardExamples:
    """Examples in the accelerator's memory, filled up to a bucket, as one network takes them.

    Args:
        kernels: of the network.
        x: the examples, (n, d).
        n: how many of them, the first ones; by default all.

    Attributes:
        n: how many there are. size: the bucket.
        diagonal: their kernels with themselves, by name, (size,) each.

    Raises:
        KernelOverflowError: if a kernel of theirs is not finite in float64.
    """

    def __init__(self, kernels: Kernels, x: Float[np.ndarray, "n d"], n: int | None = None) -> None:
        self.n = len(x) if n is None else n
        self.size = bucket(self.n)
        whole = resident(x)
        squares = whole.squares[: self.n]
        self.inputs = Inputs(kernels.spec, x[: self.n], self.size, squares)
        factor = np.float64(self.inputs.factor)
        u = _first_of(whole.there, self.size, np.int64(self.n), factor)
        self.block: Block = (u, *self.inputs.scales_at(0))
        both = zip(("nngp", "ntk"), self.inputs.diagonal_at(0), strict=True)
        self.diagonal = {name: jnp.asarray(values) for name, values in both}


@functools.partial(jax.jit, static_argnums=1)
def _first_of(x: Float[Array, "m d"], size: int, n: jax.Array, factor: jax.Array) -> jax.Array:
    """The first n examples times a factor, and zeros up to ``size``."""
    return jnp.where((jnp.arange(size) < n)[:, None], factor * x[:size], 0.0)


class CardKernels:
    """The kernels of one architecture, whole, where JAX computes.

    Args:
        kernels: the same on the processor, which say how a pair is evaluated.
    """

    def __init__(self, kernels: Kernels) -> None:
        self.kernels, self.names = kernels, kernels.names
        spec = kernels.spec
        self._network = NetworkValues(
            np.float64(spec.sigma_w), np.float64(spec.sigma_b), np.int64(spec.depth)
        )
        self._pairs: dict[tuple[int, int], Pairs | None] = {}

    def between(
        self,
        rows: CardExamples,
        columns: CardExamples,
        names: tuple[str, ...],
        ridge: float = 0.0,
        dtype: type = np.float64,
    ) -> tuple[Whole, ...]:
        """Kernels between two sets, (rows, columns) each; zero where a set is filled up.

        Of a set with itself, what fills it up has the variance of the first example: eigenvalues
        stay between the smallest and the largest.

        Args:
            names: which kernels.
            ridge: added to the diagonal of the last of them.
            dtype: what they are kept in.

        Raises:
            KernelOverflowError: if an activation that was registered at run time gave no number.
        """
        same = rows is columns
        program = whole_kernels(self.kernels.evaluate, names, same, dtype)
        diagonals = tuple(rows.diagonal[name] for name in names) if same else ()
        counts = np.array([rows.n, columns.n])
        out, close = program(
            self._network, rows.block, columns.block, counts, diagonals, np.float64(ridge)
        )
        if self.kernels.doubted and not all(np.isfinite(np.asarray(jnp.sum(k))) for k in out):
            raise self.kernels.no_number()
        pairs = self._close(rows, columns, close)
        if pairs is None:
            return out
        known = (pairs.values[name] for name in names)
        return tuple(
            _put(k, pairs.rows, pairs.columns, values) for k, values in zip(out, known, strict=True)
        )

    def multiply(self, of: CardExamples, name: str, w: Float[Array, "b k"]) -> Float[Array, "b k"]:
        """``K w`` of the first b examples, with K evaluated panel by panel and forgotten; zero in
        rows of no example.

        Args:
            w: zero where there is no example; b is a bucket.
        """
        key = id(of), id(of)
        if key not in self._pairs:
            _, close = whole_kernels(self.kernels.evaluate, (), True, np.float64)(
                self._network, of.block, of.block, np.array([of.n, of.n]), (), np.float64(0)
            )
            self._close(of, of, close)
        pairs = self._pairs[key]
        program = _product(self.kernels.evaluate, name)
        known = None if pairs is None else (pairs.rows, pairs.columns, pairs.values[name])
        return program(self._network, of.block, np.int64(of.n), of.diagonal[name], w, known)

    def _close(self, rows: CardExamples, columns: CardExamples, counts: jax.Array) -> Pairs | None:
        """The pairs that need care, looked for where a panel counted any; found once."""
        key = id(rows), id(columns)
        if key not in self._pairs:
            self._pairs[key] = self._found(rows, columns, np.asarray(counts))
        return self._pairs[key]

    def _found(self, rows: CardExamples, columns: CardExamples, counts: np.ndarray) -> Pairs | None:
        if not counts.any():
            return None
        same, height = rows is columns, rows.size // len(counts)
        places = []
        for panel in np.flatnonzero(counts):
            room = 1 << int(counts[panel] - 1).bit_length()
            start = np.int64(panel * height)
            found = _where_close(height, room, same)(
                self._network, rows.block, columns.block, start
            )
            r, c = (np.asarray(index)[: counts[panel]] for index in found)
            places.append((r + panel * height, c))
        r, c = (np.concatenate(index) for index in zip(*places, strict=True))
        parts = []
        for low in range(0, len(r), _AT_ONCE):
            at = slice(low, low + _AT_ONCE)
            parts.append(self.kernels.of_close(rows.inputs, r[at], columns.inputs, c[at]))
        values = [np.concatenate(part) for part in zip(*parts, strict=True)]
        # Filled up to a power of two, too, with pairs beyond the matrix, which are left out.
        room = max(1024, 1 << (len(r) - 1).bit_length())
        fill = (0, room - len(r))
        return Pairs(
            jnp.asarray(np.pad(r, fill, constant_values=rows.size)),
            jnp.asarray(np.pad(c, fill, constant_values=columns.size)),
            {
                name: jnp.asarray(np.pad(value, fill, constant_values=np.nan))
                for name, value in zip(self.names, values, strict=True)
            },
        )


_AT_ONCE = 4096
"""Pairs whose inputs are compared at once."""


def _height(n_rows: int, n_columns: int) -> int:
    """Rows of a panel."""
    most = max(SMALLEST_PANEL, PANEL // n_columns)
    return math.gcd(n_rows, 1 << (most.bit_length() - 1))


@functools.lru_cache(maxsize=64)
def whole_kernels(
    evaluate: Evaluate, names: tuple[str, ...], same: bool, dtype: type
) -> Callable[..., tuple[tuple[jax.Array, ...], jax.Array]]:
    """The program for whole kernels: those, and how many close pairs each panel has."""

    def program(
        network: NetworkValues,
        rows: Block,
        columns: Block,
        counts: jax.Array,
        diagonals: tuple[jax.Array, ...],
        ridge: jax.Array,
    ) -> tuple[tuple[jax.Array, ...], jax.Array]:
        n, m = len(rows[0]), len(columns[0])
        height = _height(n, m)
        column = jnp.arange(m)
        diagonals = tuple(jnp.where(column < counts[1], d, d[0]) for d in diagonals)
        if diagonals:
            diagonals = (*diagonals[:-1], diagonals[-1] + ridge)

        def panel(i: jax.Array, carry: Any) -> Any:
            out, close = carry
            start = i * height
            part = rows_of(rows, start, height)
            row = start + jnp.arange(height)
            k = _first_covariance(network, part, columns)
            there = (row < counts[0])[:, None] & (column < counts[1])[None, :]
            own = row[:, None] == column[None, :]
            near = is_close(k, part, columns) & (~own if same else True)
            close = close.at[i].set(jnp.sum(near))
            if not names:
                return out, close
            both = dict(zip(("nngp", "ntk"), evaluate(part, columns, k, *network), strict=True))
            values = [jnp.where(there, both[name], 0.0) for name in names]
            if same:
                cut = functools.partial(
                    jax.lax.dynamic_slice_in_dim, start_index=start, slice_size=height
                )
                values = [
                    jnp.where(own, cut(d)[:, None], value)
                    for d, value in zip(diagonals, values, strict=True)
                ]
            out = tuple(
                jax.lax.dynamic_update_slice(whole, value.astype(dtype), (start, 0))
                for whole, value in zip(out, values, strict=True)
            )
            return out, close

        empty = tuple(jnp.zeros((n, m), dtype) for _ in names)
        zeros = jnp.zeros(n // height, np.int64)
        return jax.lax.fori_loop(0, n // height, panel, (empty, zeros))

    return jax.jit(program)


@functools.lru_cache(maxsize=64)
def _product(evaluate: Evaluate, name: str) -> Callable[..., jax.Array]:
    """The program for a product with a kernel that is not kept."""

    def program(
        network: NetworkValues,
        block: Block,
        n: jax.Array,
        diagonal: jax.Array,
        w: jax.Array,
        known: tuple[jax.Array, jax.Array, jax.Array] | None,
    ) -> jax.Array:
        size = len(w)
        block = block[0][:size], block[1][:, :, :size], block[2][:size]
        height = _height(size, size)
        column = jnp.arange(size)

        def panel(i: jax.Array) -> jax.Array:
            start = i * height
            part = rows_of(block, start, height)
            row = start + jnp.arange(height)
            k = _first_covariance(network, part, block)
            both = dict(zip(("nngp", "ntk"), evaluate(part, block, k, *network), strict=True))
            own = row[:, None] == column[None, :]
            # What fills up is no number for some activations, and no zeros would hide it, neither
            # w's here nor those that the product is multiplied with.
            there = (row < n)[:, None] & (column < n)[None, :]
            value = jnp.where(there, both[name], 0.0)
            value = jnp.where(own, diagonal[None, :size], value)
            if known is not None:
                r, c, values = known
                # Beyond the panel where they are not in it, and so left out.
                inside = (r >= start) & (r < start + height) & ~jnp.isnan(values)
                value = value.at[jnp.where(inside, r - start, height), c].set(values, mode="drop")
            return jnp.matmul(value, w, precision="highest")

        return jax.lax.map(panel, jnp.arange(size // height)).reshape(w.shape)

    return jax.jit(program)


@functools.lru_cache(maxsize=64)
def _where_close(height: int, room: int, same: bool) -> Callable[..., tuple[jax.Array, ...]]:
    """The program that finds the close pairs of one panel, up to so many."""

    def program(
        network: NetworkValues, rows: Block, columns: Block, start: jax.Array
    ) -> tuple[jax.Array, ...]:
        part = rows_of(rows, start, height)
        near = is_close(_first_covariance(network, part, columns), part, columns)
        if same:
            row, column = start + jnp.arange(height), jnp.arange(len(columns[0]))
            near &= row[:, None] != column[None, :]
        return jnp.nonzero(near, size=room, fill_value=0)

    return jax.jit(program)


def _first_covariance(network: NetworkValues, rows: Block, columns: Block) -> jax.Array:
    """Of the first layer's preactivations."""
    return jnp.matmul(rows[0], columns[0].T, precision="highest") + network.sigma_b**2


@functools.partial(jax.jit, donate_argnums=0)
def _put(k: jax.Array, r: jax.Array, c: jax.Array, values: jax.Array) -> jax.Array:
    known = ~jnp.isnan(values)
    return k.at[jnp.where(known, r, len(k)), c].set(values.astype(k.dtype), mode="drop")
