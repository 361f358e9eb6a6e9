"""Mean and spread of the test loss over initializations, from the outputs' Gaussian."""

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
    n_test, n_outputs = targets.shape
    residual = mean - targets
    # S is positive semidefinite, but where networks all agree rounding may put it below zero.
    variances = np.maximum(np.diagonal(covariance), 0.0)
    squares = np.sum(residual**2, axis=1)
    bias = float(np.sum(squares)) / (n_test * n_outputs)
    variance = float(np.sum(variances)) / n_test
    mu = bias + variance

    # vdot: |S|_F^2 without a temporary of the size of S.
    frobenius = float(np.vdot(covariance, covariance))
    tilted = max(float(np.vdot(residual, covariance @ residual)), 0.0)
    everything = (2 * n_outputs * frobenius + 4 * tilted) / n_outputs**2
    diagonal = float(np.sum(2 * n_outputs * variances**2 + 4 * variances * squares)) / n_outputs**2
    between = everything - diagonal
    population = None
    if n_test > 1 and between >= 0:
        population = float(np.sqrt(between / (n_test * (n_test - 1)))) / mu
    sigma = float(np.sqrt(everything)) / n_test
    return LossMoments(
        mu=mu,
        mu_bias=bias,
        mu_variance=variance,
        sigma=sigma,
        epsilon=sigma / mu,
        epsilon_floor=float(np.sqrt(diagonal)) / (n_test * mu),
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
