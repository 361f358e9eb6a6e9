"""Moments of the loss over initializations as plain records, for processes without JAX."""

from dataclasses import dataclass

from ntk_uq.base.records import Record


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
