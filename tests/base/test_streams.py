"""Integers, normal and Poisson numbers made of words: by plain loops, and as distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from ntk_uq.base import streams, ziggurat
from ntk_uq.base.streams import Normals, Words, integers, normals, permutation, poisson


def halves(entropy):
    """The words of a stream one after another, cut into two."""
    words = Words(entropy)
    while True:
        (word,) = words.words(1).tolist()
        yield word & 0xFFFFFFFF
        yield word >> 32


def shuffled(entropy, n: int) -> list[int]:
    """Fisher and Yates, a place at a time."""
    source, order = halves(entropy), list(range(n))
    for i in range(n - 1, 0, -1):
        mask = 2 ** i.bit_length() - 1
        while (j := next(source) & mask) > i:
            pass
        order[i], order[j] = order[j], order[i]
    return order


def drawn(entropy, below: int, n: int) -> list[int]:
    """Lemire's integers, one at a time."""
    source, found = halves(entropy), []
    while len(found) < n:
        product = next(source) * below
        if product % 2**32 >= 2**32 % below:
            found.append(product >> 32)
    return found


def normal(entropy, n: int) -> list[float]:
    """The ziggurat, one number at a time."""
    words, found = iter(Words(entropy).words(3 * n + 100).tolist()), []

    def u() -> float:
        return (next(words) >> 11) / 2**53

    while len(found) < n:
        word = next(words)
        layer, m = word & 255, (word >> 9) % 2**52
        x = m * float(ziggurat.WIDTHS[layer]) * (-1 if word >> 8 & 1 else 1)
        if m < ziggurat.INSIDE[layer]:
            found.append(x)
        elif layer:
            low, high = map(float, (ziggurat.HEIGHTS[layer], ziggurat.HEIGHTS[layer - 1]))
            if (high - low) * u() + low < math.exp(-x * x / 2):
                found.append(x)
        else:
            while True:
                beyond, height = -math.log1p(-u()) / ziggurat.R, -math.log1p(-u())
                if 2 * height > beyond**2:
                    break
            found.append((ziggurat.R + beyond) * (-1 if word >> 17 & 1 else 1))
    return found


@pytest.mark.parametrize("n", [*range(20), 31, 32, 33, 1000, 20_000])
def test_a_permutation_is_that_of_exchanges_one_after_another(n):
    for entropy in (n, (3, 1, n)):
        assert permutation(entropy, n).tolist() == shuffled(entropy, n)


@pytest.mark.parametrize("below", [1, 2, 3, 7, 1000, 2**31 + 1, 2**32 - 1])
def test_integers_are_those_of_one_after_another(below):
    found = integers((below, 1), below, (50, 40))
    assert found.ravel().tolist() == (drawn((below, 1), below, 2000) if below > 1 else [0] * 2000)


@pytest.mark.parametrize("entropy", [0, (1, 2, 3), 2**40])
def test_normal_numbers_are_those_of_one_after_another(entropy):
    assert normals(entropy, (20_000,)) == pytest.approx(normal(entropy, 20_000), rel=0, abs=1e-15)


def test_normal_numbers_do_not_depend_on_how_many_are_taken():
    many = normals(5, (30_000,))
    assert np.array_equal(normals(5, (100,)), many[:100])
    source = Normals(Words(5))
    parts = [source.take((n,)) for n in (0, 1, 1, 7, 100, 20_000, 3, 9_888)]
    assert np.array_equal(np.concatenate(parts), many)


@pytest.mark.parametrize("count", [1_000_000, pytest.param(4_000_000, marks=pytest.mark.slow)])
def test_normal_numbers_are_normal_far_into_the_tails(count):
    z = normals(11, (count,))
    assert stats.kstest(z, "norm").pvalue > 1e-3
    for edge in (2.0, 3.0, ziggurat.R, 4.0, 4.5):
        for found in (np.sum(z > edge), np.sum(z < -edge)):
            expected = len(z) * stats.norm.sf(edge)
            assert abs(found - expected) < 4.5 * math.sqrt(expected) + 1


@pytest.mark.parametrize(
    "mean",
    [0.0, 1e-9, 0.3, 5.0, 31.9, 32.1, 100.0, pytest.param(5000.0, marks=pytest.mark.slow)],
)
def test_poisson_numbers_have_their_distribution(mean):
    n = 20_000
    k = poisson(Words((1, 2)), np.full((n // 10, 10), mean)).ravel()
    assert k.shape == (n,)
    if mean < 1e-6:
        assert not k.any()
        return
    expected = stats.poisson(mean)
    edges = np.unique(expected.ppf(np.linspace(0.05, 0.95, 10)))
    below = np.array([np.mean(k <= edge) for edge in edges])
    error = np.sqrt(expected.cdf(edges) * expected.sf(edges) / n)
    assert np.abs(below - expected.cdf(edges)).max() < 4.5 * error.max()


def test_poisson_numbers_do_not_depend_on_how_many_are_made_at_once():
    means = np.geomspace(1e-3, 500, 300)
    words = Words(3)
    parts = [poisson(words, part) for part in np.split(means, [1, 2, 150])]
    assert np.array_equal(np.concatenate(parts), poisson(Words(3), means))


def test_uniform_numbers_reach_neither_end():
    ends = np.array([0, 2**64 - 1], dtype=np.uint64)
    assert streams.uniform(ends).tolist() == [2.0**-53, 1 - 2.0**-53]
    assert stats.kstest(Words(1).uniforms((100, 1000)).ravel(), "uniform").pvalue > 1e-3


def test_streams_and_their_children_differ():
    several = [Words(1), Words(2), Words((1, 2)), Words(1, 0), Words(1, 1), Words(2, 0)]
    assert len({int(w.words(1)[0]) for w in several}) == len(several)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="not below 0"):
        integers(1, 0, (3,))
    with pytest.raises(ValueError, match=r"more than 2\^31"):
        permutation(1, 2**31 + 1)
