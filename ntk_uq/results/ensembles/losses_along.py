"""Mean, spread and ratio of the test loss over members at every step of their training."""

import functools
from dataclasses import dataclass

import numpy as np

from ntk_uq.results.ensembles.records import Estimate, MemberResult
from ntk_uq.results.ensembles.statistics import bootstrap, mean, ratio, spread


@dataclass(frozen=True)
class LossesAlong:
    """What an ensemble says at each recorded step; networks that diverged are left out.

    Attributes:
        width: of the networks. members: how many of them there are.
        steps: k, 0 among them.
        mu, sigma, epsilon: at each step, with bootstrap intervals over members as in
            :class:`~ntk_uq.results.ensembles.records.EnsemblePoint`; None for sigma and
            epsilon of one network.
        train_mu: mean of the training loss.
    """

    width: int
    members: int
    steps: tuple[int, ...]
    mu: tuple[Estimate, ...]
    sigma: tuple[Estimate | None, ...]
    epsilon: tuple[Estimate | None, ...]
    train_mu: tuple[Estimate, ...]


@functools.lru_cache(maxsize=256)
def losses_along(members: tuple[MemberResult, ...]) -> LossesAlong | None:
    """The losses of one ensemble along its training; None where no network is sound.

    Args:
        members: of one width, N_D and draw, which all have the same recorded steps.
    """
    sound = [m for m in members if not m.diverged]
    if not sound:
        return None
    test = np.stack([m.test_loss for m in sound], axis=1)
    train = np.stack([m.train_loss for m in sound], axis=1)
    several = len(sound) > 1
    return LossesAlong(
        width=sound[0].width,
        members=len(sound),
        steps=tuple(sound[0].steps.tolist()),
        mu=tuple(bootstrap(losses, mean) for losses in test),
        sigma=tuple(bootstrap(losses, spread) if several else None for losses in test),
        epsilon=tuple(bootstrap(losses, ratio) if several else None for losses in test),
        train_mu=tuple(bootstrap(losses, mean) for losses in train),
    )
