"""Random numbers that are the same on every machine: streams that the project fixes itself.

NumPy keeps two things for ever (NEP 19): the words that PCG64 gives, and the hash by which
SeedSequence makes its state from integers. What its Generator makes of the words may change with
any release, and has: since NumPy 2.5 ``binomial`` and ``multinomial`` take other numbers of them.
Here only the words are NumPy's. What becomes of them is written out below:

- :func:`permutation`, :func:`integers`: integers alone. They are, to the last one, those of the
  Generator of NumPy 2.4 and 2.5, with which stored results were made.
- :class:`Normals`, :func:`normals`: the ziggurat, as in the same Generator. Of 100 numbers 99 are
  one product each. The others ask for an exponential or a logarithm. The logarithm becomes a part
  of the number, so it is rounded correctly here; C libraries may miss that by a bit, and of a
  million numbers of NumPy's about one differs, by 4e-16. The exponential only decides whether a
  number is taken: for two libraries to disagree its two sides must be within a rounding of each
  other, which happens once in some 10^17 numbers.
- :class:`Words`: words and uniform numbers one after another, for those who transform them.
- :func:`poisson`: the inverse of the distribution; safe as the exponential above.

Only additions, products, quotients and square roots of arrays are the same on every processor:
NumPy's exponentials, logarithms, sines and cosines differ in the last bit between a processor with
AVX-512 and one without.
"""

import math
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt32, UInt64

from ntk_uq.base import ziggurat

Entropy = int | Sequence[int]
"""What tells a stream from all others: one or several integers, zero or more."""

_BLOCK = 2**14
_LARGEST_MEAN = 32.0
_MOST_COUNTED = 200  # of a mean of 32, with a probability below 1e-70
_LARGEST_32 = 2**32 - 1
_PRECISE = Context(prec=30)


class Words:
    """The words of one stream, in their order.

    Args:
        entropy: which stream.
        child: which of the independent streams that come from it; none is the stream itself.
    """

    def __init__(self, entropy: Entropy, child: int | None = None) -> None:
        key = () if child is None else (child,)
        self._bits = np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=key))

    def words(self, n: int) -> UInt64[np.ndarray, "n"]:
        """The next n words of 64 random bits."""
        return np.asarray(self._bits.random_raw(n), dtype=np.uint64)

    def uniforms(self, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
        """Numbers ``(m + 1/2) / 2^52`` with m of 52 random bits: inside (0, 1), neither end."""
        return uniform(self.words(math.prod(shape)).reshape(shape))


def uniform(words: UInt64[np.ndarray, "*n"], bits: int = 52) -> Float64[np.ndarray, "*n"]:
    """``(m + 1/2) / 2^bits`` with m the upper bits of each word: exactly, for up to 52 bits."""
    m = (words >> np.uint64(64 - bits)).astype(np.float64)
    m += 0.5
    m *= 2.0**-bits
    return m


def permutation(entropy: Entropy, n: int) -> Int64[np.ndarray, "n"]:
    """0 .. n - 1 in a random order (Fisher and Yates), as ``default_rng(entropy).permutation(n)``.

    From the last place to the second, each changes places with one at or before it.

    Raises:
        ValueError: for more than 2^31 places.
    """
    if n > 2**31:
        raise ValueError(f"{n} places are more than 2^31")
    if n < 2:
        return np.arange(n)
    chosen = _places(_Halves(entropy), n)
    return _exchanged(np.concatenate([[0], chosen[::-1]]))


def integers(entropy: Entropy, below: int, shape: tuple[int, ...]) -> Int64[np.ndarray, "..."]:
    """Integers from 0 to ``below - 1``, as ``default_rng(entropy).integers(below, size=shape)``.

    Raises:
        ValueError: if ``below`` is not from 1 to 2^32 - 1.
    """
    if not 1 <= below <= _LARGEST_32:
        raise ValueError(f"integers are drawn below 1 to 2^32 - 1, not below {below}")
    if below == 1:
        return np.zeros(shape, dtype=np.int64)
    return _equally_likely(_Halves(entropy), below, math.prod(shape)).reshape(shape)


def normals(entropy: Entropy, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
    """Standard normal numbers, as ``default_rng(entropy).standard_normal(shape)``.

    The first m of n are the same whatever n.
    """
    return Normals(Words(entropy)).take(shape)


class Normals:
    """Standard normal numbers one after another; the same however many are taken at a time.

    Args:
        words: the stream that they are made of, which then serves nothing else.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._begun: UInt64[np.ndarray, " b"] = np.empty(0, dtype=np.uint64)
        self._ready: Float64[np.ndarray, " r"] = np.empty(0)

    def take(self, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
        """The next ones."""
        n = math.prod(shape)
        while (lacking := n - len(self._ready)) > 0:
            # About one number of 100 takes a second word.
            more = self._words.words(lacking + lacking // 64 + 16)
            words = np.concatenate([self._begun, more])
            numbers, used = _ziggurat(words)
            self._ready = np.concatenate([self._ready, numbers])
            self._begun = words[used:]
        taken, self._ready = self._ready[:n], self._ready[n:]
        return taken.reshape(shape)


def poisson(words: Words, means: Float64[np.ndarray, "*n"]) -> Int64[np.ndarray, "*n"]:
    """Independent Poisson numbers of these means, zero or more.

    Each is the smallest k with ``sum_{i <= k} exp(-m) m^i / i! > u``. A large mean is split into
    equal ones of at most 32, with a uniform number each: sums of Poisson numbers are again such,
    and the work grows with their total. Terms of the sum are exact to 1e-15, so for two machines to
    disagree u must be that close to one of its values: once in some 10^15 numbers.
    """
    parts = np.maximum(np.ceil(means.ravel() / _LARGEST_MEAN), 1).astype(np.int64)
    mean = np.repeat(means.ravel() / parts, parts)
    u = words.uniforms(mean.shape)
    count = np.zeros(len(mean), dtype=np.int64)
    which = np.arange(len(mean))
    term = np.exp(-mean)
    below = term.copy()
    k = 0
    while len(which):
        above = u >= below
        which, u, mean = which[above], u[above], mean[above]
        term, below = term[above], below[above]
        count[which] += 1
        k += 1
        term *= mean
        term /= k
        below += term
        if k > _MOST_COUNTED:  # rounded, the sum may end below u
            break
    return np.add.reduceat(count, np.cumsum(parts) - parts).reshape(means.shape)


class _Halves:
    """The halves of the words of a stream, the lower one first."""

    def __init__(self, entropy: Entropy) -> None:
        self._words = Words(entropy)
        self._ahead: UInt32[np.ndarray, " a"] = np.empty(0, dtype="<u4")

    def ahead(self, n: int) -> UInt32[np.ndarray, "n"]:
        """The next n, which are not taken yet."""
        lacking = n - len(self._ahead)
        if lacking > 0:
            more = self._words.words((lacking + 1) // 2).astype("<u8").view("<u4")
            self._ahead = np.concatenate([self._ahead, more])
        return self._ahead[:n]

    def take(self, n: int) -> None:
        """Has the next n taken."""
        self._ahead = self._ahead[n:]


def _places(halves: _Halves, n: int) -> Int64[np.ndarray, " places"]:
    """For each of n - 1, n - 2, .. 1 a place from 0 to it, all of them equally likely.

    As many of a half's lowest bits as the largest place has; where they are more than it, the
    next half is tried.
    """
    chosen = [np.empty(0, dtype=np.int64)]
    largest = n - 1
    while largest > 0:
        smallest = 1 << (largest.bit_length() - 1)  # down to which as many bits are taken
        candidates = halves.ahead(min(_BLOCK, 2 * smallest)) & np.uint32(2 * smallest - 1)
        # Whether one is taken depends on how many were before it. What follows from the right
        # answer for the first t is right for t + 1, so what follows from itself is right for all.
        taken = candidates <= largest
        while True:
            before: Int64[np.ndarray, " c"] = np.cumsum(taken) - taken.astype(np.int64)
            again = candidates <= largest - before
            if np.array_equal(again, taken):
                break
            taken = again
        (which,) = np.nonzero(taken)
        which = which[: largest - smallest + 1]
        full = len(which) == largest - smallest + 1
        halves.take(int(which[-1]) + 1 if full else len(candidates))
        chosen.append(candidates[which].astype(np.int64))
        largest -= len(which)
    return np.concatenate(chosen)


def _exchanged(chosen: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """0 .. n - 1 after places i = n - 1, .. 1 have changed with ``chosen[i] <= i``, in this order.

    One after another these are half a second for a million; so all at once. Step i is the last to
    touch place i, and puts there what it finds at chosen[i]. That was put there by the step before
    with the same choice, i' > i the next larger one: it is what i' found at its own place i'. What
    step i finds at place i was put there by the smallest step above i that chose i, and is what
    that step found at its own place; and so on, up to a place that no step had chosen.
    """
    n = len(chosen)
    steps = np.arange(n)
    found = steps.copy()
    moving = np.flatnonzero(chosen != steps)[::-1]
    found[chosen[moving]] = moving  # of several the last is kept, which is the smallest
    while True:
        further = found[found]
        if np.array_equal(further, found):
            break
        found = further
    keys = np.sort(chosen << 32 | steps)
    step, place = keys & _LARGEST_32, keys >> 32
    value = place.copy()
    same = np.flatnonzero(place[1:] == place[:-1])
    value[same] = found[step[same + 1]]
    order = np.empty_like(chosen)
    order[step] = value
    return order


def _equally_likely(halves: _Halves, below: int, n: int) -> Int64[np.ndarray, "n"]:
    """Integers from 0 to ``below - 1``, all of them equally likely.

    Lemire, Fast random integer generation in an interval, ACM TOMACS 29 (2019): of ``h below``
    the upper 32 bits, unless the lower ones are less than ``2^32 mod below``; then the next half
    is tried.
    """
    chosen = [np.empty(0, dtype=np.int64)]
    lacking = n
    while lacking:
        products = halves.ahead(lacking).astype(np.uint64) * np.uint64(below)
        halves.take(lacking)
        sound = (products & np.uint64(_LARGEST_32)) >= np.uint64(2**32 % below)
        chosen.append((products[sound] >> np.uint64(32)).astype(np.int64))
        lacking -= len(chosen[-1])
    return np.concatenate(chosen)


def _ziggurat(words: UInt64[np.ndarray, "n"]) -> tuple[Float64[np.ndarray, " m"], int]:
    """The normal numbers that these words give, and how many words those take."""
    layer = (words & np.uint64(0xFF)).astype(np.intp)
    m = (words >> np.uint64(9)) & np.uint64(2**52 - 1)
    x = m * ziggurat.WIDTHS[layer]
    signs = x.view(np.uint64)
    signs |= (words << np.uint64(55)) & np.uint64(2**63)
    kept = np.ones(len(words), dtype=bool)
    (doubtful,) = np.nonzero(m >= ziggurat.INSIDE[layer])
    edges: list[int] = []
    free = 0  # the first word that no number has taken
    for at, is_tail in zip(doubtful.tolist(), (layer[doubtful] == 0).tolist(), strict=True):
        if at < free:
            continue
        if is_tail:
            value, free = _tail(words, at)
        else:
            value, free = x[at], at + 2
        if free > len(words):
            return _without(x[:at], words, layer, kept[:at], edges), at
        if not is_tail:
            edges.append(at)
        x[at] = value
        kept[at + 1 : free] = False
    return _without(x, words, layer, kept, edges), len(words)


def _without(
    x: Float64[np.ndarray, " x"],
    words: UInt64[np.ndarray, " n"],
    layer: Int64[np.ndarray, " n"],
    kept: Bool[np.ndarray, " x"],
    edges: list[int],
) -> Float64[np.ndarray, " m"]:
    """The numbers to be kept but for those above the curve, which only these may be."""
    at = np.array(edges, dtype=np.intp)
    low, high = ziggurat.HEIGHTS[layer[at]], ziggurat.HEIGHTS[layer[at] - 1]
    height = (high - low) * ((words[at + 1] >> np.uint64(11)) * 2.0**-53) + low
    kept[at] = height < np.exp(-0.5 * x[at] * x[at])
    return x[kept]


def _tail(words: UInt64[np.ndarray, "n"], at: int) -> tuple[float, int]:
    """The number beyond R that begins there (Marsaglia), and where the next one begins.

    That is beyond the words where there are too few of them.
    """
    sign = -1 if int(words[at]) >> 17 & 1 else 1  # another bit than that of x
    for free in range(at + 3, len(words) + 1, 2):
        beyond = _exponential(words[free - 2]) * (1 / ziggurat.R)
        height = _exponential(words[free - 1])
        if height + height > beyond * beyond:
            return sign * (ziggurat.R + beyond), free
    return 0.0, len(words) + 1


def _exponential(word: np.uint64) -> float:
    """``-ln(1 - u)`` with u the upper 53 bits, rounded correctly."""
    return -float(_PRECISE.ln(Decimal(1 - (int(word) >> 11) * 2.0**-53)))
