"""NNGP and NTK matrices of prepared inputs, in float64, tile by tile on JAX's default device."""

import functools
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from ntk_uq.architecture import build
from ntk_uq.errors import SpecError
from ntk_uq.specs import ArchitectureSpec

TILE = 512
"""Rows and columns evaluated at once. One size for all, so that JAX compiles once a network."""

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
        return out

    def symmetric(self, x: Float[np.ndarray, "n d"]) -> tuple[Matrix, ...]:
        """The kernels of a set of examples with itself, each (n, n)."""
        out = tuple(np.empty((len(x), len(x))) for _ in self.names)
        self.extend(out, x, 0)
        return out

    def extend(self, out: tuple[Matrix, ...], x: Float[np.ndarray, "n d"], start: int) -> None:
        """Grows kernels in place from the first ``start`` examples to all ``n``.

        Writes rows and columns ``start`` to ``n`` of each (n, n) matrix in ``out``; what stands
        above and left of them is kept. Each pair is evaluated once and mirrored.
        """
        n = len(x)
        for low in range(start, n, TILE):
            high = min(low + TILE, n)
            self._fill(tuple(k[low:high, :high] for k in out), x[low:high], x[:high])
            for k in out:
                k[:low, low:high] = k[low:high, :low].T
        diagonals = self.diagonal(x[start:])
        for k, exact in zip(out, diagonals, strict=True):
            index = np.arange(start, n)
            if exact is not None:
                k[index, index] = exact
            # XLA may round a pair and its mirror image differently within the last tiles.
            _check_finite(k[start:n, :n], self.spec)

    def diagonal(self, x: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "n"] | None, ...]:
        """The diagonals where a closed form is needed, otherwise None.

        ReLU's arccos loses half the digits at cos = 1 (neural-tangents' NTK is off by 3e-8
        there). With ``q_1 = sigma_w^2 |x|^2 / d + sigma_b^2``, each hidden layer maps

            q -> sigma_w^2 q / 2 + sigma_b^2,    theta -> q_new + sigma_w^2 theta / 2

        from ``theta_1 = q_1``; Cho and Saul, NeurIPS 2009, at angle zero.
        """
        if self.spec.activation != "relu":
            return tuple(None for _ in self.names)
        w2, b2 = self.spec.sigma_w**2, self.spec.sigma_b**2
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
        small = TILE // 8  # only the diagonal is wanted, so tiles much smaller than usual
        for low in range(0, len(x), small):
            part = self.symmetric(x[low : low + small])
            sums += [np.trace(k) for k in part]
        return tuple(sums / len(x))

    def _fill(self, out: tuple[Matrix, ...], x1: np.ndarray, x2: np.ndarray) -> None:
        function = _tile_function(self.spec, self.names)
        with jax.enable_x64(True):
            for i in range(0, len(x1), TILE):
                rows = _padded(x1[i : i + TILE])
                for j in range(0, len(x2), TILE):
                    tiles = function(rows, _padded(x2[j : j + TILE]))
                    for k, tile in zip(out, tiles, strict=True):
                        block = k[i : i + TILE, j : j + TILE]
                        block[:] = np.asarray(tile)[: block.shape[0], : block.shape[1]]


@functools.lru_cache(maxsize=64)
def _tile_function(
    spec: ArchitectureSpec, names: tuple[str, ...]
) -> Callable[..., tuple[jax.Array, ...]]:
    kernel = build(spec).kernel

    def tile(x1: jax.Array, x2: jax.Array) -> tuple[jax.Array, ...]:
        both = kernel(x1, x2, names)
        return tuple(getattr(both, name) for name in names)

    return jax.jit(tile)


def _padded(x: np.ndarray) -> np.ndarray:
    """Rows filled up to a full tile with copies of the first, which no kernel minds."""
    missing = TILE - len(x)
    return x if missing == 0 else np.concatenate([x, np.broadcast_to(x[:1], (missing, x.shape[1]))])


def _check_finite(k: Matrix, spec: ArchitectureSpec) -> None:
    if not np.isfinite(k).all():
        raise SpecError(
            f"The kernel of {spec.depth} hidden layers with sigma_w = {spec.sigma_w:g} and "
            f"sigma_b = {spec.sigma_b:g} leaves the range of float64; choose smaller values."
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
