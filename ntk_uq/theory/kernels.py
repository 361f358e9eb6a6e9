"""NNGP and NTK matrices of prepared inputs, in float64, tile by tile on JAX's default device."""

import functools
import hashlib
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from ntk_uq.architecture import build
from ntk_uq.errors import KernelOverflowError
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.cost import TILE

Matrix = Float[np.ndarray, "n1 n2"]


class Kernels:
    """The kernels of one architecture as NumPy matrices.

    Args:
        spec: the architecture.
        names: which kernels: a tuple out of ``nngp`` and ``ntk``; every method returns them in
            that order.
    """

    def __init__(self, spec: ArchitectureSpec, names: tuple[str, ...] = ("nngp", "ntk")) -> None:
        self.spec = spec
        self.names = names

    def cross(
        self, x1: Float[np.ndarray, "n1 d"], x2: Float[np.ndarray, "n2 d"]
    ) -> tuple[Matrix, ...]:
        """The kernels between two sets of examples, each (n1, n2)."""
        out = tuple(np.empty((len(x1), len(x2))) for _ in self.names)
        self._fill(out, x1, x2)
        self._mend_equal(out, x1, x2)
        return out

    def symmetric(self, x: Float[np.ndarray, "n d"]) -> tuple[Matrix, ...]:
        """The kernels of a set of examples with itself, each (n, n)."""
        out = tuple(np.empty((len(x), len(x))) for _ in self.names)
        self.extend(out, x, 0)
        return out

    def extend(self, out: tuple[Matrix, ...], x: Float[np.ndarray, "n d"], start: int) -> None:
        """Grows kernels in place from the first ``start`` examples to all ``n``.

        Writes rows and columns ``start`` to ``n`` of each (n, n) matrix in ``out``; what stands
        above and left of them is kept.

        Raises:
            KernelOverflowError: if a kernel is not finite in float64.
        """
        n = len(x)
        for low in range(start, n, TILE):
            high = min(low + TILE, n)
            self._fill(tuple(k[low:high, :high] for k in out), x[low:high], x[:high])
            for k in out:
                k[:low, low:high] = k[low:high, :low].T
            # Panel by panel: one check of everything would take an array as large as a kernel's
            # eighth.
            for k in out:
                _check_finite(k[low:high, :high], self.spec)
        self._mend_equal(tuple(k[start:n, :n] for k in out), x[start:], x)
        for k in out:
            k[:start, start:n] = k[start:n, :start].T

    def diagonal(self, x: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "n"], ...] | None:
        """The kernels of each example with itself where a closed form is needed, otherwise None.

        ReLU's arccos loses half the digits at cos = 1 (neural-tangents' NTK is off by 3e-8
        there). With ``q_1 = sigma_w^2 |x|^2 / d + sigma_b^2``, each hidden layer maps

            q -> sigma_w^2 q / 2 + sigma_b^2,    theta -> q_new + sigma_w^2 theta / 2

        from ``theta_1 = q_1``; Cho and Saul, NeurIPS 2009, at angle zero.
        """
        if self.spec.activation != "relu":
            return None
        w2, b2 = self.spec.sigma_w**2, self.spec.sigma_b**2
        with np.errstate(over="ignore"):  # the kernel itself is checked, in words
            q = w2 * np.mean(x * x, axis=1) + b2
            theta = q
            for _ in range(self.spec.depth):
                q = w2 * q / 2 + b2
                theta = q + w2 * theta / 2
        exact = {"nngp": q, "ntk": theta}
        return tuple(exact[name] for name in self.names)

    def mean_diagonal(self, x: Float[np.ndarray, "n d"]) -> tuple[float, ...]:
        """``tr(K) / n`` of each kernel, without the matrix."""
        sums = np.zeros(len(self.names))
        for low in range(0, len(x), TILE):
            part = self.symmetric(x[low : low + TILE])
            sums += [np.trace(k) for k in part]
        return tuple(sums / len(x))

    def _mend_equal(self, out: tuple[Matrix, ...], x1: np.ndarray, x2: np.ndarray) -> None:
        """Sets pairs of equal examples, the diagonal among them, to the closed form.

        An example that is in the training set twice makes the kernel singular; its rounding
        error would hide that, and act as a ridge that nobody asked for.
        """
        diagonal = self.diagonal(x1)
        if diagonal is None:
            return
        rows, columns = _equal_pairs(x1, x2)
        for k, exact in zip(out, diagonal, strict=True):
            k[rows, columns] = exact[rows]

    def _fill(self, out: tuple[Matrix, ...], x1: np.ndarray, x2: np.ndarray) -> None:
        function = _tile_function(_without_sigmas(self.spec), self.names)
        sigmas = (np.float64(self.spec.sigma_w), np.float64(self.spec.sigma_b))
        with jax.enable_x64(True):
            for i in range(0, len(x1), TILE):
                rows = _padded(x1[i : i + TILE])
                for j in range(0, len(x2), TILE):
                    tiles = function(rows, _padded(x2[j : j + TILE]), *sigmas)
                    for k, tile in zip(out, tiles, strict=True):
                        block = k[i : i + TILE, j : j + TILE]
                        block[:] = np.asarray(tile)[: block.shape[0], : block.shape[1]]


@functools.lru_cache(maxsize=64)
def _tile_function(
    spec: ArchitectureSpec, names: tuple[str, ...]
) -> Callable[..., tuple[jax.Array, ...]]:
    # Compiled once a depth and activation, which takes many times as long as a tile: the sigmas
    # are arguments, so that a map over them compiles nothing anew.
    def tile(
        x1: jax.Array, x2: jax.Array, sigma_w: jax.Array, sigma_b: jax.Array
    ) -> tuple[jax.Array, ...]:
        both = build(spec, sigmas=(sigma_w, sigma_b)).kernel(x1, x2, names)
        return tuple(getattr(both, name) for name in names)

    return jax.jit(tile)


def _without_sigmas(spec: ArchitectureSpec) -> ArchitectureSpec:
    """Depth and activation alone: the program that evaluates kernels depends on nothing else."""
    return ArchitectureSpec(depth=spec.depth, activation=spec.activation)


def _padded(x: np.ndarray) -> np.ndarray:
    """Rows filled up to a full tile with copies of the first, which no kernel minds."""
    missing = TILE - len(x)
    return x if missing == 0 else np.concatenate([x, np.broadcast_to(x[:1], (missing, x.shape[1]))])


def _equal_pairs(x1: np.ndarray, x2: np.ndarray) -> tuple[list[int], list[int]]:
    """Indices of all pairs of a row of ``x1`` and an equal row of ``x2``."""
    places: dict[bytes, list[int]] = {}
    for j, row in enumerate(x2):
        places.setdefault(hashlib.blake2b(row.tobytes(), digest_size=16).digest(), []).append(j)
    rows, columns = [], []
    for i, row in enumerate(x1):
        for j in places.get(hashlib.blake2b(row.tobytes(), digest_size=16).digest(), ()):
            rows.append(i)
            columns.append(j)
    return rows, columns


def _check_finite(k: Matrix, spec: ArchitectureSpec) -> None:
    if not np.isfinite(k).all():
        raise KernelOverflowError(
            f"The kernel of {spec.depth} hidden layers with sigma_w = {spec.sigma_w:g} and "
            f"sigma_b = {spec.sigma_b:g} is not finite in float64; choose smaller values."
        )


def device() -> str:
    """The device that evaluates kernels, in words."""
    first = jax.devices()[0]
    return f"{first.platform}: {first.device_kind}"


def keep_compiled(directory: str) -> None:
    """Keeps compiled kernels in a directory, for entry points: the next start is faster.

    Also loads neural-tangents, so that the first kernel does not wait for it.
    """
    jax.config.update("jax_compilation_cache_dir", f"{directory}/compiled")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    build(ArchitectureSpec())
    device()
