"""NNGP and NTK matrices of prepared inputs, in float64, tile by tile on JAX's default device."""

import functools
import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from ntk_uq.activations import FILES, get
from ntk_uq.activations.base import CloseLayer
from ntk_uq.base import settings
from ntk_uq.base.errors import KernelOverflowError, SpecError
from ntk_uq.base.stopping import may_stop
from ntk_uq.costs.kernels import TILE
from ntk_uq.networks.architecture import build
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.close_pairs import CLOSE, close_kernels
from ntk_uq.theory.device import device
from ntk_uq.theory.evaluation import Evaluate, closed_form, is_close, neural_tangents, rows_of
from ntk_uq.theory.inputs import Block, Inputs

Matrix = Float[np.ndarray, "n1 n2"]

_STRIP = 64
"""Rows of a tile that go through all layers together."""


class Kernels:
    """The kernels of one architecture as NumPy matrices.

    Args:
        spec: the architecture.
        names: which kernels: a tuple out of ``nngp`` and ``ntk``; every method returns them in
            that order.
        reference: whether neural-tangents evaluates them, instead of the activation's own
            expectations; it does so, too, for an activation that has none.

    Raises:
        SpecError: if there is no such activation; or if neural-tangents has none of that kind.
    """

    def __init__(
        self,
        spec: ArchitectureSpec,
        names: tuple[str, ...] = ("nngp", "ntk"),
        reference: bool = False,
    ) -> None:
        self.spec = spec
        self.names = names
        self._activation = get(spec.activation)
        self.reference = reference or self._activation.layer is None
        if self.reference and self._activation.stax is None:
            raise SpecError(
                f"neural-tangents has no layer for {spec.activation}; its kernels are evaluated "
                "here, without reference."
            )

    @property
    def doubted(self) -> bool:
        """Whether it has to be looked at what the activation gives: one that was registered at run
        time. (Those of this package are tested, and looking costs a pass over memory.)"""
        return self.spec.activation not in FILES

    def no_number(self) -> KernelOverflowError:
        """What is to be said where it gave none."""
        return KernelOverflowError(
            f"The activation {self.spec.activation} gave what is no number for some pair of "
            "these inputs: mend its expectations where variances or angles are as here, or "
            "choose other sigma_w and sigma_b."
        )

    @property
    def evaluate(self) -> Evaluate:
        """What evaluates both kernels inside of a program; one object for all that share it."""
        layer = self._activation.layer
        if self.reference or layer is None:
            return neural_tangents(self._activation, self.spec.depth)
        return closed_form(layer, "ntk" in self.names)

    @property
    def close(self) -> CloseLayer | None:
        """The care that pairs of almost parallel inputs take, whatever evaluates the others."""
        return self._activation.close

    def cross(
        self, x1: Float[np.ndarray, "n1 d"], x2: Float[np.ndarray, "n2 d"]
    ) -> tuple[Matrix, ...]:
        """The kernels between two sets of examples, each (n1, n2).

        Raises:
            KernelOverflowError: if a kernel is not finite in float64.
        """
        out = tuple(np.empty((len(x1), len(x2))) for _ in self.names)

        def write(rows: slice, columns: slice, tiles: tuple[Matrix, ...]) -> None:
            for k, tile in zip(out, tiles, strict=True):
                k[rows, columns] = tile

        rows, columns = self.inputs(x1), self.inputs(x2)
        places = [(i, j) for i in rows.starts for j in columns.starts]
        in_threads(lambda i, j: write(*self._placed(rows, i, columns, j)), places)
        return out

    def symmetric(self, x: Float[np.ndarray, "n d"]) -> tuple[Matrix, ...]:
        """The kernels of a set of examples with itself, each (n, n).

        Raises:
            KernelOverflowError: if a kernel is not finite in float64.
        """
        out = tuple(np.empty((len(x), len(x))) for _ in self.names)

        def write(rows: slice, columns: slice, tiles: tuple[Matrix, ...]) -> None:
            for k, tile in zip(out, tiles, strict=True):
                k[rows, columns] = tile
                # In narrow strips: a transposed copy of a whole tile would miss the cache.
                for low in range(0, len(tile), 32):
                    strip = tile[low : low + 32]
                    k[columns, rows.start + low : rows.start + low + len(strip)] = strip.T

        inputs = self.inputs(x)
        places = [(i, j) for i in inputs.starts for j in inputs.starts if j <= i]
        in_threads(lambda i, j: write(*self._placed(inputs, i, inputs, j)), places)
        return out

    def diagonal(self, x: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "n"], ...]:
        """The kernels of each example with itself, (n,) each, in closed form.

        ReLU's angle between an input and itself loses half the digits (neural-tangents' NTK is off
        by 3e-8 there). With the variance map q -> q' of
        :func:`~ntk_uq.activations.criticality.next_variance` from ``q_1 = sigma_w^2 |x|^2 / d +
        sigma_b^2``, and from ``theta_1 = q_1``,

            theta -> q' + sigma_w^2 E[phi'^2] theta
        """
        return self.inputs(x).diagonal(self.names)

    def mean_diagonal(self, x: Float[np.ndarray, "n d"]) -> tuple[float, ...]:
        """``tr(K) / n`` of each kernel, without the matrix."""
        return tuple(float(np.mean(k)) for k in self.diagonal(x))

    def inputs(self, x: Float[np.ndarray, "n d"], size: int | None = None) -> Inputs:
        """Examples as :meth:`tile` takes them, in blocks of a size (default: a tile's).

        Raises:
            KernelOverflowError: if a kernel of theirs is not finite in float64.
        """
        return Inputs(self.spec, x, size or TILE)

    def tile(self, rows: Inputs, i: int, columns: Inputs, j: int) -> tuple[Matrix, ...]:
        """The kernels between a block of examples and another, each as large as they are.

        Where both are the same block of the same inputs they are exactly symmetric.

        Raises:
            KernelOverflowError: if an activation that was registered at run time gave no number.
        """
        tiles, close = self.on_device(rows, i, columns, j)
        if int(close):
            tiles = self.mend(rows, i, columns, j, tiles)
        height, width = rows.length(i), columns.length(j)
        found = tuple(np.asarray(k)[:height, :width] for k in tiles)
        if self.doubted and not all(np.isfinite(np.sum(k)) for k in found):
            raise self.no_number()
        return found

    def on_device(
        self, rows: Inputs, i: int, columns: Inputs, j: int
    ) -> tuple[tuple[jax.Array, ...], jax.Array]:
        """The same of full blocks, where JAX leaves them, not waited for; and how many pairs of
        almost parallel inputs are in need of :meth:`mend`, other than those on the diagonal."""
        spec, reflect = self.spec, rows is columns and i == j
        function = _tile(self.evaluate, None if self.reference else _STRIP)
        with jax.enable_x64(True):
            values = np.float64(spec.sigma_w), np.float64(spec.sigma_b), np.int64(spec.depth)
            nngp, ntk, close = function(rows.at(i), columns.at(j), *values)
            if reflect:
                pairs = zip((nngp, ntk), rows.diagonal_at(i), strict=True)
                nngp, ntk = (_reflected(k, d) for k, d in pairs)
                # What fills a block up is parallel to nothing, itself included.
                close = close - np.count_nonzero(rows.inverse_at(i))
        found = {"nngp": nngp, "ntk": ntk}
        return tuple(found[name] for name in self.names), close

    def _placed(
        self, rows: Inputs, i: int, columns: Inputs, j: int
    ) -> tuple[slice, slice, tuple[Matrix, ...]]:
        height, width = rows.length(i), columns.length(j)
        return slice(i, i + height), slice(j, j + width), self.tile(rows, i, columns, j)

    def of_close(
        self, rows: Inputs, r: Int[np.ndarray, "m"], columns: Inputs, c: Int[np.ndarray, "m"]
    ) -> tuple[Float[np.ndarray, "m"], ...]:
        """The kernels of m pairs of almost parallel inputs, (m,) each; NaN where nothing is known
        that is better than what their scalar product tells.

        Equal examples have what the diagonal has: an example that is in the training set twice
        makes the kernel singular; its rounding error would hide that, and act as a ridge that
        nobody asked for.
        """
        x1, x2 = rows.x[r], columns.x[c]
        found = close_kernels(self.spec, x1, x2)
        exact = dict(zip(("nngp", "ntk"), found, strict=True)) if found else {}
        equal = np.all(x1 == x2, axis=1)
        own = zip(self.names, rows.diagonal(self.names), strict=True)
        return tuple(np.where(equal, d[r], exact.get(name, np.nan)) for name, d in own)

    def mend(
        self, rows: Inputs, i: int, columns: Inputs, j: int, tiles: tuple[jax.Array, ...]
    ) -> tuple[jax.Array, ...]:
        """A tile with the pairs of it that need more care than their scalar product tells."""
        x1, x2 = rows.x[i : i + rows.size], columns.x[j : j + columns.size]
        k = self.spec.sigma_w**2 * (x1 @ x2.T) / x1.shape[1] + self.spec.sigma_b**2
        k *= rows.inverse_at(i)[:, None]
        k *= columns.inverse_at(j)
        reflect = rows is columns and i == j
        where = np.nonzero(np.abs(np.tril(k, -1) if reflect else k) > 1 - CLOSE)
        del k
        mended = tuple(np.array(tile) for tile in tiles)
        # So many pairs at a time that their inputs take no more room than the tile's do.
        for low in range(0, len(where[0]), rows.size):
            r, c = (index[low : low + rows.size] for index in where)
            exact = self.of_close(rows, i + r, columns, j + c)
            for tile, values in zip(mended, exact, strict=True):
                tile[r, c] = np.where(np.isnan(values), tile[r, c], values)
                if reflect:
                    tile[c, r] = tile[r, c]
        with jax.enable_x64(True):
            return tuple(jnp.asarray(tile) for tile in mended)


def in_threads(work: Callable[..., None], places: Iterable[tuple[int, int]]) -> None:
    """``work(i, j)`` for every place, on as many cores as this process may take."""
    with ThreadPoolExecutor(settings.cores(), thread_name_prefix="kernels") as pool:
        running = [pool.submit(work, *place) for place in places]
        try:
            for done in running:
                done.result()
                may_stop()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@functools.lru_cache(maxsize=80)
def _tile(evaluate: Evaluate, strip: int | None) -> Callable[..., tuple[jax.Array, ...]]:
    """The program for a tile.

    Args:
        strip: so many rows go through all layers together, few enough to stay in a core's cache;
            None for all of them.
    """

    def tile(
        block1: Block, block2: Block, sigma_w: jax.Array, sigma_b: jax.Array, depth: jax.Array
    ) -> tuple[jax.Array, ...]:
        n = len(block1[0])
        height = n if strip is None else math.gcd(n, strip)
        products = jnp.matmul(block1[0], block2[0].T, precision="highest")

        def part(i: jax.Array) -> tuple[jax.Array, ...]:
            rows = rows_of(block1, i * height, height)
            k = jax.lax.dynamic_slice_in_dim(products, i * height, height) + sigma_b**2
            close = jnp.sum(is_close(k, rows, block2))
            return *evaluate(rows, block2, k, sigma_w, sigma_b, depth), close

        nngp, ntk, close = jax.lax.map(part, jnp.arange(n // height))
        return nngp.reshape(products.shape), ntk.reshape(products.shape), jnp.sum(close)

    return jax.jit(tile)


@jax.jit
def _reflected(k: jax.Array, diagonal: jax.Array) -> jax.Array:
    """A tile on the diagonal made exactly symmetric, with that diagonal."""
    index = jnp.arange(len(k))
    lower = index[:, None] > index[None, :]
    return jnp.where(lower, k, jnp.where(index[:, None] == index[None, :], diagonal[:, None], k.T))


def keep_compiled(directory: str) -> None:
    """Keeps compiled kernels in a directory, for entry points: the next start is faster.

    Also loads neural-tangents, so that the first kernel does not wait for it.
    """
    jax.config.update("jax_compilation_cache_dir", f"{directory}/compiled")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    build(ArchitectureSpec())
    device()
