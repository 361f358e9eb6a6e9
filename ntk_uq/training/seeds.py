"""The random numbers of a member: a pure function of its specification."""

import numpy as np
from jaxtyping import UInt32

from ntk_uq.specs import MemberSpec


def seed(spec: MemberSpec) -> int:
    """64 bits of the specification's digest.

    The number of members is no part of it, so that a larger ensemble holds the smaller one. Two
    of a million networks share a seed with probability 3e-8.
    """
    return int(spec.digest()[:16], 16)


def key_data(value: int) -> UInt32[np.ndarray, "2"]:
    """A seed as the two words of a Threefry key."""
    return np.array([value >> 32, value & 0xFFFFFFFF], dtype=np.uint32)
