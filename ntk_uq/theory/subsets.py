"""Kernels of nested training subsets and a test set: evaluated, or known from another curve."""

from collections.abc import Callable, Hashable

import numpy as np
from jaxtyping import Float, Int

from ntk_uq.datasets import Split
from ntk_uq.theory.inputs import Inputs
from ntk_uq.theory.kernels import Kernels, Matrix, in_threads
from ntk_uq.theory.tile_cache import CACHE

Write = Callable[[slice, slice, tuple[Matrix, ...]], None]
"""Takes rows, columns and the kernels there; called from several threads, once for each tile."""


class SubsetKernels:
    """Kernels between the first n training examples, and between them and the test set.

    A curve's N_D grid, its training time, its posterior and its jitter do not change them: with a
    name for what they are kernels of, tiles come from :data:`~ntk_uq.theory.tile_cache.CACHE`
    where another curve has left them there.

    Args:
        kernels: of the network.
        split: training and test set.
        identity: tells the network, the inputs and their order from all others in this process;
            None if nothing is to be remembered.
    """

    def __init__(self, kernels: Kernels, split: Split, identity: Hashable | None = None) -> None:
        self.kernels, self.identity = kernels, identity
        self.train, self.test = kernels.inputs(split.x_train), kernels.inputs(split.x_test)
        self.n_test = len(split.x_test)

    def lower(self, n: int, names: tuple[str, ...], write: Write) -> None:
        """Hands out the kernels of the first n training examples and the test set, as rows, with
        those n as columns, on and below the diagonal.

        The test set's rows follow the n. Tiles that cross the diagonal come whole.
        """

        def of_train(i: int, j: int) -> None:
            put(slice(i, min(i + self.train.size, n)), j, self._tile(names, "train", i, j))

        def of_test(i: int, j: int) -> None:
            rows = slice(n + i, n + i + self.test.length(i))
            put(rows, j, self._tile(names, "test", i, j))

        def put(rows: slice, j: int, tiles: tuple[Matrix, ...]) -> None:
            columns = slice(j, min(j + self.train.size, n))
            height, width = rows.stop - rows.start, columns.stop - columns.start
            write(rows, columns, tuple(tile[:height, :width] for tile in tiles))

        starts = [start for start in self.train.starts if start < n]
        in_threads(of_train, [(i, j) for i in starts for j in starts if j <= i])
        in_threads(of_test, [(i, j) for i in self.test.starts for j in starts])

    def prior(self) -> Float[np.ndarray, "t t"]:
        """The NNGP kernel of the test set with itself."""
        out = np.empty((self.n_test, self.n_test))

        def put(i: int, j: int) -> None:
            (tile,) = self._tile(("nngp",), "prior", i, j)
            height, width = self.test.length(i), self.test.length(j)
            out[i : i + height, j : j + width] = tile[:height, :width]
            out[j : j + width, i : i + height] = tile[:height, :width].T

        starts = self.test.starts
        in_threads(put, [(i, j) for i in starts for j in starts if j <= i])
        return out

    def _tile(self, names: tuple[str, ...], rows: str, i: int, j: int) -> tuple[Matrix, ...]:
        of_rows: Inputs = self.train if rows == "train" else self.test
        columns = self.test if rows == "prior" else self.train
        if self.identity is not None:
            shape = of_rows.length(i), columns.length(j)
            known = CACHE.get(self.identity, (rows, i, j), names, shape)
            if known is not None:
                return known
        tiles = self._of(names).tile(of_rows, i, columns, j)
        if self.identity is not None:
            CACHE.put(self.identity, (rows, i, j), dict(zip(names, tiles, strict=True)))
        return tiles

    def _of(self, names: tuple[str, ...]) -> Kernels:
        return Kernels(self.kernels.spec, names, self.kernels.reference)


class PooledKernels(SubsetKernels):
    """The same for several draws from a small pool, whose kernels are evaluated once for all.

    Args:
        kernels: of the network.
        split: training and test set.
        identity: as of :class:`SubsetKernels`, without the draw.
        pool: all prepared inputs that there are to train on, p of d values.
        order: which of them the training examples are.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        identity: Hashable,
        pool: Float[np.ndarray, "p d"],
        order: Int[np.ndarray, "n"],
    ) -> None:
        super().__init__(kernels, split, identity)
        self.pool, self.order, self.x_test = pool, order, split.x_test
        self._whole: dict[str, tuple[Matrix, ...]] = {}

    def lower(self, n: int, names: tuple[str, ...], write: Write) -> None:
        of = self._of(names)
        self._whole = {
            "train": self._once("train", of, self.pool, lambda: of.symmetric(self.pool)),
            "test": self._once("test", of, self.x_test, lambda: of.cross(self.x_test, self.pool)),
        }
        super().lower(n, names, write)

    def _once(
        self,
        key: str,
        of: Kernels,
        rows: Float[np.ndarray, "r d"],
        evaluate: Callable[[], tuple[Matrix, ...]],
    ) -> tuple[Matrix, ...]:
        known = CACHE.get(self.identity, key, of.names, (len(rows), len(self.pool)))
        if known is not None:
            return known
        whole = evaluate()
        CACHE.put(self.identity, key, dict(zip(of.names, whole, strict=True)))
        return whole

    def _tile(self, names: tuple[str, ...], rows: str, i: int, j: int) -> tuple[Matrix, ...]:
        if rows == "prior":
            return super()._tile(names, rows, i, j)
        columns = self.order[j : j + self.train.length(j)]
        if rows == "test":
            at: np.ndarray = np.arange(i, i + self.test.length(i))
        else:
            at = self.order[i : i + self.train.length(i)]
        return tuple(k[np.ix_(at, columns)] for k in self._whole[rows])
