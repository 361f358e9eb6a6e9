"""What fits an accelerator's memory, and what is kept of a curve there."""

import itertools
import re
from pathlib import Path

import pytest

from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.buckets import SIZES, bucket
from ntk_uq.costs.memory import (
    LARGEST_EIGENVECTORS,
    CardRoute,
    card_bytes,
    card_route,
    check_eigenvectors,
    check_memory,
    largest_on_card,
)
from ntk_uq.specs import CurveSpec, DataSpec, TrainingSpec

CONVERGED, BAYES, TIME = TrainingSpec(), TrainingSpec(posterior="bayes"), TrainingSpec(time=1.0)
GIB = 2**30


def curve(n, training=CONVERGED):
    return CurveSpec(DataSpec("mnist", n_test=100), training=training, n_train=(n,))


@pytest.mark.parametrize("n", [1, *SIZES, 100_000])
def test_a_bucket_holds_what_it_is_for_and_the_one_below_does_not(n):
    assert bucket(n) >= n
    assert bucket(bucket(n)) == bucket(n)
    assert bucket(bucket(n) + 1) > bucket(n)


def test_buckets_cost_little_where_operations_take_time():
    """A factorization of a bucket, beside one of what is in it at least."""
    large = [n for n in SIZES if n >= 8192]
    assert max((b / (a + 1)) ** 3 for a, b in itertools.pairwise(large)) < 2.4
    assert all(n % 128 == 0 for n in SIZES)


def test_what_does_not_fit_is_told_with_what_would():
    with pytest.raises(MemoryLimitError, match=r"it has 4\.0 GiB\. The largest N_D") as error:
        card_route(curve(50_000), 784, 4 * GIB)
    largest = int(re.search(r"fits is (\d+)", str(error.value))[1])
    assert card_route(curve(largest), 784, 4 * GIB) is CardRoute.MIXED
    with pytest.raises(MemoryLimitError):
        card_route(curve(largest + 1), 784, 4 * GIB)


def test_as_much_is_kept_as_fits():
    routes = [card_route(curve(n), 784, 16 * GIB) for n in (10_000, 24_000, 30_000)]
    assert routes == [CardRoute.WHOLE, CardRoute.FACTOR, CardRoute.MIXED]
    assert card_route(curve(100), 784, 16 * GIB, mixed=True) is CardRoute.MIXED
    for route in CardRoute:
        largest = largest_on_card(16 * GIB, 100, 784, CONVERGED, route)
        assert card_bytes(largest, 100, 784, CONVERGED, route) <= 16 * GIB
        assert card_bytes(largest + 1, 100, 784, CONVERGED, route) > 16 * GIB


def test_eigenvectors_beyond_32_bits_are_refused_before_anything_is_computed():
    n = LARGEST_EIGENVECTORS
    assert card_route(curve(n, TIME), 784, 200 * GIB) is CardRoute.WHOLE
    check_eigenvectors(n)
    for refuse in (
        lambda: check_eigenvectors(n + 1),
        lambda: card_route(curve(n + 1, TIME), 784, 10_000 * GIB),
        lambda: check_memory(curve(n + 1, TIME), 784, 10_000 * GIB),
    ):
        with pytest.raises(MemoryLimitError, match=f"in 32 bits, which is enough for {n}"):
            refuse()


def test_the_limit_of_eigenvectors_is_lapacks():
    """What LAPACK asks for is right up to there, and one further on is a smaller number."""
    from scipy.linalg.lapack import dsyevd_lwork

    works = [int(dsyevd_lwork(n)[0]) for n in (LARGEST_EIGENVECTORS, LARGEST_EIGENVECTORS + 1)]
    assert works[0] > 2 * LARGEST_EIGENVECTORS**2 > works[1]


def test_the_documented_sizes_are_the_models():
    text = (Path(__file__).resolve().parents[2] / "docs" / "deployment.md").read_text()
    rows = re.findall(r"^\| (\d+) GB ((?:\| [\d,]+ ){5})\|$", text, re.MULTILINE)
    assert [int(size) for size, _ in rows] == [16, 24, 80, 141]
    ways = [(CONVERGED, route) for route in CardRoute]
    ways += [(BAYES, CardRoute.WHOLE), (TIME, CardRoute.WHOLE)]
    for size, cells in rows:
        told = [int(cell.replace(",", "")) for cell in cells.replace(" ", "").split("|")[1:]]
        limit = int(0.9e9 * int(size))
        assert told == [largest_on_card(limit, 1000, 784, *way) for way in ways]
