"""Which examples make a kernel singular whatever the network, in words."""

import numpy as np
from jaxtyping import Float, Int

from ntk_uq import activations, datasets
from ntk_uq.base.counting import counted, plural
from ntk_uq.datasets import Dataset, Split
from ntk_uq.specs import CurveSpec
from ntk_uq.theory.soundness import advice

_DIGITS = 8
"""Inputs that agree to so many digits make rows of a kernel that agree to rounding."""


def culprit(spec: CurveSpec, split: Split, dataset: Dataset, draw: int) -> str:
    """The examples, and what to do about them; empty if there are none that can be named: one that
    is all zeros, where there are no biases; two that are equal, or nearly so; or multiples of one
    another, where the network has no scale of its own."""
    order = datasets.training_order(dataset, spec.data, len(split.x_train), draw)
    x, biases = split.x_train, spec.architecture.sigma_b
    zeros = np.flatnonzero(~x.any(axis=1))
    if len(zeros) and not biases:
        more = len(zeros) - 1
        others = f" ({counted(more, 'other')}, too)" if more else ""
        return (
            f"Example {_of(dataset, order[zeros[:1]])} is all zeros{others}, and there a network "
            "without biases is always zero: choose a sigma_b above 0, another preparation, or "
            "leave it out."
        )
    for pair, what in ((_alike(x), "equal"), (_alike(_rounded(x)), "equal to 8 digits")):
        if pair is not None:
            return (
                f"Examples {_of(dataset, order[pair])} are {what} as they are prepared. Leave one "
                f"of them out. {advice(spec.training)}"
            )
    homogeneous = activations.get(spec.architecture.activation).homogeneous
    pair = None if biases or not homogeneous else _alike(_rounded(_directions(x)))
    if pair is None:
        return ""
    return (
        f"Examples {_of(dataset, order[pair])} are multiples of one another, which a network "
        "without biases tells apart by a factor alone: choose a sigma_b above 0, or leave one of "
        "them out."
    )


def _alike(x: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " 2"] | None:
    """The first two rows that are the same to the last bit."""
    seen: dict[bytes, int] = {}
    for place, row in enumerate(x):
        first = seen.setdefault(row.tobytes(), place)
        if first != place:
            return np.array([first, place])
    return None


def _rounded(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """To so many digits of the largest value of all; without -0."""
    scale = np.abs(x).max(initial=0.0)
    return np.round(x / scale, _DIGITS) + 0.0 if scale else x


def _directions(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms == 0, 1, norms)


def _of(dataset: Dataset, examples: Int[np.ndarray, " k"]) -> str:
    """``3 and 5 of the pool``, with the rows of the user's own file that they are."""
    named = " and ".join(map(str, examples))
    if dataset.row_of is None:
        return f"{named} of the pool"
    rows = " and ".join(str(dataset.row_of(int(example))) for example in examples)
    return f"{named} of the pool ({plural(len(examples), 'row')} {rows} of the file, from 0)"
