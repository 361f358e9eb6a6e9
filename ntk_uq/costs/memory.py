"""What a curve needs in memory, told before it starts."""

from collections.abc import Callable

from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.kernels import LARGEST_TILE, WIDTH
from ntk_uq.specs import (
    CurveSpec,
    DataSpec,
    DescentSpec,
    SpectrumSpec,
    TrainingSpec,
    TrainingTimeSpec,
)

_FLOAT = 8
BASE = 480 * 2**20
"""Python, JAX and its compiler, and the tiles in flight, in bytes (measured)."""

DEVICE_BASE = 600 * 2**20
"""An accelerator's libraries and work space, and the tiles in flight, in bytes (assumed)."""


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


def device_bytes(
    n_train: int,
    n_test: int,
    n_features: int,
    training: TrainingSpec,
    kept: bool = True,
    mixed: bool = False,
) -> int:
    """Peak of an accelerator's own memory for one draw up to ``n_train``, in bytes.

    Counted is what :mod:`ntk_uq.theory.device_posterior` holds at the same time, in tiles of which
    those on the diagonal are whole; n = n_train, t = n_test, b the largest tile:

        elimination           T or L, and K but for Bayesian networks (n n / 2 each); what is left
                              of both on the test set (n t each); two panels (b (n + t) each)
        solution              L (n n / 2), in mixed precision in float32; T_dt, W, what is left of
                              T_dt and three more while W is refined (n t each)
        at finite time        T, its two triangles, its eigenvectors, LAPACK's work space (6 n n)

    and the covariance with the prior (t t each), and the inputs with those of padding.

    Args:
        kept: whether both kernels are kept. mixed: whether the factor is in float32.
    """
    n, t = n_train, n_test
    squares, rectangles = (0.5, 1.0) if training.posterior == "bayes" else (1.0, 2.0)
    if not training.converged:
        squares, rectangles = 6.0, 5.0
    elif mixed or not kept:
        squares, rectangles = (0.25 if mixed else 0.5), 6.0
    values = squares * n * (n + LARGEST_TILE) + rectangles * n * t + 2 * t**2
    values += 2 * LARGEST_TILE * (n + t) + 2 * (n + t) * n_features
    return DEVICE_BASE + int(_FLOAT * values)


def largest_on_device(
    limit: int,
    n_test: int,
    n_features: int,
    training: TrainingSpec,
    kept: bool = True,
    mixed: bool = False,
) -> int:
    """The largest N_D whose :func:`device_bytes` stay within ``limit``; 0 if none does."""
    return _largest(lambda n: device_bytes(n, n_test, n_features, training, kept, mixed) <= limit)


def check_device_memory(spec: CurveSpec, n_features: int, limit: int, mixed: bool = False) -> bool:
    """Whether both kernels of a curve can be kept in an accelerator's memory.

    Args:
        limit: bytes of that memory. mixed: whether the factor is in float32.

    Raises:
        MemoryLimitError: if the curve does not even fit with one of them evaluated again.
    """
    n_test, training = spec.data.n_test, spec.training
    shape = (spec.n_train[-1], n_test, n_features, training)
    if not mixed and device_bytes(*shape) <= limit:
        return True
    if training.converged and device_bytes(*shape, kept=False, mixed=mixed) <= limit:
        return False
    largest = largest_on_device(limit, n_test, n_features, training, False, mixed)
    raise MemoryLimitError(
        f"n_train = {spec.n_train[-1]} with n_test = {n_test} needs about "
        f"{settings.format_bytes(device_bytes(*shape, kept=False, mixed=mixed))} of the "
        f"accelerator's memory; it has {settings.format_bytes(limit)}. The largest n_train that "
        f"fits is {largest}."
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
    again = recomputes(spec, n_features, limit)
    shape = (spec.n_train[-1], n_test, n_features)
    needed = required_bytes(*shape, spec.training, whitened, again)
    advice = ""
    if needed > limit:
        largest = largest_n_train(n_test, n_features, spec.training, limit, whitened)
        advice = f"Not even n_train = 1 fits with n_test = {n_test}."
        if largest:
            advice = f"The largest n_train that fits is {largest}."
    what = f"n_train = {spec.n_train[-1]} with n_test = {n_test} needs"
    return within(limit, needed, what, advice)


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
    told = f"{what} with n_train = {n} and n_test = {t} need"
    return within(limit, needed, told, "Choose a smaller n_train or n_test.")
