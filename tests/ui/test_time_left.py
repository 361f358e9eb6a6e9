"""The time that is left moves between results, and is right within a factor 1.5."""

import itertools

from ntk_uq.ui.time_left import Pace


def test_it_follows_the_speed_that_was_seen_and_not_the_estimate():
    # Forty networks, estimated at 1 s each, take 3 s each and come two at a time.
    pace = Pace.first(0.0, 40.0)
    assert pace.left(0.0, 1.0) == 40.0
    told = []
    for second in range(1, 110):
        rest = 40.0 - 2 * (second // 6)
        pace = pace.seen(second, rest)
        told.append(pace.left(second, 1.0))
        if second >= 6:
            assert 1 / 1.5 <= told[-1] / (120 - second) <= 1.5
    assert all(a != b for a, b in itertools.pairwise(told))  # it never stands


def test_it_ends_at_zero_and_begins_anew_with_more_work():
    pace = Pace.first(0.0, 4.0).seen(2.0, 2.0)
    assert pace.left(100.0, 1.0) == 0.0
    assert pace.seen(5.0, 9.0) == Pace.first(5.0, 9.0)


def test_a_first_small_result_that_was_slow_does_not_make_days_of_an_hour():
    # An hour of work; its first, tiny result takes a quarter of a minute, most of it compiling.
    pace = Pace.first(0.0, 3600.0).seen(15.0, 3599.95)
    assert 3000 < pace.left(15.0, 1.0) < 5400
