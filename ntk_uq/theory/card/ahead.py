"""Programs that somebody is likely to ask for, compiled while nobody asks for anything.

Compiling takes a card ten seconds and more where it has to compute for milliseconds. What has been
compiled is kept on disk, so this is done once for a machine and a version of JAX.
"""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from ntk_uq.activations import FILES
from ntk_uq.base import streams
from ntk_uq.costs.buckets import SIZES
from ntk_uq.costs.memory import card_bytes
from ntk_uq.datasets import Dataset, Split
from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingSpec
from ntk_uq.theory.card.modes import CardModes
from ntk_uq.theory.card.posterior import CardPosterior
from ntk_uq.theory.kernels import Kernels

LARGEST = 8192
"""Examples up to which programs are compiled ahead."""

_SHARE = 8
"""No problem takes more than this part of the memory: somebody may ask for something meanwhile."""


def compile_ahead(dataset: Dataset, memory: int, idle: Callable[[], bool]) -> Iterator[str]:
    """Computes curves of made-up examples that are shaped as those of a data set, one program after
    the other, and forgets them.

    Args:
        dataset: whose shapes. memory: of the accelerator, in bytes.
        idle: waits until nothing else is asked for; False ends it before the next one.

    Yields:
        What was compiled, in words.
    """
    n_test = DataSpec().n_test
    for activation, training, size in itertools.product(
        FILES, (TrainingSpec(), TrainingSpec(time=1.0), TrainingSpec(posterior="bayes")), SIZES
    ):
        needed = card_bytes(size, n_test, dataset.n_features, training)
        if size > min(LARGEST, dataset.sizes()[0]) or needed > memory / _SHARE:
            continue
        if not idle():
            return
        split = _made_up(size, n_test, dataset)
        names = ("nngp",) if training.posterior == "bayes" else ("nngp", "ntk")
        kernels = Kernels(ArchitectureSpec(activation=activation), names)
        list(CardPosterior(kernels, split, 1e-3, training).moments_at([size]))
        if not training.converged:
            _in_eigenvectors(kernels, split)
        yield f"{activation}, {training.posterior}, {size} examples"


def _in_eigenvectors(kernels: Kernels, split: Split) -> None:
    """What training times and descents take beside a curve at finite time."""
    modes = CardModes(kernels, split)
    projected, inverse = modes.project(split.y_train), np.ones(modes.n)
    modes.mean(inverse, projected)
    modes.covariance(inverse)
    modes.variance(inverse)
    modes.train_moments(inverse, projected)


def _made_up(n: int, n_test: int, dataset: Dataset) -> Split:
    """Examples in all directions, so that no two of them are close."""
    words = streams.Words(0)
    x = words.uniforms((n + n_test, dataset.n_features)) - 0.5
    y = words.uniforms((n + n_test, dataset.n_outputs)) - 0.5
    return Split(x[:n], y[:n], x[n:], y[n:])
