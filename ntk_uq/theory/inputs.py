"""Examples as the kernels take them: in blocks on the device."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ntk_uq.activations import get
from ntk_uq.activations.criticality import mean_square_slope, next_variance
from ntk_uq.base.errors import KernelOverflowError
from ntk_uq.specs import DEPTH, ArchitectureSpec

Block = tuple[jax.Array, jax.Array, jax.Array]
"""Inputs, scales for each layer, and inverse roots of the first layer's variances."""

LAYERS = DEPTH.high + 1
"""Of which there are scales, whatever the depth: so one program serves all depths."""


class Inputs:
    """Examples in blocks, on the device, with what a kernel needs of each alone.

    Args:
        spec: the network.
        x: the examples, n of d values.
        size: of a block.
        squares: ``|x|^2``, (n,), where they are known already.

    Attributes:
        starts: first example of each block.
        factor: ``sigma_w / sqrt(d)``, which multiplies the examples.
        inverse: ``q_1^(-1/2)``, (n,), of the first layer's variances; 0 for those that are 0.

    Raises:
        KernelOverflowError: if a kernel of theirs is not finite in float64.
    """

    def __init__(
        self,
        spec: ArchitectureSpec,
        x: Float[np.ndarray, "n d"],
        size: int,
        squares: Float[np.ndarray, "n"] | None = None,
    ) -> None:
        self.x, self.n, self.size = x, len(x), size
        self.starts = range(0, self.n, size)
        self.factor = spec.sigma_w / x.shape[1] ** 0.5
        self._blocks: dict[int, Block] = {}
        w2, b2, activation = spec.sigma_w**2, spec.sigma_b**2, get(spec.activation)
        received = []  # the variance that each layer receives, the last one included
        with np.errstate(over="ignore", invalid="ignore"):
            squares = squares_of(x) if squares is None else squares
            q = theta = w2 * squares / x.shape[1] + b2
            self.inverse = np.divide(1, np.sqrt(q), out=np.zeros_like(q), where=q > 0)
            for _ in range(spec.depth):
                received.append(q)
                slope = mean_square_slope(activation, q)
                q = next_variance(activation, spec.sigma_w, spec.sigma_b, q)
                theta = q + w2 * slope * theta
            received.append(q)
        self._diagonal = {"nngp": q, "ntk": theta}
        # No entry is larger than the diagonal's.
        if not all(np.isfinite(v).all() for v in (*received, theta)):
            raise KernelOverflowError(
                f"The kernel of {spec.depth} hidden layers with sigma_w = {spec.sigma_w:g} and "
                f"sigma_b = {spec.sigma_b:g} is not finite in float64; choose smaller values."
            )
        q = np.stack(received)
        # Of no use where neural-tangents evaluates the kernels.
        layer = activation.layer
        self._scales = np.zeros((0, LAYERS, self.n))
        if layer is not None:
            scales = layer.scales(q)
            self._scales = np.zeros((len(scales), max(LAYERS, len(q)), self.n))
            self._scales[:, : len(q)] = scales

    def length(self, start: int) -> int:
        """How many examples a block holds."""
        return min(self.size, self.n - start)

    def inverse_at(self, start: int) -> Float[np.ndarray, "b"]:
        """:attr:`inverse` of the examples of a block."""
        return self.inverse[start : start + self.size]

    def diagonal(self, names: tuple[str, ...]) -> tuple[Float[np.ndarray, "n"], ...]:
        """Kernels of each example with itself, (n,) each."""
        return tuple(self._diagonal[name] for name in names)

    def diagonal_at(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """NNGP and NTK of each example of a block with itself, filled up with zeros."""
        block = slice(start, start + self.size)
        nngp, ntk = (self._filled(self._diagonal[name][block]) for name in ("nngp", "ntk"))
        return nngp, ntk

    def at(self, start: int) -> Block:
        """``sigma_w x / sqrt(d)``, scales and inverse roots of a block, filled up with zeros."""
        if start not in self._blocks:
            block = slice(start, start + self.size)
            u = jnp.asarray(self._filled(self.factor * self.x[block]))
            self._blocks[start] = (u, *self.scales_at(start))
        return self._blocks[start]

    def scales_at(self, start: int) -> tuple[jax.Array, jax.Array]:
        """Scales and inverse roots of a block, filled up with zeros."""
        scales, inverse = self.scales_here(start)
        return jnp.asarray(scales), jnp.asarray(inverse)

    def scales_here(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """The same, before they are moved to the device."""
        block = slice(start, start + self.size)
        return self._filled(self._scales[..., block].T).T, self._filled(self.inverse[block])

    def _filled(self, a: np.ndarray) -> np.ndarray:
        """Rows filled up with zeros to a full block: so one program serves all."""
        missing = self.size - len(a)
        return a if missing == 0 else np.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1))


def squares_of(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n"]:
    """``|x|^2`` of each example."""
    return np.einsum("ij,ij->i", x, x)
