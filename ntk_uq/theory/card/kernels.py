"""Kernels of whole sets of examples on an accelerator, by panels of rows inside one program.

A panel passes all layers, is written into the whole matrix in place, or multiplied with what is
asked for and forgotten, and pairs that need more care are mended there
(:mod:`ntk_uq.theory.card.close_pairs`). Depth, sigmas, ridge and the numbers of examples are
values; what is compiled are an activation, which kernels, and the buckets of rows and columns.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.activations.base import CloseLayer
from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.memory import PANEL, SMALLEST_PANEL
from ntk_uq.theory.card.close_pairs import NAMES, NetworkValues, Panel, mended
from ntk_uq.theory.card.resident import resident
from ntk_uq.theory.evaluation import Evaluate
from ntk_uq.theory.inputs import Block, Inputs
from ntk_uq.theory.kernels import Kernels

Whole = Float[Array, "n m"]


class CardEvaluation(NamedTuple):
    """What of an activation is compiled; one object for all networks that share it.

    Attributes:
        evaluate: both kernels of all pairs of two blocks.
        close: the care that close pairs take.
    """

    evaluate: Evaluate
    close: CloseLayer | None

    @classmethod
    def of(cls, kernels: Kernels) -> "CardEvaluation":
        """That of a network's activation."""
        return cls(kernels.evaluate, kernels.close)

    def both(self, panel: Panel, k: jax.Array) -> dict[str, jax.Array]:
        """Both kernels of a panel, by name, from its first covariances."""
        values = self.evaluate(panel.part, panel.columns, k, *panel.network)
        return dict(zip(NAMES, values, strict=True))


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
        both = zip(NAMES, self.inputs.diagonal_at(0), strict=True)
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
        self.kernels, self._evaluation = kernels, CardEvaluation.of(kernels)
        self._any_close: dict[CardExamples, bool] = {}
        spec = kernels.spec
        self._network = NetworkValues(
            np.float64(spec.sigma_w), np.float64(spec.sigma_b), np.int64(spec.depth)
        )

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
        of = self._network, rows.block, columns.block
        diagonals = tuple(rows.diagonal[name] for name in names)
        program = whole_kernels(self._evaluation, names, same, dtype)
        counts = np.array([rows.n, columns.n])
        out, close = program(*of, counts, diagonals, np.float64(ridge))
        if self.kernels.doubted and not all(np.isfinite(np.asarray(jnp.sum(k))) for k in out):
            raise self.kernels.no_number()
        any_close = bool(np.asarray(close).any())
        if same:
            self._any_close[rows] = any_close
        if any_close and names:
            out = mended_kernels(self._evaluation, names, same)(*of, close, diagonals, out)
        return out

    def multiply(self, of: CardExamples, name: str, w: Float[Array, "b k"]) -> Float[Array, "b k"]:
        """``K w`` of the first b examples, with K evaluated panel by panel and forgotten; zero in
        rows of no example.

        Args:
            w: zero where there is no example; b is a bucket.
        """
        if of not in self._any_close:
            self.between(of, of, ())
        program = _product(self._evaluation, name, self._any_close[of])
        return program(self._network, of.block, np.int64(of.n), of.diagonal[name], w)


def _height(n_rows: int, n_columns: int) -> int:
    """Rows of a panel."""
    most = max(SMALLEST_PANEL, PANEL // n_columns)
    return math.gcd(n_rows, 1 << (most.bit_length() - 1))


@functools.lru_cache(maxsize=64)
def whole_kernels(
    evaluation: CardEvaluation, names: tuple[str, ...], same: bool, dtype: type
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
        # Of what fills up, too, and with the ridge.
        filled: tuple[jax.Array, ...] = ()
        if same and names:
            filled = tuple(jnp.where(column < counts[1], d, d[0]) for d in diagonals)
            filled = (*filled[:-1], filled[-1] + ridge)

        def step(i: jax.Array, carry: Any) -> Any:
            out, close = carry
            start = i * height
            panel = Panel(network, rows, columns, start, height, same)
            row = start + jnp.arange(height)
            k = panel.first_covariance()
            there = (row < counts[0])[:, None] & (column < counts[1])[None, :]
            close = close.at[i].set(jnp.sum(panel.close(k)))
            if not names:
                return out, close
            both = evaluation.both(panel, k)
            values = [jnp.where(there, both[name], 0.0) for name in names]
            if same:
                cut = functools.partial(
                    jax.lax.dynamic_slice_in_dim, start_index=start, slice_size=height
                )
                values = [
                    jnp.where(panel.own, cut(d)[:, None], value)
                    for d, value in zip(filled, values, strict=True)
                ]
            out = tuple(
                jax.lax.dynamic_update_slice(whole, value.astype(dtype), (start, 0))
                for whole, value in zip(out, values, strict=True)
            )
            return out, close

        empty = tuple(jnp.zeros((n, m), dtype) for _ in names)
        zeros = jnp.zeros(n // height, np.int64)
        return jax.lax.fori_loop(0, n // height, step, (empty, zeros))

    return jax.jit(program)


@functools.lru_cache(maxsize=64)
def mended_kernels(
    evaluation: CardEvaluation, names: tuple[str, ...], same: bool
) -> Callable[..., tuple[jax.Array, ...]]:
    """The program that puts the close pairs into whole kernels, in their place; compiled when there
    are any."""

    def program(
        network: NetworkValues,
        rows: Block,
        columns: Block,
        close: jax.Array,
        diagonals: tuple[jax.Array, ...],
        out: tuple[jax.Array, ...],
    ) -> tuple[jax.Array, ...]:
        height = len(rows[0]) // len(close)

        def step(i: jax.Array, out: Any) -> Any:
            panel = Panel(network, rows, columns, i * height, height, same)
            return mended(out, names, panel, panel.start, close[i], evaluation.close, diagonals)

        return jax.lax.fori_loop(0, len(close), step, out)

    return jax.jit(program, donate_argnums=5)


@functools.lru_cache(maxsize=64)
def _product(evaluation: CardEvaluation, name: str, any_close: bool) -> Callable[..., jax.Array]:
    """The program for a product with a kernel that is not kept, which may have close pairs."""

    def program(
        network: NetworkValues, block: Block, n: jax.Array, diagonal: jax.Array, w: jax.Array
    ) -> jax.Array:
        size = len(w)
        block = block[0][:size], block[1][:, :, :size], block[2][:size]
        height = _height(size, size)
        column = jnp.arange(size)

        def part(i: jax.Array) -> jax.Array:
            start = i * height
            panel = Panel(network, block, block, start, height, True)
            row = start + jnp.arange(height)
            k = panel.first_covariance()
            # What fills up is no number for some activations, and no zeros would hide it, neither
            # w's here nor those that the product is multiplied with.
            there = (row < n)[:, None] & (column < n)[None, :]
            value = jnp.where(there, evaluation.both(panel, k)[name], 0.0)
            value = jnp.where(panel.own, diagonal[None, :size], value)
            if any_close:
                count = jnp.sum(panel.close(k))
                (value,) = mended((value,), (name,), panel, 0, count, evaluation.close, (diagonal,))
            return jnp.matmul(value, w, precision="highest")

        return jax.lax.map(part, jnp.arange(size // height)).reshape(w.shape)

    return jax.jit(program)
