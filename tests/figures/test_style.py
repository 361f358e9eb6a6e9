"""Axes whose labels neither crowd nor lack."""

import numpy as np
import pytest

from ntk_uq.figures.style import set_range

LABEL = 0.08  # of the axis: a digit in the narrowest of the figures that stand side by side


@pytest.mark.parametrize("low", [1, 3, 9, 40, 50, 70, 120, 900])
@pytest.mark.parametrize("ratio", [2.1, 3, 4, 6])
def test_labels_side_by_side_have_room_and_are_two_at_least(low, ratio):
    axis = {}
    set_range(axis, [low, ratio * low], across=True)
    first, last = axis["range"]
    shown = [np.log10(v) for v in axis["tickvals"] if first <= np.log10(v) <= last]
    assert len(shown) >= (2 if ratio >= 3 else 1)
    assert (np.diff(shown) / (last - first)).min(initial=1) > LABEL
