"""What a curve needs in memory, told before it starts."""

import enum
import sys
from collections.abc import Callable

from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.kernels import WIDTH
from ntk_uq.specs import (
    CurveSpec,
    DataSpec,
    DescentSpec,
    ForeseenSpec,
    SpectrumSpec,
    TrainingSpec,
    TrainingTimeSpec,
)

_FLOAT = 8
BASE = 480 * 2**20
"""Python, JAX and its compiler, and the tiles in flight, in bytes (measured)."""

CARD_BASE = 2**30
"""An accelerator's libraries and what they work in, in bytes (assumed)."""

PANEL, SMALLEST_PANEL = 2**24, 128
"""Entries of a panel of rows on an accelerator, 128 MiB in each array that it passes through; and
the fewest rows of one."""

_PANELS = 4
"""Such arrays at the same time (XLA's own count, for every activation)."""

_LANCZOS, _LANCZOS_STEPS = 1024, 37
"""Rows of the blocks whose inverses a condition number takes, and vectors
(:mod:`ntk_uq.theory.card.condition`)."""


def within(limit: int, needed: int, what: str, advice: str) -> int:
    """``needed``, in bytes, if it does not exceed ``limit``.

    Args:
        limit: the settings' or another.
        needed: the estimate.
        what: what needs it, as the beginning of a sentence, with its verb.
        advice: a sentence that says what to choose instead.

    Raises:
        MemoryLimitError: if it does.
    """
    if needed > limit:
        raise MemoryLimitError(
            f"{what} about {settings.format_bytes(needed)}; the limit is "
            f"{settings.format_bytes(limit)} ({settings.MEMORY}). {advice}"
        )
    return needed


def required_bytes(
    n_train: int,
    n_test: int,
    n_features: int,
    training: TrainingSpec,
    whitened: bool = False,
    recomputed: bool = False,
) -> int:
    """Peak memory of one draw up to ``n_train``, in bytes.

    Counted are the arrays of :mod:`ntk_uq.theory.posterior` that live at the same time, in float64,
    with n = n_train, t = n_test:

        trained, converged    lower halves of T or L and K (n n / 2 each); T_dt, K_dt, W, V (n t
                              each); K_tt, S and two parts of it (t t each)
        the same, recomputed  T or L (n n / 2); T_dt, W, V (n t each); t t as above
        trained, finite time  T, K (n n / 2 each); T again, whose eigenvectors take its place, and
                              LAPACK's work space (3 n n); n t as above and one more; t t as above
        bayes                 K or L (n n / 2); K_dt (n t); t t as above

    the part of each panel above its diagonal, and the prepared inputs (n + t) d as they come, in
    one array and on the device; where they are whitened, the covariance's eigenvectors, the work
    space that finds them and the whitening matrix, d d each.

    Args:
        recomputed: whether K is evaluated again at each N_D instead of kept.
    """
    halves, squares, rectangles = 2, 0, 4
    if training.posterior == "bayes":
        halves, rectangles = 1, 1
    elif not training.converged:
        squares, rectangles = 3, 5
    elif recomputed:
        halves, rectangles = 1, 3
    values = (
        halves * n_train * (n_train + WIDTH) // 2
        + squares * n_train**2
        + rectangles * n_train * n_test
        + 4 * n_test**2
        + 3 * (n_train + n_test) * n_features
        + (4 * n_features**2 if whitened else 0)
    )
    return BASE + _FLOAT * values


class CardRoute(enum.Enum):
    """What of a curve's kernels an accelerator keeps."""

    WHOLE = "whole"
    """Both kernels, T's factor in T's place."""
    FACTOR = "factor"
    """T's factor; K is evaluated again at each N_D."""
    MIXED = "mixed"
    """T's factor in float32; both kernels are evaluated again, and the solution is refined."""


LARGEST_EIGENVECTORS = 32_766
"""Examples whose eigenvectors can be asked for: the work space of LAPACK's ``syevd``, and of its
relative on a card, is counted in 32 bits."""


def card_bytes(
    n_train: int,
    n_test: int,
    n_features: int,
    training: TrainingSpec,
    route: CardRoute = CardRoute.WHOLE,
) -> int:
    """Peak of an accelerator's own memory for one draw up to ``n_train``, in bytes.

    What :mod:`ntk_uq.theory.card` holds at the same time, in buckets, with n = n_train,
    t = n_test, and p pairs in a panel of rows, is the largest one of::

                         kernels            factor, eigenvectors    each N_D
        whole            K, T (2 n n + 4 p) K, T or L, work space   K, L, one of their leading
                                            (4 n n)                 parts (3 n n)
        factor           T (n n + 4 p)      T or L, work space      L, its leading part
                                            (3 n n)                 (2 n n), or a panel (n n + 4 p)
        bayes            the same           the same                the same, without a panel
        mixed            T (n n / 2 + 4 p)  the same in float32     the same in float32
                                            (1.5 n n)               (n n, or n n / 2 + 4 p)
        at finite time   K, T (2 n n + 4 p) K, T, T again, vectors, K, T, vectors, a leading part
                                            work space (7 n n)      (4 n n)

    Always there are T_dt and K_dt (2 n t), the prior (t t) and the inputs twice. At each N_D come
    what is solved, W, its product and what becomes of it (4 n t, and three more while W is
    refined), the covariance (3 t t), and for a condition number the inverses of the factor's
    blocks and Lanczos vectors.

    The 4 n n of a factor were measured on an H200, at n = 60,000. What is counted is held against
    XLA's own account of its programs on a processor, whose work space is smaller than a card's.
    """
    n, t = bucket(n_train), bucket(n_test)
    bayes, mixed = training.posterior == "bayes", route is CardRoute.MIXED and training.converged
    kept = 0 if bayes or route is not CardRoute.WHOLE else 1
    solved, work, leading, rectangles = 1.0, 3.0, 1.0, 4
    if not training.converged:
        work, leading = 6.0, 2.0
    elif mixed:
        solved, work, leading, rectangles = 0.5, 1.5, 0.5, 7
    panel = _PANELS * min(max(n, t) ** 2, max(PANEL, SMALLEST_PANEL * max(n, t)))
    again = 0 if kept or (bayes and not mixed) else panel
    kernels = (kept + solved) * n**2 + panel
    factor = (kept + work) * n**2
    vectors = n * (3 * min(n, _LANCZOS) + 2 * _LANCZOS_STEPS)
    point = (kept + solved) * n**2 + max(leading * n**2, again)
    point += rectangles * n * t + 3 * t**2 + vectors
    values = max(kernels, factor, point) + 2 * n * t + t**2 + 2 * (n + t) * n_features
    return CARD_BASE + int(_FLOAT * values)


def largest_on_card(
    limit: int,
    n_test: int,
    n_features: int,
    training: TrainingSpec,
    route: CardRoute = CardRoute.WHOLE,
) -> int:
    """The largest N_D whose :func:`card_bytes` stay within ``limit``; 0 if none does."""
    most = LARGEST_EIGENVECTORS if not training.converged else sys.maxsize
    largest = _largest(lambda n: card_bytes(n, n_test, n_features, training, route) <= limit)
    return min(largest, most)


def card_route(spec: CurveSpec, n_features: int, limit: int, mixed: bool = False) -> CardRoute:
    """What of a curve's kernels is kept: as much as an accelerator's memory holds.

    Args:
        limit: bytes of that memory. mixed: whether float32 is asked for, where it is possible.

    Raises:
        MemoryLimitError: if the curve fits in no way.
    """
    n_train, training = spec.n_train[-1], spec.training
    shape = (limit, spec.data.n_test, n_features, training)
    routes = list(CardRoute)
    if not training.converged:
        routes = [CardRoute.WHOLE]
    elif mixed:
        routes = [CardRoute.MIXED]
    for route in routes:
        if n_train <= largest_on_card(*shape, route):
            return route
    last = routes[-1]
    largest = largest_on_card(*shape, last)
    if not training.converged and largest == LARGEST_EIGENVECTORS:
        raise MemoryLimitError(_too_many_eigenvectors(n_train))
    needed = card_bytes(n_train, spec.data.n_test, n_features, training, last)
    raise MemoryLimitError(
        f"N_D = {n_train} with N_T = {spec.data.n_test} needs about "
        f"{settings.format_bytes(needed)} of the accelerator's memory; it has "
        f"{settings.format_bytes(limit)}. The largest N_D that fits is {largest}."
    )


def card_was_full(n: int, spec: CurveSpec, n_features: int, limit: int) -> str:
    """What to do where an accelerator's memory was full at ``n_train = n``, although a curve was
    estimated to fit, in a sentence or two.

    Args:
        limit: bytes of that memory.
    """
    shape, routes = (spec.data.n_test, n_features, spec.training), [CardRoute.WHOLE]
    if spec.training.converged:
        routes = list(CardRoute)
    needed = min(card_bytes(n, *shape, route) for route in routes)
    quarter = (needed - CARD_BASE) // 4
    less = max(largest_on_card(needed - quarter, *shape, route) for route in routes)
    return (
        f"The accelerator's memory ({settings.format_bytes(limit)} for JAX) was full at "
        f"n_train = {n}, which was estimated to take {settings.format_bytes(needed)}: another "
        "program may have some of it. End that program and ask for the rest again, or choose a "
        f"smaller n_train; up to {less} a quarter less of it is needed."
    )


def check_card_modes(n: int, n_test: int, n_features: int, limit: int) -> int:
    """The estimate for kernels in the NTK's eigenvectors on an accelerator, in bytes.

    Raises:
        MemoryLimitError: if that exceeds ``limit``, or if there are too many.
    """
    check_eigenvectors(n)
    training = TrainingSpec(time=1.0)
    needed = card_bytes(n, n_test, n_features, training)
    if needed > limit:
        raise MemoryLimitError(
            f"The eigenvectors of N_D = {n} with N_T = {n_test} need about "
            f"{settings.format_bytes(needed)} of the accelerator's memory; it has "
            f"{settings.format_bytes(limit)}. The largest N_D that fits is "
            f"{largest_on_card(limit, n_test, n_features, training)}."
        )
    return needed


def check_eigenvectors(n: int) -> None:
    """Raises MemoryLimitError for more examples than LAPACK has eigenvectors of."""
    if n > LARGEST_EIGENVECTORS:
        raise MemoryLimitError(_too_many_eigenvectors(n))


def _too_many_eigenvectors(n: int) -> str:
    return (
        f"The eigenvectors of {n} examples cannot be computed: LAPACK counts the work space for "
        f"them in 32 bits, which is enough for {LARGEST_EIGENVECTORS}. Choose no more than that."
    )


def recomputes(spec: CurveSpec, n_features: int, limit: int | None = None) -> bool:
    """Whether K has to be evaluated again at each N_D, since K and T do not fit together."""
    training = spec.training
    if training.posterior == "bayes" or not training.converged:
        return False
    shape = (spec.n_train[-1], spec.data.n_test, n_features)
    limit = settings.memory_limit() if limit is None else limit
    return required_bytes(*shape, training, spec.data.zca is not None) > limit


def least_bytes(
    n_train: int, n_test: int, n_features: int, training: TrainingSpec, whitened: bool = False
) -> int:
    """:func:`required_bytes` of the most frugal way."""
    possible = (
        required_bytes(n_train, n_test, n_features, training, whitened, recomputed)
        for recomputed in (False, True)
    )
    return min(possible)


def largest_n_train(
    n_test: int, n_features: int, training: TrainingSpec, limit: int, whitened: bool = False
) -> int:
    """The largest N_D for which the most frugal way stays within ``limit`` bytes; 0 if none."""
    return _largest(lambda n: least_bytes(n, n_test, n_features, training, whitened) <= limit)


def _largest(fits: Callable[[int], bool]) -> int:
    low, high = 0, 2
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def check_memory(spec: CurveSpec, n_features: int, limit: int | None = None) -> int:
    """The estimate for a curve, in bytes.

    Where both kernels do not fit, it is that of the way which keeps one and evaluates the other
    again at each N_D.

    Raises:
        MemoryLimitError: if that exceeds ``limit``, too (default: the settings'), with the
            estimate, the limit, and the largest N_D that would fit.
    """
    limit = settings.memory_limit() if limit is None else limit
    n_test, whitened = spec.data.n_test, spec.data.zca is not None
    if spec.folds is not None:
        return _check_folds_memory(spec, n_features, limit)
    again = recomputes(spec, n_features, limit)
    shape = (spec.n_train[-1], n_test, n_features)
    needed = required_bytes(*shape, spec.training, whitened, again)
    advice = ""
    if needed > limit:
        largest = largest_n_train(n_test, n_features, spec.training, limit, whitened)
        if not spec.training.converged:
            largest = min(largest, LARGEST_EIGENVECTORS)
        advice = f"Not even N_D = 1 fits with N_T = {n_test}."
        if largest:
            advice = f"The largest N_D that fits is {largest}."
    what = f"N_D = {spec.n_train[-1]} with N_T = {n_test} needs"
    within(limit, needed, what, advice)
    if not spec.training.converged:
        check_eigenvectors(spec.n_train[-1])
    return needed


def _check_folds_memory(spec: CurveSpec, n_features: int, limit: int) -> int:
    """The same where folds are tested on: both kernels, the factor of one, its inverse and that
    with both halves, n n each, and what a fold takes of them."""
    n, whitened = spec.n_train[-1], 4 * n_features**2 if spec.data.zca is not None else 0
    needed = BASE + _FLOAT * (6 * n**2 + 2 * n * n_features + whitened)
    what = f"N_D = {n} in {spec.folds} folds needs"
    return within(limit, needed, what, "Choose a smaller N_D, or a held-out test set.")


def check_spectrum_memory(spec: SpectrumSpec, n_features: int, limit: int | None = None) -> int:
    """The estimate for a spectrum, in bytes.

    Counted are both kernels, the eigenvectors and the work space that finds them, 2 n n, the
    prepared inputs, and what whitening takes (as :func:`required_bytes` does).

    Raises:
        MemoryLimitError: if it exceeds ``limit`` (default: the settings').
    """
    limit = settings.memory_limit() if limit is None else limit
    whitened = 4 * n_features**2 if spec.data.zca is not None else 0
    needed = BASE + _FLOAT * (5 * spec.n**2 + 2 * spec.n * n_features + whitened)
    what = f"The eigenvalues of kernels of n = {spec.n} examples need"
    return within(limit, needed, what, "Choose a smaller n.")


def check_foreseen_memory(spec: ForeseenSpec, n_features: int, limit: int | None = None) -> int:
    """The estimate for a learning curve foreseen from a sample of M examples, in bytes.

    Counted are both kernels, those of its halves, 1/2 of that, and the inverse, its symmetric copy,
    the squares of the propagator and what solves with them, 8 M M in all; the prepared inputs, and
    what whitening takes (as :func:`required_bytes` does).

    Raises:
        MemoryLimitError: if it exceeds ``limit`` (default: the settings').
    """
    limit = settings.memory_limit() if limit is None else limit
    m, whitened = spec.sample, 4 * n_features**2 if spec.data.zca is not None else 0
    needed = BASE + _FLOAT * (11 * m**2 + 2 * m * n_features + whitened)
    what = f"A learning curve foreseen from a sample of {m} examples needs"
    return within(limit, needed, what, "Choose a smaller sample.")


def check_descent_memory(spec: DescentSpec, n_features: int, limit: int | None = None) -> int:
    """The estimate for the losses along a training, in bytes.

    Counted are the arrays of :mod:`ntk_uq.theory.descent`, with n = n_train, t = n_test: K, the
    eigenvectors of T and the work space that finds them, 2 n n (later K and its two rotations
    instead); T_dt and K_dt, rotated, and two products, n t each; K_tt, S and two products, t t
    each; the prepared inputs, and what whitening takes (as :func:`required_bytes` does).

    Raises:
        MemoryLimitError: if it exceeds ``limit`` (default: the settings').
    """
    n, what = spec.n_train, "The losses along a training"
    return _check_modes(4 * n**2, n, spec.data, n_features, limit, what)


def check_training_time_memory(
    spec: TrainingTimeSpec, n_features: int, limit: int | None = None
) -> int:
    """The estimate for the losses against training time, in bytes.

    Counted is what :func:`check_descent_memory` counts, and the targets of each level of noise,
    n C each with C taken as 10. After the decomposition, the eigenvectors, the
    rotated K, two arrays of its size for traces and products take the place of its work space.

    Raises:
        MemoryLimitError: if it exceeds ``limit`` (default: the settings').
    """
    n, what = spec.n_train, "The losses against training time"
    squares = 4 * n**2 + 10 * n * len(spec.noises)
    return _check_modes(squares, n, spec.data, n_features, limit, what)


def _check_modes(
    squares: int, n: int, data: DataSpec, n_features: int, limit: int | None, what: str
) -> int:
    """The estimate for kernels in the NTK's eigenvectors; ``squares`` values of training pairs."""
    limit = settings.memory_limit() if limit is None else limit
    t = data.n_test
    whitened = 4 * n_features**2 if data.zca is not None else 0
    values = squares + 4 * n * t + 4 * t**2 + 2 * (n + t) * n_features + whitened
    needed = BASE + _FLOAT * values
    told = f"{what} with N_D = {n} and N_T = {t} need"
    within(limit, needed, told, "Choose a smaller N_D or N_T.")
    check_eigenvectors(n)
    return needed
