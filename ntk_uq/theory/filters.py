"""Spectral filters: how far gradient descent has got along each eigenvector of the NTK."""

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.specs import TrainingSpec


def inverse_filter(
    eigenvalues: Float[np.ndarray, "n"], training: TrainingSpec
) -> Float[np.ndarray, "n"]:
    """``g(lambda) / lambda`` at finite training time, finite at lambda = 0.

    Gradient descent on ``sum |f - y|^2 / 2`` closes the share ``g`` of the distance to the target
    along an eigenvector of eigenvalue ``lambda``:

        g = 1 - exp(-lambda t)              gradient flow for time t
        g = 1 - (1 - s lambda)^k            k steps of size s = eta / lambda_max

    Args:
        eigenvalues: of the NTK on the training set; rounding below zero counts as zero.
        training: a specification with a time or a number of steps.

    Raises:
        ValueError: if the training runs to convergence, where ``g / lambda = 1 / lambda``.
    """
    if training.time is not None:
        return flow_filter(eigenvalues, training.time)[0]
    if training.steps is None:
        raise ValueError("inverse_filter is for a finite training time")
    return descent_filter(eigenvalues, training.steps, training.eta)[0]


def flow_filter(
    eigenvalues: Float[np.ndarray, "n"], time: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """``g / lambda`` and ``1 - g`` after gradient flow for a time t.

        g = 1 - exp(-lambda t)

    ``g / lambda`` is finite at lambda = 0, where it is t.

    Args:
        eigenvalues: of the NTK on the training set; rounding below zero counts as zero.
        time: t, in units of 1/eigenvalue.
    """
    x = np.maximum(eigenvalues, 0.0) * time
    return time * _ratio(-np.expm1(-x), x), np.exp(-x)


def descent_filter(
    eigenvalues: Float[np.ndarray, "n"], steps: int, eta: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """``g / lambda`` and ``1 - g`` after ``steps`` steps of gradient descent.

        g = 1 - (1 - s lambda)^k            k steps of size s = eta / lambda_max

    Each has its own digits: ``g / lambda`` is finite at lambda = 0, and ``1 - g``, the share of
    the distance to the target that is left, is exact however small.

    Args:
        eigenvalues: of the NTK on the training set; rounding below zero counts as zero.
        steps: k; 0 is no training, where g = 0 exactly.
        eta: step size in units of ``1 / lambda_max``, below 2.

    Raises:
        SingularKernelError: if no eigenvalue is above zero.
    """
    lam = np.maximum(eigenvalues, 0.0)
    if not lam.max() > 0:
        raise SingularKernelError("The NTK of the training subset vanishes in float64.")
    if steps == 0:
        return np.zeros_like(lam), np.ones_like(lam)
    step = eta / lam.max()
    x = step * lam
    with np.errstate(divide="ignore"):
        # eta may exceed 1: then 1 - x is negative for the largest eigenvalues and alternates.
        kept = np.exp(steps * np.log1p(-np.minimum(x, 1.0)))
        small = -np.expm1(steps * np.log1p(-np.minimum(x, 0.5)))
    sign = -1.0 if steps % 2 else 1.0
    kept = np.where(x > 1, sign * np.exp(steps * np.log(np.maximum(x - 1, 1e-300))), kept)
    g = np.where(x < 0.5, small, 1 - kept)
    return steps * step * _ratio(g, steps * x), kept


def smoother(
    ntk: Float[np.ndarray, "n n"],
    ntk_dt: Float[np.ndarray, "n t"],
    ridge: float,
    training: TrainingSpec,
) -> tuple[Float[np.ndarray, "n t"], float]:
    """``W = T^-1 g(T) T_dt`` and the condition number of ``T / g(T)``, from T's eigenvectors.

    At finite time it is ``T / g(T)`` that is inverted, and its condition that amplifies rounding:
    directions that the training has not reached are harmless however small their eigenvalues.

    Args:
        ntk: T on the training set, of which only the lower triangle is used; overwritten.
        ntk_dt: T between training and test set.
        ridge: added to the diagonal of T.
        training: a specification with a time or a number of steps.
    """
    ntk[np.diag_indices_from(ntk)] += ridge
    # Transposed, the lower triangle has LAPACK's order and is overwritten, not copied.
    eigenvalues, vectors = scipy.linalg.eigh(
        ntk.T, lower=False, driver="evd", overwrite_a=True, check_finite=False
    )
    projected = vectors.T @ ntk_dt
    inverse = inverse_filter(eigenvalues, training)
    projected *= inverse[:, None]
    return vectors @ projected, float(inverse.max() / inverse.min())


def _ratio(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """``g / x`` with its limit 1 at zero."""
    return np.where(x > 0, g / np.where(x > 0, x, 1.0), 1.0)
