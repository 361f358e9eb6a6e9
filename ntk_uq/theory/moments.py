"""Mean and spread of the test loss over initializations, from the outputs' Gaussian."""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ntk_uq.results.losses import LossMoments

_ROWS = 256
"""Rows of S squared at once."""


def loss_moments(
    mean: Float[np.ndarray, "t c"],
    covariance: Float[np.ndarray, "t t"],
    targets: Float[np.ndarray, "t c"],
) -> LossMoments:
    """Moments of the test loss when the outputs are Gaussian.

    With outputs ``f ~ N(m, S)``, independent and alike in the C outputs, and ``r = m - y``:

        mu      = (|r|^2 + C tr S) / (N_T C)
        sigma^2 = sum_ij cov_ij / N_T^2,    cov_ij = (2 C S_ij^2 + 4 S_ij r_i.r_j) / C^2

    cov_ij is the covariance of two examples' losses. Its diagonal falls as 1/N_T and is the floor
    that a finite test set puts under epsilon; the rest is a property of the network:

        epsilon_floor^2      = sum_i cov_ii / (N_T mu)^2
        epsilon_population^2 = sum_{i != j} cov_ij / (N_T (N_T - 1) mu^2)
        epsilon^2            = epsilon_floor^2 + (1 - 1/N_T) epsilon_population^2

    The last sum estimates a variance without bias and can come out below zero on a small test
    set; then, and for N_T = 1, epsilon_population is None. Derived in docs/theory.md; the ratio
    epsilon follows arXiv:2503.05938.

    Args:
        mean: m, (N_T, C). covariance: S, (N_T, N_T), symmetric. targets: y, (N_T, C).
    """
    return LossSums.of(mean, covariance, targets).moments(*targets.shape)


class LossSums(NamedTuple):
    """What the moments of a loss are made of: sums over the test set, wherever its arrays are.

    Attributes:
        squares: ``|r|^2``.
        variances: ``tr S``.
        everything: ``C^2 sum_ij cov_ij``.
        diagonal: ``C^2 sum_i cov_ii``.
    """

    squares: Any
    variances: Any
    everything: Any
    diagonal: Any

    @classmethod
    def of(cls, mean: Any, covariance: Any, targets: Any) -> "LossSums":
        """The sums for outputs ``N(m, S)``, arrays of NumPy or of JAX; examples of which m, S and
        the targets are zero add nothing."""
        xp = covariance.__array_namespace__()
        n_outputs = targets.shape[1]
        residual = mean - targets
        # S is positive semidefinite, but where networks all agree rounding may put it below zero.
        variances = xp.maximum(xp.diagonal(covariance), 0.0)
        squares = xp.sum(residual**2, axis=1)
        # vdot: |S|_F^2 without a temporary of the size of S.
        frobenius = xp.vdot(covariance, covariance)
        tilted = xp.maximum(xp.vdot(residual, covariance @ residual), 0.0)
        return cls(
            xp.sum(squares),
            xp.sum(variances),
            2 * n_outputs * frobenius + 4 * tilted,
            xp.sum(2 * n_outputs * variances**2 + 4 * variances * squares),
        )

    def moments(self, n_test: int, n_outputs: int) -> LossMoments:
        """The moments over ``n_test`` examples."""
        squares, variances, everything, diagonal = (float(value) for value in self)
        bias = squares / (n_test * n_outputs)
        variance = variances / n_test
        mu = bias + variance
        everything, diagonal = everything / n_outputs**2, diagonal / n_outputs**2
        between = everything - diagonal
        population = None
        if n_test > 1 and between >= 0:
            population = math.sqrt(between / (n_test * (n_test - 1))) / mu
        sigma = math.sqrt(everything) / n_test
        return LossMoments(
            mu=mu,
            mu_bias=bias,
            mu_variance=variance,
            sigma=sigma,
            epsilon=sigma / mu,
            epsilon_floor=math.sqrt(diagonal) / (n_test * mu),
            epsilon_population=population,
        )


def loss_skewness(
    mean: Float[np.ndarray, "t c"],
    covariance: Float[np.ndarray, "t t"],
    targets: Float[np.ndarray, "t c"],
    sigma: float,
) -> float | None:
    """Skewness ``kappa_3 / sigma^3`` of the test loss when the outputs are Gaussian.

    The loss is a quadratic form of Gaussians (a generalized chi-square variable), whose third
    cumulant is, with ``r = m - y``,

        kappa_3 = (8 C tr S^3 + 24 sum_c r_c' S^2 r_c) / (N_T C)^3

    Derived in docs/theory.md; cumulants of quadratic forms are in Mathai and Provost, Quadratic
    Forms in Random Variables (1992). It is never below zero.

    Args:
        mean: m, (N_T, C). covariance: S, (N_T, N_T), symmetric. targets: y, (N_T, C).
        sigma: standard deviation of the loss, from :func:`loss_moments`.

    Returns:
        The skewness, dimensionless; None for losses without spread, which have none.
    """
    if not sigma > 0:
        return None
    n_test, n_outputs = targets.shape
    # tr S^3 = sum_ij (S S)_ij S_ij, without S S in memory.
    cubes = 0.0
    for low in range(0, n_test, _ROWS):
        rows = covariance[low : low + _ROWS]
        cubes += float(np.vdot(rows @ covariance, rows))
    tilted = float(np.sum((covariance @ (mean - targets)) ** 2))
    # S is positive semidefinite, but where networks all agree rounding may put tr S^3 below zero.
    third = 8 * n_outputs * max(cubes, 0.0) + 24 * tilted
    return third / (n_test * n_outputs * sigma) ** 3
