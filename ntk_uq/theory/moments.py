"""Mean and spread of the test loss over initializations, from the outputs' Gaussian."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import KernelOverflowError
from ntk_uq.results.losses import LossMoments, SamplingErrors

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
        products: ``sum_i v_i v_i'``, (3, 3), of what example i adds to all of these,
            ``v_i = (|r_i|^2 + C S_ii, C^2 cov_ii, C^2 sum_{j != i} cov_ij)``.
    """

    squares: Any
    variances: Any
    everything: Any
    diagonal: Any
    products: Any

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
        # The squares of each row of S, without a temporary of the size of S.
        rows = xp.einsum("ij,ij->i", covariance, covariance)
        tilted = xp.sum(residual * (covariance @ residual), axis=1)
        own = 2 * n_outputs * variances**2 + 4 * variances * squares
        everything = 2 * n_outputs * xp.sum(rows) + 4 * xp.maximum(xp.sum(tilted), 0.0)
        others = 2 * n_outputs * rows + 4 * tilted - own
        parts = xp.stack([squares + n_outputs * variances, own, others])
        return cls(xp.sum(squares), xp.sum(variances), everything, xp.sum(own), parts @ parts.T)

    def __add__(self, other: tuple[Any, ...]) -> "LossSums":
        """The sums over two test sets, as :meth:`moments` takes them."""
        return LossSums(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def moments(
        self, n_test: int, n_outputs: int, sets: Sequence[int] | None = None
    ) -> LossMoments:
        """The moments over ``n_test`` examples.

        Args:
            n_test: how many examples these are the sums of. n_outputs: C.
            sets: sizes of the test sets that the examples belong to, where these are several:
                pairs are of one set, and N_T is the mean size.

        Raises:
            KernelOverflowError: if the loss is zero for every network.
        """
        squares, variances, everything, diagonal = (float(value) for value in self[:4])
        each, pairs = _sets(n_test, sets)
        bias = squares / (n_test * n_outputs)
        variance = variances / n_test
        mu = bias + variance
        if mu == 0:
            raise KernelOverflowError(
                "The loss of every network is zero on this test set, so that it has no relative "
                "spread: are its examples among those that are trained on? Choose a larger one."
            )
        everything, diagonal = everything / n_outputs**2, diagonal / n_outputs**2
        between = everything - diagonal
        population = None
        square = everything / (n_test * each)
        if pairs and between >= 0:
            population = math.sqrt(between / pairs) / mu
            if sets is not None:  # of sets of one size, the same
                square = diagonal / (n_test * each) + (1 - 1 / each) * between / pairs
        sigma = math.sqrt(square)
        return LossMoments(
            mu=mu,
            mu_bias=bias,
            mu_variance=variance,
            sigma=sigma,
            epsilon=sigma / mu,
            epsilon_floor=math.sqrt(diagonal / (n_test * each)) / mu,
            epsilon_population=population,
        )

    def errors(
        self, n_test: int, n_outputs: int, sets: Sequence[int] | None = None
    ) -> SamplingErrors | None:
        """How far the moments would be others with another test set of the same size.

        Moments are functions of means over examples, and of pairs of them. With what example i
        adds to the loss, ``l_i = |r_i|^2 / C + S_ii``, to the floor, ``d_i = cov_ii``, and by its
        pairs, ``h_i = sum_{j != i} cov_ij / (N_T - 1)``, to first order in their departures from
        their means (the infinitesimal jackknife; Efron, The Jackknife, the Bootstrap and Other
        Resampling Plans, 1982, ch. 6; of pairs, Hoeffding, Ann. Math. Stat. 19 (1948) 293)

            d mu = dl_i,    d sigma^2 = (dd_i + 2 (N_T - 1) dh_i) / N_T,
            d epsilon / epsilon = d sigma^2 / (2 sigma^2) - d mu / mu

        and the standard error is the root of the mean of the squares over N_T - 1. For pairs that
        depend on both examples and little on each, it is too large rather than too small.

        Args:
            n_test, n_outputs, sets: as of :meth:`moments`. Of several sets the examples of all
                are as many to choose.

        Returns:
            None for sets of one example, which says nothing of others, for losses without
            spread, and where float64 does not hold the squares.
        """
        try:
            found = self._errors(n_test, n_outputs, sets)
        except (OverflowError, ZeroDivisionError):
            return None
        # Squares of sums may leave the range of numbers where the sums themselves do not.
        values = () if found is None else tuple(v for v in vars(found).values() if v is not None)
        return found if all(map(math.isfinite, values)) else None

    def _errors(
        self, n_test: int, n_outputs: int, sets: Sequence[int] | None
    ) -> SamplingErrors | None:
        moments, (each, pairs) = self.moments(n_test, n_outputs, sets), _sets(n_test, sets)
        if not pairs or not moments.sigma > 0:
            return None
        squares, variances, everything, diagonal = (float(value) for value in self[:4])
        means = np.array([squares + n_outputs * variances, diagonal, everything - diagonal])
        means /= n_test
        if any(mean and not mean * mean for mean in means.tolist()):
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            spread = np.asarray(self.products) / n_test - np.outer(means, means)
        of_mu = np.array([1 / n_outputs, 0.0, 0.0])
        of_square = np.array([0.0, 1.0, 2.0]) / (n_outputs**2 * each)
        of_pairs = np.array([0.0, 0.0, 2.0]) / (n_outputs**2 * (pairs / n_test))

        def error(of: Float[np.ndarray, "3"]) -> float:
            # Rounding may put what is the same for all examples below zero.
            return math.sqrt(max(float(of @ spread @ of), 0.0) / (n_test - 1))

        population = None
        if moments.epsilon_population:
            part = moments.epsilon_population
            of_part = of_pairs / (2 * part**2 * moments.mu**2) - of_mu / moments.mu
            population = part * error(of_part)
        of_epsilon = of_square / (2 * moments.sigma**2) - of_mu / moments.mu
        return SamplingErrors(
            mu=error(of_mu),
            sigma=error(of_square) / (2 * moments.sigma),
            epsilon=moments.epsilon * error(of_epsilon),
            epsilon_population=population,
        )


def _sets(n_test: int, sets: Sequence[int] | None) -> tuple[float, int]:
    """The mean size of test sets, and how many ordered pairs of examples they have."""
    sizes = (n_test,) if sets is None else sets
    return n_test / len(sizes), sum(size * (size - 1) for size in sizes)


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
