"""Examples and kernels on an accelerator, in tiles of one size."""

import functools
from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.costs.kernels import LARGEST_TILE
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.theory import device_tiles as tiles
from ntk_uq.theory.filters import inverse_filter
from ntk_uq.theory.kernels import Kernels

Rows = Float[Array, "b t"]

TILES = (256, 512, 1024, LARGEST_TILE)
"""Sizes of tiles to choose from."""

_LAUNCH = 3e7
"""What it costs to queue one step, in operations: some 30 microseconds."""


class Blocks:
    """Training examples up to each size, and the test set, in blocks of one size.

    A block that a size of the grid ends early is filled up with examples that nothing depends on:
    their kernels are zero, T's diagonal is 1 there, and their targets are zero.

    Attributes:
        n_train, n_all: how many blocks there are of training examples, and of all.
        mask: 1 for examples and 0 for what fills up, in all blocks.
    """

    def __init__(
        self, kernels: Kernels, split: Split, sizes: Sequence[int], tile: int | None = None
    ) -> None:
        self.kernels, self.split = kernels, split
        self.tile = tile or best_tile(sizes, len(split.x_test))
        cuts = _cuts(sizes, self.tile)
        self._ends = {place: end for place, (_, end) in enumerate(cuts) if end in sizes}
        test = [
            (low, min(low + self.tile, len(split.x_test)))
            for low in range(0, len(split.x_test), self.tile)
        ]
        self.n_train, self.n_all = len(cuts), len(cuts) + len(test)
        self._cuts = cuts
        x = np.zeros((self.n_all * self.tile, split.x_train.shape[1]))
        mask = np.zeros(len(x))
        for place, (source, (low, high)) in enumerate(
            [(split.x_train, cut) for cut in cuts] + [(split.x_test, cut) for cut in test]
        ):
            start = place * self.tile
            x[start : start + high - low] = source[low:high]
            mask[start : start + high - low] = 1
        self.mask = jnp.asarray(mask)
        self._masks = jnp.split(self.mask, self.n_all)
        self._inputs = kernels.inputs(x, self.tile)
        self._inputs.inverse *= mask  # with a bias, all that fills up would be parallel
        self._close: dict[tuple[int, int], bool] = {}

    def completes(self, block: int) -> int | None:
        """The size of the grid that ends with a block."""
        return self._ends.get(block)

    def targets(self) -> dict[int, Float[Array, "c b"]]:
        """Y' of each training block."""
        out = {}
        for place, (low, high) in enumerate(self._cuts):
            y = np.zeros((self.tile, self.split.y_train.shape[1]))
            y[: high - low] = self.split.y_train[low:high]
            out[place] = jnp.asarray(y.T)
        return out

    def kernel(
        self, name: str, ridge: float | None = None, test: bool = True, dtype: type = np.float64
    ) -> dict[tuple[int, int], tiles.Tile]:
        """Tiles between training blocks, on and below the diagonal, and of the test blocks with
        them.

        Args:
            name: which kernel.
            ridge: added to the diagonal, where what fills up gets 1; None leaves both.
            test: whether the test blocks' are wanted.
            dtype: what they are kept in.
        """
        rows = self.n_all if test else self.n_train
        places = [(i, j) for j in range(self.n_train) for i in range(j, rows)]
        return {
            (i, j): self._masked(tile, i, j, ridge).astype(dtype)
            for i, j, tile in self._evaluate(name, places)
        }

    def cross(self, name: str, count: int) -> list[Rows]:
        """Kernels of the first training blocks with the whole test set, a (b, t) each."""
        tests = range(self.n_train, self.n_all)
        places = [(i, j) for j in range(count) for i in tests]
        found = {(i, j): self._masked(k, i, j).T for i, j, k in self._evaluate(name, places)}
        return [jnp.concatenate([found.pop((i, j)) for i in tests], axis=1) for j in range(count)]

    def multiply(self, name: str, w: list[Rows], ridge: float = 0.0) -> list[Rows]:
        """``(K + ridge) w`` on the first blocks, each tile evaluated and forgotten."""
        count = len(w)
        out = [ridge * b for b in w]
        for i, j, evaluated in self._evaluate(name, _lower(count)):
            tile = self._masked(evaluated, i, j)
            out[i] = tiles.add(out[i], tile, w[j])
            if i != j:
                out[j] = tiles.add(out[j], tile.T, w[i])
        return out

    def of_test(self, prior: Float[np.ndarray, "t t"]) -> Iterator[tuple[int, int, tiles.Tile]]:
        """The prior's tiles, on and below the diagonal."""
        b, n = self.tile, self.n_all - self.n_train
        filled = np.pad(prior, (0, n * b - len(prior)))
        for j in range(n):
            for i in range(j, n):
                tile = filled[i * b : (i + 1) * b, j * b : (j + 1) * b]
                yield self.n_train + i, self.n_train + j, jnp.asarray(tile)

    def mean(self, w: list[Rows]) -> Float[Array, "t c"]:
        """``W' Y`` of the first blocks."""
        targets = self.targets()
        total = jnp.zeros((w[0].shape[1], len(targets[0])))
        for place, rows in enumerate(w):
            total = tiles.add(total, rows.T, targets[place].T)
        return total

    def smoothed(
        self, count: int, ridge: float, training: TrainingSpec
    ) -> tuple[list[Rows], float]:
        """``W = T^-1 g(T) T_dt`` of the first blocks, and the condition number of ``T / g(T)``."""
        valid = np.flatnonzero(np.asarray(self.mask[: count * self.tile]))
        whole = jnp.zeros((count * self.tile,) * 2)
        for i, j, tile in self._evaluate("ntk", _lower(count)):
            whole = _place(whole, tile, jnp.asarray(i * self.tile), jnp.asarray(j * self.tile))
        lower = jnp.tril(whole[valid][:, valid])
        del whole
        full = lower + jnp.tril(lower, -1).T + ridge * jnp.eye(len(valid))
        eigenvalues, vectors = jnp.linalg.eigh(full, symmetrize_input=False)
        inverse = inverse_filter(np.asarray(eigenvalues), training)
        ntk_dt = jnp.concatenate(self.cross("ntk", count))[valid]
        w = vectors @ (jnp.asarray(inverse)[:, None] * (vectors.T @ ntk_dt))
        filled = jnp.zeros((count * self.tile, w.shape[1])).at[valid].set(w)
        return list(jnp.split(filled, count)), float(inverse.max() / inverse.min())

    def _evaluate(
        self, name: str, places: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[int, int, tiles.Tile]]:
        """Tiles, queued one after the other. Which of them have to be mended is asked for once,
        when all are queued that are seen for the first time."""
        kernels = Kernels(self.kernels.spec, (name,), self.kernels.reference)

        def queue(place: tuple[int, int]) -> tuple[tuple[jax.Array, ...], jax.Array]:
            i, j = place
            return kernels.on_device(self._inputs, i * self.tile, self._inputs, j * self.tile)

        new = [place for place in places if place not in self._close]
        queued = {place: queue(place) for place in new}
        if new:
            counts = np.asarray(jnp.stack([close for _, close in queued.values()]))
            self._close.update(zip(new, map(bool, counts), strict=True))
        for i, j in places:
            (tile,) = (queued.pop((i, j)) if (i, j) in queued else queue((i, j)))[0]
            if self._close[i, j]:
                (tile,) = kernels.mend(
                    self._inputs, i * self.tile, self._inputs, j * self.tile, (tile,)
                )
            yield i, j, tile

    def _masked(self, tile: tiles.Tile, i: int, j: int, ridge: float | None = None) -> tiles.Tile:
        diagonal = i == j and ridge is not None
        return tiles.masked(tile, self._masks[i], self._masks[j], diagonal, ridge or 0.0)


@functools.partial(jax.jit, donate_argnums=0)
def _place(whole: jax.Array, tile: jax.Array, row: jax.Array, column: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_slice(whole, tile, (row, column))


def best_tile(sizes: Sequence[int], n_test: int) -> int:
    """The size of tiles that costs least: large ones multiply faster and are fewer to queue, and
    small ones are filled up less where the grid is fine."""

    def cost(tile: int) -> float:
        count = len(_cuts(sizes, tile)) + -(-n_test // tile)
        return count**3 / 3 * (6 * tile**3 + _LAUNCH)

    return min(TILES, key=cost)


def _lower(count: int) -> list[tuple[int, int]]:
    return [(i, j) for j in range(count) for i in range(j, count)]


def _cuts(sizes: Sequence[int], tile: int) -> list[tuple[int, int]]:
    """First and last example, exclusive, of each block: none crosses a size."""
    cuts, start = [], 0
    for end in sizes:
        while start < end:
            cuts.append((start, min(start + tile, end)))
            start = cuts[-1][1]
    return cuts
