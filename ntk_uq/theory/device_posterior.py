"""The outputs' Gaussian on an accelerator: kernels, factor and covariances stay in its memory."""

from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.theory import device_tiles as tiles
from ntk_uq.theory.device_blocks import Blocks, Rows
from ntk_uq.theory.gaussian import Gaussian
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.route import stages

_REFINEMENTS = 12
_RESIDUAL = 1e-11
_LANCZOS = (12, 24)
"""Steps for the largest and for the smallest eigenvalue; so many that none has to be waited for."""


class DevicePosterior:
    """``N(m, S)`` of trained networks or of Bayesian ones, for growing training subsets.

    The same algebra as :mod:`ntk_uq.theory.posterior`, on square tiles (docs/architecture.md).
    Nothing is fetched before a point is ready but the number of pairs of almost equal inputs.

    - *elimination*: both kernels are kept, and every step is done to both.
    - *solution* (``kept=False``): T's factor alone is kept, and each product with K or T evaluates
      its tiles again. In ``mixed`` precision the factor is in float32, which takes half the
      memory; the solution ``T W = T_dt`` is then refined with residuals of the float64 kernel.
    - at finite time: eigenvectors of the whole T at each size.

    Args:
        kernels: of the network: the NNGP alone for Bayesian networks, otherwise both.
        split: training and test set.
        ridge: added to the diagonal of T, or of K for Bayesian networks.
        training: how the networks were trained.
        kept: whether both kernels fit the device's memory.
        mixed: whether the factor is in float32. Implies that kernels are not kept.
        tile: size of the tiles; by default what costs least.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        ridge: float,
        training: TrainingSpec,
        kept: bool = True,
        mixed: bool = False,
        tile: int | None = None,
    ) -> None:
        self.kernels, self.split, self.ridge, self.training = kernels, split, ridge, training
        self.bayes = training.posterior == "bayes"
        self.mixed, self.kept, self.tile = mixed, kept and not mixed, tile
        with jax.enable_x64(True):
            nngp = Kernels(kernels.spec, ("nngp",), kernels.reference)
            (self.prior,) = nngp.symmetric(split.x_test)
        self.prior_variance = float(np.mean(np.diagonal(self.prior)))

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        """The Gaussian for each size of the training subset, rising, each when it is ready.

        Raises:
            SingularKernelError: at the first size whose kernel is not positive definite, or, in
                mixed precision, too ill-conditioned for float32.
        """
        for part in stages(sizes):
            steps = self._stage(part)
            while True:
                # Entered for each point anew: between them the caller runs.
                with jax.enable_x64(True):
                    found = next(steps, None)
                if found is None:
                    break
                yield found

    def _stage(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        blocks = Blocks(self.kernels, self.split, sizes, self.tile)
        if not self.training.converged:
            return self._by_modes(blocks)
        return self._by_elimination(blocks) if self.kept else self._by_solution(blocks)

    def _by_elimination(self, blocks: Blocks) -> Iterator[Gaussian]:
        """Both kernels lose a block of training examples at each step."""
        name = "nngp" if self.bayes else "ntk"
        t = blocks.kernel(name, self.ridge)
        rest = range(blocks.n_train, blocks.n_all)  # of the test set
        k = {} if self.bayes else blocks.kernel("nngp")
        for i, j, tile in blocks.of_test(self.prior):
            k[i, j] = tile
        targets = blocks.targets()
        mean = [jnp.zeros((blocks.tile, self.split.y_train.shape[1])) for _ in rest]
        for j in range(blocks.n_train):
            lower = t[j, j] = tiles.factor(t[j, j])
            later = range(j + 1, blocks.n_all)
            for i in later:
                t[i, j] = tiles.divide(lower, t[i, j])
            solved = tiles.divide(lower, targets.pop(j))
            for c in range(j + 1, blocks.n_train):
                targets[c] = tiles.subtract(targets[c], solved, t[c, j])
                for i in range(c, blocks.n_all):
                    t[i, c] = tiles.subtract(t[i, c], t[i, j], t[c, j])
            for place, i in enumerate(rest):
                mean[place] = tiles.add(mean[place], t[i, j], solved.T)
            if self.bayes:
                for c in rest:
                    for i in range(c, blocks.n_all):
                        k[i, c] = tiles.subtract(k[i, c], t[i, j], t[c, j])
            else:
                middle = tiles.both_sides(k.pop((j, j)), lower)
                sides = {i: tiles.panel(k.pop((i, j)), lower, t[i, j], middle) for i in later}
                for c in later:
                    for i in range(c, blocks.n_all):
                        k[i, c] = tiles.subtract_both(k[i, c], sides[i], t[c, j], t[i, j], sides[c])
                del middle, sides
            for i in rest:
                del t[i, j]
            size = blocks.completes(j)
            if size:
                number = self._condition(blocks, t, j + 1)
                test = len(self.split.x_test)
                covariance = np.empty((blocks.tile * len(rest),) * 2)
                for row, column in [(i, c) for c in rest for i in range(c, blocks.n_all)]:
                    r0, c0 = (blocks.tile * (x - blocks.n_train) for x in (row, column))
                    value = np.asarray(k[row, column])
                    covariance[r0 : r0 + blocks.tile, c0 : c0 + blocks.tile] = value
                    covariance[c0 : c0 + blocks.tile, r0 : r0 + blocks.tile] = value.T
                covariance = covariance[:test, :test]
                covariance = (covariance + covariance.T) / 2
                yield self._checked(np.concatenate(mean)[:test], covariance, number, size)

    def _by_solution(self, blocks: Blocks) -> Iterator[Gaussian]:
        """The factor of T is kept; each product evaluates kernels again."""
        name = "nngp" if self.bayes else "ntk"
        t = blocks.kernel(name, self.ridge, test=False, dtype=self._dtype)
        for j in range(blocks.n_train):
            lower = t[j, j] = tiles.factor(t[j, j])
            for i in range(j + 1, blocks.n_train):
                t[i, j] = tiles.divide(lower, t[i, j])
            for c in range(j + 1, blocks.n_train):
                for i in range(c, blocks.n_train):
                    t[i, c] = tiles.subtract(t[i, c], t[i, j], t[c, j])
            size = blocks.completes(j)
            if size:
                yield self._solved(blocks, t, j + 1, size)

    def _solved(
        self, blocks: Blocks, t: dict[tuple[int, int], tiles.Tile], count: int, size: int
    ) -> Gaussian:
        name, test = ("nngp" if self.bayes else "ntk"), len(self.split.x_test)
        right = blocks.cross(name, count)
        w = [jnp.zeros_like(b) for b in right]
        residual, error, before = list(right), np.inf, np.inf
        scale = max(float(jnp.max(jnp.abs(b))) for b in right)
        for _ in range(_REFINEMENTS if self.mixed else 1):
            # Copies: what a step changes is given to it.
            step = self._solve(t, [jnp.array(b, self._dtype, copy=True) for b in residual])
            w = [a + b.astype(a.dtype) for a, b in zip(w, step, strict=True)]
            product = blocks.multiply(name, w, self.ridge)
            residual = [b - p for b, p in zip(right, product, strict=True)]
            before, error = error, max(float(jnp.max(jnp.abs(r))) for r in residual) / scale
            if not error < 0.5 * before or error < _RESIDUAL:
                break
        if self.mixed and not error < 1e-6:
            raise SingularKernelError(
                f"The kernel matrix of {size} examples is too ill-conditioned for mixed precision: "
                f"the residual of its solution stays at {error:.0e}."
            )
        mean = blocks.mean(w)
        if self.bayes:
            half = _inner(w, right)
            covariance = self.prior - np.asarray((half + half.T) / 2)[:test, :test]
        else:
            covariance = self._covariance(blocks, w)
        number = self._condition(blocks, t, count)
        return self._checked(np.asarray(mean)[:test], covariance, number, size, error)

    def _by_modes(self, blocks: Blocks) -> Iterator[Gaussian]:
        """The eigenvectors of T at each size."""
        for j in range(blocks.n_train):
            size = blocks.completes(j)
            if not size:
                continue
            w, number = blocks.smoothed(j + 1, self.ridge, self.training)
            test = len(self.split.x_test)
            mean = np.asarray(blocks.mean(w))[:test]
            yield self._checked(mean, self._covariance(blocks, w), number, size)

    def _covariance(self, blocks: Blocks, w: list[Rows]) -> np.ndarray:
        """``S = K_tt + G + G'``, ``G = W' (K W / 2 - K_dt)``."""
        nngp_dt = blocks.cross("nngp", len(w))
        product = blocks.multiply("nngp", w)
        half = _inner(w, [0.5 * a - b for a, b in zip(product, nngp_dt, strict=True)])
        test = len(self.split.x_test)
        return np.asarray(self.prior + np.asarray(half + half.T)[:test, :test])

    @property
    def _dtype(self) -> type:
        return np.float32 if self.mixed else np.float64

    def _solve(self, t: dict[tuple[int, int], tiles.Tile], b: list[Rows]) -> list[Rows]:
        """``T^-1 b`` by the factor."""
        out = list(b)
        for j in range(len(out)):
            out[j] = tiles.forward(t[j, j], out[j])
            for i in range(j + 1, len(out)):
                out[i] = tiles.add(out[i], -t[i, j], out[j])
        for j in reversed(range(len(out))):
            for i in range(j + 1, len(out)):
                out[j] = tiles.add(out[j], -t[i, j].T, out[i])
            out[j] = tiles.backward(t[j, j], out[j])
        return out

    def _condition(self, blocks: Blocks, t: dict[tuple[int, int], tiles.Tile], count: int) -> float:
        """``lambda_max / lambda_min`` of the first blocks' T, from a fixed number of Lanczos steps.

        Rows that stand for no example are left alone by both products.
        """
        valid = blocks.mask[: count * blocks.tile, None]
        start = valid * jnp.cos(jnp.arange(len(valid), dtype=np.float64) ** 2)[:, None]

        def parts(v: jax.Array) -> list[jax.Array]:
            return list(jnp.split(v.astype(self._dtype), count))

        def multiply(v: jax.Array) -> jax.Array:
            b = parts(v)
            above = [
                sum((t[i, j].T @ b[i] for i in range(j + 1, count)), jnp.tril(t[j, j]).T @ b[j])
                for j in range(count)
            ]
            out = [
                sum((t[i, j] @ above[j] for j in range(i)), jnp.tril(t[i, i]) @ above[i])
                for i in range(count)
            ]
            return valid * jnp.concatenate(out)

        def solve(v: jax.Array) -> jax.Array:
            return valid * jnp.concatenate(self._solve(t, parts(v)))

        n = int(np.sum(np.asarray(valid)))
        largest = (
            _largest(function, start, min(steps, n))
            for function, steps in zip((multiply, solve), _LANCZOS, strict=True)
        )
        return float(np.prod(list(largest)))

    def _checked(
        self,
        mean: np.ndarray,
        covariance: np.ndarray,
        number: float,
        size: int,
        residual: float | None = None,
    ) -> Gaussian:
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise SingularKernelError(
                f"The kernel matrix of {size} examples is not positive definite in "
                f"{'float32' if self.mixed else 'float64'}."
            )
        return Gaussian(mean, covariance, number, residual if self.mixed else None)


def _inner(a: list[Rows], b: list[Rows]) -> jax.Array:
    """``A' B`` of matrices in blocks of rows."""
    total = a[0].T @ b[0]
    for left, right in zip(a[1:], b[1:], strict=True):
        total = tiles.add(total, left.T, right)
    return total


def _largest(multiply: object, start: jax.Array, steps: int) -> float:
    """The largest eigenvalue of a symmetric operator, by so many Lanczos steps."""
    v = start / jnp.linalg.norm(start)
    basis, diagonal, beside = [v], [], []
    for _ in range(steps):
        w = multiply(basis[-1]).astype(np.float64)  # type: ignore[operator]
        diagonal.append(jnp.vdot(basis[-1], w))
        for _ in range(2):
            for u in basis:
                w = w - jnp.vdot(u, w) * u
        beside.append(jnp.linalg.norm(w))
        basis.append(w / jnp.maximum(beside[-1], 1e-300))
    a, b = np.asarray(jnp.stack(diagonal)), np.asarray(jnp.stack(beside))[:-1]
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    return float(np.linalg.eigvalsh(np.diag(a) + np.diag(b, 1) + np.diag(b, -1))[-1])
