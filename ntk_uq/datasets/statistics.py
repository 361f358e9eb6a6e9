"""Statistics of a pool's inputs, and those of them that are kept because they take a while.

They are taken over the whole pool, never over the test set, and never over a training subset: the
inputs of an example are then the same at every N_D, which nested kernels need.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float, Real

from ntk_uq.base import settings
from ntk_uq.datasets.base import Rows
from ntk_uq.datasets.files import made_once, read_derived, write_derived

_ROWS = 4096  # rows turned to float64 at a time: the pool stays in its small type
_BLOCK_BYTES = 2**26  # float64 values at a time
_VERSION = 3  # of what is kept on disk: to be raised whenever it is computed otherwise


@dataclass(frozen=True)
class Moments:
    """Mean and variance of each input value over the pool.

    Attributes:
        centre: (d,) means.
        variance: (d,) mean squared deviations from them, exactly 0 where all are the same.
    """

    centre: Float[np.ndarray, "d"]
    variance: Float[np.ndarray, "d"]


@dataclass(frozen=True)
class Covariance:
    """The eigenvectors and eigenvalues of the covariance of the pool's inputs.

    Attributes:
        values: (d,) eigenvalues, not below zero.
        vectors: (d, d) eigenvectors, one a column.
    """

    values: Float[np.ndarray, "d"]
    vectors: Float[np.ndarray, "d d"]


class RunningMoments:
    """Moments of blocks of inputs that are seen once each, in any number.

    Sums of squares about the mean of what was seen before and of the new block add up with
    ``n m / (n + m) (difference of the means)^2`` (Chan, Golub, LeVeque 1983).

    Attributes:
        low, high: (d,) smallest and largest of each value so far.
    """

    def __init__(self, d: int) -> None:
        self._centre, self._squares, self._seen = np.zeros(d), np.zeros(d), 0
        self.low, self.high = np.full(d, np.inf), np.full(d, -np.inf)

    def add(self, block: Float[np.ndarray, "k d"]) -> None:
        """Takes in a block, which is written to."""
        np.minimum(self.low, block.min(axis=0), out=self.low)
        np.maximum(self.high, block.max(axis=0), out=self.high)
        mean = block.mean(axis=0)
        block -= mean
        shift, after = mean - self._centre, self._seen + len(block)
        self._squares += np.einsum("nd,nd->d", block, block)
        self._squares += self._seen * len(block) / after * shift**2
        self._centre += shift * (len(block) / after)
        self._seen = after

    def moments(self) -> Moments:
        """The moments of all blocks so far, of which there is at least one."""
        # The mean of equal numbers is rounded, and what is divided by a deviation must not be
        # divided by that of a rounding.
        constant = self.low == self.high
        return Moments(
            np.where(constant, self.low, self._centre),
            np.where(constant, 0.0, self._squares / self._seen),
        )


def moments(pool: Real[np.ndarray, "n d"] | Rows) -> Moments:
    """The moments of a pool in one pass, since reading a file is what takes time.

    Raises:
        DataError: if the pool cannot be read.
    """
    running = RunningMoments(pool.shape[1])
    # What is too large for float64 is told in words where the moments are used.
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks(pool):
            running.add(block)
        return running.moments()


def covariance(pool: Real[np.ndarray, "n d"] | Rows, centre: Float[np.ndarray, "d"]) -> Covariance:
    """The covariance of a pool about its mean, decomposed.

    Raises:
        DataError: if the pool cannot be read.
    """
    d = pool.shape[1]
    # Fortran order: LAPACK then decomposes it in place.
    matrix = np.zeros((d, d), order="F")
    for block in blocks(pool):
        block -= centre
        matrix = scipy.linalg.blas.dsyrk(
            1 / len(pool), block.T, beta=1.0, c=matrix, lower=1, overwrite_c=1
        )
    values, vectors = scipy.linalg.eigh(matrix, lower=True, overwrite_a=True, driver="evd")
    return Covariance(np.maximum(values, 0), np.ascontiguousarray(vectors))


def kept_moments(
    pool: Real[np.ndarray, "n d"] | Rows, name: str, fingerprint: str | None
) -> Moments:
    """As :func:`moments`, but taken only once of rows in a file: they are kept on disk."""
    if fingerprint is None or not isinstance(pool, Rows):
        return moments(pool)
    path = settings.cache_directory() / f"{name}-{_key('moments', fingerprint)}.statistics"

    def read() -> Moments | None:
        kept = read_derived(path)
        fits = kept is not None and kept["centre"].shape == pool.shape[1:]
        return Moments(kept["centre"], kept["variance"]) if kept is not None and fits else None

    def make() -> Moments:
        found = moments(pool)
        write_derived(path, centre=found.centre, variance=found.variance)
        return found

    return made_once(path, read, make)


def kept_covariance(
    pool: Real[np.ndarray, "n d"] | Rows,
    centre: Float[np.ndarray, "d"],
    name: str,
    fingerprint: str | None,
) -> Covariance:
    """As :func:`covariance`, kept on disk under the data's fingerprint: it takes d^3 operations."""
    if fingerprint is None:
        return covariance(pool, centre)
    path = settings.cache_directory() / f"{name}-{_key('covariance', fingerprint)}.statistics"

    def read() -> Covariance | None:
        kept = read_derived(path)
        fits = kept is not None and kept["values"].shape == centre.shape
        return Covariance(kept["values"], kept["vectors"]) if kept is not None and fits else None

    def make() -> Covariance:
        found = covariance(pool, centre)
        write_derived(path, values=found.values, vectors=found.vectors)
        return found

    return made_once(path, read, make)


def _key(what: str, fingerprint: str) -> str:
    return hashlib.sha256(f"{_VERSION} {what} {fingerprint}".encode()).hexdigest()[:32]


def blocks(pool: Real[np.ndarray, "n d"] | Rows) -> Iterator[Float[np.ndarray, "k d"]]:
    """Inputs in float64, block by block, each an array that may be written to.

    Raises:
        DataError: if they cannot be read.
    """
    n, d = pool.shape
    step = min(_ROWS, max(1, _BLOCK_BYTES // (8 * d)))
    for start in range(0, n, step):
        yield pool[start : start + step].astype(np.float64)
