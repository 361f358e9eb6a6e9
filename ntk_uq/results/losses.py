"""The test loss, defined once, and its moments over initializations as plain records."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ntk_uq.base.records import Record


def test_loss(
    outputs: Float[np.ndarray, "*networks t c"], targets: Float[np.ndarray, "t c"]
) -> Float[np.ndarray, "*networks"]:
    """``L = sum_i |f(x_i) - y_i|^2 / (N_T C)``: the one definition of the test loss.

    A mean over examples and outputs, with no factor 1/2.
    """
    return np.asarray(np.mean((outputs - targets) ** 2, axis=(-2, -1)))


@dataclass(frozen=True)
class LossMoments(Record):
    """Moments of the test loss; all dimensionless if targets are.

    Attributes:
        mu: mean over initializations. mu_bias, mu_variance: its two parts.
        sigma: standard deviation over initializations.
        epsilon: sigma / mu.
        epsilon_floor: its part that is noise of a finite test set.
        epsilon_population: its part that is the network's; None where the test set is too small
            to tell it from zero.
    """

    mu: float
    mu_bias: float
    mu_variance: float
    sigma: float
    epsilon: float
    epsilon_floor: float
    epsilon_population: float | None


@dataclass(frozen=True)
class SamplingErrors(Record):
    """Standard errors of the moments of a loss from the choice of the test examples alone.

    Attributes:
        mu, sigma, epsilon, epsilon_population: of what :class:`LossMoments` has by that name; the
            last is None where that is, or zero.
    """

    mu: float
    sigma: float
    epsilon: float
    epsilon_population: float | None


@dataclass(frozen=True)
class TrainingMoments(LossMoments):
    """Moments of test and training loss at one moment of a training.

    Attributes:
        train_mu: mean of the same loss on the training set. train_mu_bias, train_mu_variance: its
            two parts. train_sigma: its standard deviation.
    """

    train_mu: float
    train_mu_bias: float
    train_mu_variance: float
    train_sigma: float
