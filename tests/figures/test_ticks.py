"""Labels of logarithmic axes."""

import itertools
import math

import numpy as np
import pytest

from ntk_uq.figures.ticks import labels, log_ticks

LENGTHS = (130, 215, 330)
LOWS = (1e-9, 0.0021, 0.16, 0.47, 1, 50, 900, 61234.5)
RATIOS = (1.001, 1.03, 1.3, 2, 3.4, 6, 20, 1e3, 1e6, 1e12)


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("length", LENGTHS)
def test_any_range_has_two_labels_or_more_that_do_not_touch(length, across):
    for low, ratio in itertools.product(LOWS, RATIOS):
        ticks = log_ticks(low, low * ratio, length, across)
        # Side by side, numbers such as 61234.6 and 61295.7 do not always have room.
        assert len(ticks) >= (1 if across and ratio < 1.1 else 2), (low, ratio)
        assert all(low * (1 - 1e-9) <= t <= low * ratio * (1 + 1e-9) for t in ticks)
        places = length * np.diff(np.log10(ticks)) / math.log10(ratio)
        assert places.min(initial=length) > 17, (low, ratio)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (50, 1000, [50, 100, 200, 500, 1000]),
        (0.5, 1, [0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (1000, 1100, [1000, 1020, 1040, 1060, 1080, 1100]),
        (100, 60000, [100, 1000, 10000]),
        (1e-12, 1, [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]),
    ],
)
def test_they_are_round(low, high, found):
    assert log_ticks(low, high, 330) == found


def test_powers_of_ten_are_written_as_such_where_they_are_long():
    assert labels([0.01, 1, 100]) is None
    assert labels([1e-6, 0.002, 1]) == ["10<sup>−6</sup>", "0.002", "10<sup>0</sup>"]
