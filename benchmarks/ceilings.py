"""What the machine can do at all: products, copies, factorizations, eigenvectors."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from benchmarks.timing import Compute

PRODUCT = 2000
"""Rows of a product that is large enough to run at full speed, and short."""


@dataclass(frozen=True)
class Ceiling:
    """Something simple that runs as fast as the hardware lets it.

    Attributes:
        name: for tables. compute: does it once.
        amount: operations or bytes of that. unit: ``GF/s`` or ``GB/s``; empty where only the
            seconds mean something.
    """

    name: str
    compute: Compute
    amount: float
    unit: str


def numpy_product(dtype: str, n: int = PRODUCT) -> Ceiling:
    """``A A`` by the BLAS that NumPy brings."""
    a = _matrix(n).astype(dtype)
    return Ceiling(f"product {dtype} n = {n}, NumPy", lambda: a @ a, 2 * n**3, "GF/s")


def xla_product(dtype: str, n: int = PRODUCT) -> Ceiling:
    """``A A`` by XLA, on JAX's default device."""
    with jax.enable_x64(True):
        a = jnp.asarray(_matrix(n), dtype)
        # An accelerator would else multiply float32 in fewer digits than it stores.
        dot = jax.jit(lambda m: jnp.matmul(m, m, precision="highest")).lower(a).compile()
    return Ceiling(f"product {dtype} n = {n}, XLA", lambda: dot(a), 2 * n**3, "GF/s")


def double_product(n: int = PRODUCT) -> Ceiling:
    """The float64 product that the theory's operations are compared with, on its device."""
    on_host = jax.default_backend() == "cpu"
    return numpy_product("float64", n) if on_host else xla_product("float64", n)


def numpy_copy(count: int) -> Ceiling:
    """One array into another, on the host; bytes read and written."""
    a, b = np.ones(count), np.empty(count)
    return Ceiling("copy float64, NumPy", lambda: np.copyto(b, a), 16 * count, "GB/s")


def xla_copy(count: int) -> Ceiling:
    """An array times a number into a new one, on JAX's default device."""
    with jax.enable_x64(True):
        a = jnp.ones(count, "float64")
        double = jax.jit(lambda v: 2 * v).lower(a).compile()
    return Ceiling("copy float64, XLA", lambda: double(a), 16 * count, "GB/s")


def lapack_cholesky(n: int) -> Ceiling:
    """``dpotrf`` of the LAPACK that SciPy brings."""
    a = np.asfortranarray(_positive(n))

    def factor() -> np.ndarray:
        return scipy.linalg.lapack.dpotrf(a, lower=1, clean=0)[0]

    return Ceiling(f"Cholesky n = {n}, LAPACK", factor, n**3 / 3, "GF/s")


def xla_cholesky(n: int) -> Ceiling:
    """JAX's, on its default device."""
    with jax.enable_x64(True):
        a = jnp.asarray(_positive(n))
        factor = jax.jit(lambda m: jax.lax.linalg.cholesky(m, symmetrize_input=False))
        factor = factor.lower(a).compile()
    return Ceiling(f"Cholesky n = {n}, XLA", lambda: factor(a), n**3 / 3, "GF/s")


def lapack_eigenvectors(n: int) -> Ceiling:
    """``dsyevd``: all eigenvalues and eigenvectors."""
    a = np.asfortranarray(_positive(n))

    def decompose() -> object:
        return scipy.linalg.eigh(a, driver="evd", check_finite=False)

    return Ceiling(f"eigenvectors n = {n}, LAPACK", decompose, 0, "")


def xla_eigenvectors(n: int) -> Ceiling:
    """JAX's, on its default device."""
    with jax.enable_x64(True):
        a = jnp.asarray(_positive(n))
        decompose = jax.jit(lambda m: jax.lax.linalg.eigh(m, symmetrize_input=False))
        decompose = decompose.lower(a).compile()
    return Ceiling(f"eigenvectors n = {n}, XLA", lambda: decompose(a), 0, "")


def _matrix(n: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, n))


def _positive(n: int) -> np.ndarray:
    a = _matrix(n)
    return a @ a.T / n + np.eye(n)
