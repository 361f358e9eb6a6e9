"""Training in the eigenvectors of the NTK on an accelerator: one decomposition, any filter."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.memory import LARGEST_EIGENVECTORS
from ntk_uq.datasets import Split
from ntk_uq.theory.card import factor
from ntk_uq.theory.card.kernels import CardExamples, CardKernels
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.modes import Modes, Rotated


class CardModes(Modes):
    """:class:`~ntk_uq.theory.modes.Modes` whose kernels stay where JAX computes, filled up to
    buckets; along what fills up there is nothing to learn, and no covariance."""

    def _rotate(
        self, kernels: Kernels, split: Split, tell: Callable[[str], None]
    ) -> tuple[Float[np.ndarray, "n"], Rotated]:
        self._size = min(bucket(self.n), LARGEST_EIGENVECTORS)
        with jax.enable_x64(True):
            tell("evaluating the kernels")
            on_card = CardKernels(kernels)
            train, test = (CardExamples(kernels, x) for x in (split.x_train, split.x_test))
            nngp, ntk = on_card.between(train, train, ("nngp", "ntk"))
            cross = on_card.between(train, test, ("nngp", "ntk"))
            (nngp_tt,) = on_card.between(test, test, ("nngp",))
            tell("eigenvalues and eigenvectors of the NTK")
            n = np.int64(self.n)
            values, vectors = factor.eigenvectors(ntk, self._size, n)
            del ntk
            eigenvalues = np.asarray(values)[: self.n]
            if not np.isfinite(eigenvalues).all():
                raise self._without_eigenvectors()
            tell("rotating the kernels to the eigenvectors")
            return eigenvalues, _rotated(vectors, nngp, *cross, nngp_tt, n, np.int64(self.n_test))

    def _call(self, function: Callable[..., Any], *arrays: np.ndarray) -> Any:
        with jax.enable_x64(True):
            filled = (
                jnp.asarray(np.pad(a, [(0, self._size - len(a))] + [(0, 0)] * (a.ndim - 1)))
                for a in arrays
            )
            return jax.tree.map(np.asarray, _program(function)(self._rotated, *filled))


def card_eigen_of(
    kernels: Kernels, x: Float[np.ndarray, "n d"], tell: Callable[[str], None]
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"], Float[np.ndarray, "n n"]]:
    """Eigenvalues of K and of T, rising, and T's eigenvectors, one a column."""
    n = len(x)
    size = min(bucket(n), LARGEST_EIGENVECTORS)
    with jax.enable_x64(True):
        tell("evaluating the kernels")
        of = CardExamples(kernels, x)
        both = CardKernels(kernels).between(of, of, ("nngp", "ntk"))
        tell("eigenvalues and eigenvectors of both kernels")
        (nngp, _), (ntk, vectors) = (factor.eigenvectors(k, size, np.int64(n)) for k in both)
        values = (np.asarray(v)[:n] for v in (nngp, ntk))
        return *values, np.asarray(vectors)[:n, :n]  # type: ignore[return-value]


@functools.lru_cache(maxsize=16)
def _program(function: Callable[..., Any]) -> Callable[..., Any]:
    return jax.jit(function)


@jax.jit
def _rotated(
    vectors: Float[Array, "b b"],
    nngp: Float[Array, "m m"],
    nngp_dt: Float[Array, "m t"],
    ntk_dt: Float[Array, "m t"],
    nngp_tt: Float[Array, "t t"],
    n: Array,
    n_test: Array,
) -> Rotated:
    size = len(vectors)
    inside, test = jnp.arange(size) < n, jnp.arange(len(nngp_tt)) < n_test
    # Only the eigenvectors of examples, on examples.
    vectors = jnp.where(inside[:, None] & inside[None, :], vectors, 0.0)
    nngp_dd = vectors.T @ (nngp[:size, :size] @ vectors)
    prior = jnp.where(test[:, None] & test[None, :], nngp_tt, 0.0)
    return Rotated(vectors, vectors.T @ ntk_dt[:size], vectors.T @ nngp_dt[:size], nngp_dd, prior)
