"""Targets of a regression that look like classes: rows of one value among others that are equal."""

import numpy as np
from jaxtyping import Bool, Real

_ROWS = 4096


def looks_one_hot(values: Real[np.ndarray, "n ..."] | Bool[np.ndarray, "n ..."]) -> bool:
    """Whether each row has one and the same larger value once, and one and the same smaller one
    else: 1 among zeros, 1 among -1, or either with something subtracted or smoothed."""
    if values.ndim != 2 or values.shape[1] < 2:
        return False
    first = values[0].astype(np.float64)
    low, high = first.min(), first.max()
    if not (np.isfinite(first).all() and low < high):
        return False
    nearly = 1e-6 * (high - low)
    used = np.zeros(values.shape[1], bool)
    for start in range(0, len(values), _ROWS):
        block = values[start : start + _ROWS].astype(np.float64)
        ones = np.abs(block - high) <= nearly
        if not ((ones.sum(axis=1) == 1).all() and (ones | (np.abs(block - low) <= nearly)).all()):
            return False
        used |= ones.any(axis=0)
    return int(used.sum()) > 1
