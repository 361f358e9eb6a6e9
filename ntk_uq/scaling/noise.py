"""How well the points of a curve are known, and how they move together."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special

from ntk_uq.scaling.curve import Points

# Draws below which nothing is known of how a curve scatters.
_FEWEST_DRAWS = 2
# The relative scatter of draws changes slowly along a curve, close to a power of N_D. Each point's
# own estimate counts with draws - 1 degrees of freedom, that line with this many: with three draws
# the line rules, with thirty the points do. (Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3.)
_LINE_DOF = 8.0
# Share of each point's variance that is its own: rounding of subsets, and a guard against points
# that nearly determine one another.
_OWN_SHARE = 0.03
_LENGTHS = np.geomspace(0.1, 12.0, 33)
# What is expected of the correlation length in ln N_D before looking: subsets of n and m > n share
# n examples, and (n / m)^(1/l) with l from 0.5 to 2 was found on every data set tried.
_LENGTH, _LENGTH_SPREAD = 1.0, 0.7
_TINY = 1e-7


@dataclass(frozen=True)
class Noise:
    """The covariance of y = ln q, up to a scale.

    Attributes:
        error: standard errors of y; all one where nothing is known of them.
        whiten: lower triangular W with ``W V W' = 1`` for the covariance V.
        known: whether the scale is known at all.
        dof: degrees of freedom with which it is: infinite for given errors, 0 where it is not.
        length: correlation length in ln N_D; 0 for independent points.
        draws: how many draws the errors come from; 0 for given errors, or none.
    """

    error: Float[np.ndarray, "n"]
    whiten: Float[np.ndarray, "n n"]
    known: bool
    dof: float
    length: float
    draws: int

    def part(self, keep: slice) -> "Noise":
        """The noise of some of the points."""
        back = np.linalg.inv(self.whiten)
        covariance = (back @ back.T)[keep, keep]
        whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        return Noise(self.error[keep], whiten, self.known, self.dof, self.length, self.draws)


def noise_of(points: Points, draws: Float[np.ndarray, "d n"] | None) -> Noise:
    """What is known of the errors of some points.

    With draws (whole curves, of training subsets that are nested within each draw), the errors are
    their scatter, moderated along the curve, and points of a curve are correlated as
    ``exp(-|x_i - x_j| / length)``, with the length estimated from the draws. Otherwise the points
    are independent with the errors given, or with one unknown relative error.

    Args:
        points: the points, at least two.
        draws: ln q of each draw at these points, or None.
    """
    if draws is not None and len(draws) >= _FEWEST_DRAWS and np.ptp(draws, axis=0).any():
        return _of_draws(points, draws)
    if points.error is None:
        ones = np.ones(len(points.x))
        return Noise(ones, np.diag(ones), False, 0.0, 0.0, 0)
    return Noise(points.error, np.diag(1 / points.error), True, math.inf, 0.0, 0)


def _of_draws(points: Points, draws: Float[np.ndarray, "d n"]) -> Noise:
    count, own = len(draws), float(len(draws) - 1)
    variance = np.maximum(np.var(draws, axis=0, ddof=1), _TINY**2)
    # ln of a chi-squared variance over its dof is on average this far below ln of the truth.
    bias = float(special.digamma(own / 2) - math.log(own / 2))
    logarithm = np.log(variance) - bias
    center = points.x - points.x.mean()
    slope = float(center @ logarithm / (center @ center))
    line = logarithm.mean() + slope * center
    moderated = (own * variance + _LINE_DOF * np.exp(line)) / (own + _LINE_DOF)
    scatter = np.sqrt(moderated)
    standard = (draws - draws.mean(axis=0)) / scatter
    distance = np.abs(points.x[:, None] - points.x[None, :])
    length = _length(standard, distance)
    correlation = _correlation(distance, length)
    # A common scale is known as well as from this many independent points.
    effective = len(points.x) ** 2 / float(np.sum(correlation**2))
    error = scatter / math.sqrt(count)
    lower = np.linalg.cholesky(error[:, None] * correlation * error)
    return Noise(error, np.linalg.inv(lower), True, own * effective, length, count)


def _correlation(distance: Float[np.ndarray, "n n"], length: float) -> Float[np.ndarray, "n n"]:
    shared = (1 - _OWN_SHARE) * np.exp(-distance / length)
    return np.asarray(shared + _OWN_SHARE * np.eye(len(distance)))


def _length(standard: Float[np.ndarray, "d n"], distance: Float[np.ndarray, "n n"]) -> float:
    """The most probable correlation length; the common scale is profiled out."""
    own, n = len(standard) - 1, len(distance)
    best, found = -math.inf, _LENGTH
    for length in _LENGTHS:
        correlation = _correlation(distance, float(length))
        _, determinant = np.linalg.slogdet(correlation)
        chi2 = float(np.sum(standard * np.linalg.solve(correlation, standard.T).T))
        prior = (math.log(length / _LENGTH) / _LENGTH_SPREAD) ** 2
        probability = -own * (n * math.log(chi2) + determinant) - prior
        if probability > best:
            best, found = probability, float(length)
    return found
