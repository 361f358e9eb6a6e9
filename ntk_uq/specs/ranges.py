"""Ranges that several specifications share."""

from ntk_uq.base.fields import Whole

N_TRAIN = Whole(1, 1_000_000)
DEPTH = Whole(1, 32)
DRAWS = Whole(1, 100)
WIDTH = Whole(1, 16_384)
MEMBERS = Whole(1, 10_000)
