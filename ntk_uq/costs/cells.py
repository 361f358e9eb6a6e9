"""Curves that can be computed side by side: which, how many, and what that takes."""

from collections.abc import Hashable

from ntk_uq.costs.memory import CARD_BASE, card_bytes
from ntk_uq.specs import CurveSpec, TrainingSpec

ROOMS = (8, 32)
"""Curves of a batch, which is filled up to one of these, so that there are two programs of each
kind and not one for each number: as many small kernels fill a card."""

MOST = ROOMS[-1]

CHUNK_SECONDS = 2.0
"""What the curves of a chunk take on a processor, about: a killed worker loses so much."""

_ENTRIES = 2**25
"""Pairs of examples in the kernels of a batch together: more of them make it no faster (counted,
and not measured)."""

_SHARE = 2
"""A batch takes no more than this part of a card's memory, since nothing but speed hangs on it."""


def in_common(spec: CurveSpec) -> Hashable:
    """What curves have in common that can be computed side by side; they may differ in depth,
    sigmas, jitter and time, which are values to a program."""
    training = spec.training
    return (
        spec.data,
        spec.n_train,
        spec.architecture.activation,
        training.posterior,
        training.converged,
    )


def cells_at_once(
    n_train: int, n_test: int, n_features: int, training: TrainingSpec, memory: int
) -> int:
    """How many curves up to ``n_train`` an accelerator of so many bytes computes at once: 1, or
    one of :data:`ROOMS`, since what fills up takes memory, too."""
    each = card_bytes(n_train, n_test, n_features, training) - CARD_BASE
    pairs = (n_train + n_test) ** 2
    fit = min(_ENTRIES // pairs, (memory // _SHARE - CARD_BASE) // each)
    return max((room for room in ROOMS if room <= fit), default=1)
