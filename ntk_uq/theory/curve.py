"""A whole scaling curve for little more than the price of its largest point.

Training subsets are nested, so kernels and Cholesky factor grow with N_D and nothing is computed
twice; see docs/theory.md for the equations and docs/architecture.md for the bookkeeping.
"""

import math
import time
from collections.abc import Container, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq import datasets
from ntk_uq.datasets import Dataset, Split
from ntk_uq.errors import KernelOverflowError, SingularKernelError
from ntk_uq.results import Point
from ntk_uq.specs import CurveSpec, TrainingSpec
from ntk_uq.theory.cholesky import GrowingCholesky
from ntk_uq.theory.filters import smoother
from ntk_uq.theory.kernels import TILE, Kernels
from ntk_uq.theory.losses import LossMoments
from ntk_uq.theory.memory import check_memory
from ntk_uq.theory.moments import loss_moments
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.soundness import advice, doubts


@runtime_checkable
class Posterior(Protocol):
    """The Gaussian of the test outputs for growing training subsets.

    Attributes:
        prior_variance: tr K_tt / N_T, the outputs' variance before training.
    """

    prior_variance: float

    def grow(self, n: int) -> None:
        """Takes in the training examples up to the first n."""

    def gaussian(self) -> tuple[Float[np.ndarray, "t c"], Float[np.ndarray, "t t"], float]:
        """Mean m, covariance S, and the condition number, at the size last grown to."""


class BayesPosterior:
    """``m = K_td K_dd^-1 Y``, ``S = K_tt - K_td K_dd^-1 K_dt``: the NNGP posterior.

    With ``K_dd + ridge = L L'``, ``A = L^-1 K_dt`` and ``Z = L^-1 Y`` these are ``A' Z`` and
    ``K_tt - A' A``: sums over training examples that only grow.
    """

    def __init__(self, kernels: Kernels, split: Split, ridge: float) -> None:
        self.kernels, self.split, self.ridge = kernels, split, ridge
        n, t = len(split.x_train), len(split.x_test)
        self.factor = GrowingCholesky(n)
        self.solved = np.empty((n, t + split.y_train.shape[1]))  # A and Z side by side
        self.solved[:, t:] = split.y_train
        self.n_test = t
        self.ready = 0  # rows of kernels that are there, factored or not
        (self.covariance,) = kernels.symmetric(split.x_test)
        self.prior_variance = float(np.trace(self.covariance)) / t
        self.mean = np.zeros_like(split.y_test)

    def grow(self, n: int) -> None:
        old, t = self.factor.size, self.n_test
        if n > self.ready:
            rows = _next_rows(self.ready, n, len(self.split.x_train))
            x = self.split.x_train[: rows.stop]
            self.kernels.extend((self.factor.matrix[: rows.stop, : rows.stop],), x, rows.start)
            (self.solved[rows, :t],) = self.kernels.cross(x[rows], self.split.x_test)
            self.ready = rows.stop
        _add_diagonal(self.factor.matrix, old, n, self.ridge)
        self.factor.extend(n)
        self.factor.solve_lower(self.solved[:n], old)
        a, z = self.solved[old:n, :t], self.solved[old:n, t:]
        self.mean += a.T @ z
        self.covariance -= a.T @ a

    def gaussian(self) -> tuple[np.ndarray, np.ndarray, float]:
        return self.mean, self.covariance, self.factor.condition()


class TrainedEnsemble:
    """``m = W' Y``, ``S = K_tt + W' K_dd W - W' K_dt - K_dt' W``: networks after training.

    ``W = T^-1 g(T) T_dt`` with the NTK T and the NNGP kernel K (Lee et al., arXiv:1902.06720,
    eqs. 14 and 15). To convergence W comes from the Cholesky factor of T + ridge, otherwise from
    its eigenvectors.
    """

    def __init__(
        self, kernels: Kernels, split: Split, ridge: float, training: TrainingSpec
    ) -> None:
        self.kernels, self.split, self.ridge, self.training = kernels, split, ridge, training
        n, t = len(split.x_train), len(split.x_test)
        self.nngp = np.empty((n, n))
        self.factor = GrowingCholesky(n)  # of T to convergence; otherwise only T's own storage
        self.nngp_dt, self.ntk_dt = np.empty((n, t)), np.empty((n, t))
        (self.nngp_tt,) = Kernels(kernels.spec, ("nngp",)).symmetric(split.x_test)
        self.prior_variance = float(np.trace(self.nngp_tt)) / t
        self.size = 0
        self.ready = 0  # rows of kernels that are there, factored or not

    def grow(self, n: int) -> None:
        old = self.size
        if n > self.ready:
            rows = _next_rows(self.ready, n, len(self.split.x_train))
            x, square = self.split.x_train[: rows.stop], (slice(rows.stop), slice(rows.stop))
            self.kernels.extend((self.nngp[square], self.factor.matrix[square]), x, rows.start)
            self.nngp_dt[rows], self.ntk_dt[rows] = self.kernels.cross(x[rows], self.split.x_test)
            self.ready = rows.stop
        if self.training.converged:
            _add_diagonal(self.factor.matrix, old, n, self.ridge)
            self.factor.extend(n)
            # From here on ntk_dt holds L^-1 T_dt.
            self.factor.solve_lower(self.ntk_dt[:n], old)
        self.size = n

    def gaussian(self) -> tuple[np.ndarray, np.ndarray, float]:
        n = self.size
        if self.training.converged:
            w, condition = self.factor.solve_upper(self.ntk_dt[:n]), self.factor.condition()
        else:
            ntk = np.array(self.factor.matrix[:n, :n], order="F")
            w, condition = smoother(ntk, self.ntk_dt[:n], self.ridge, self.training)
        nngp_dt = self.nngp_dt[:n]
        v = self.nngp[:n, :n] @ w
        v -= nngp_dt
        covariance = w.T @ v
        covariance -= nngp_dt.T @ w
        covariance += self.nngp_tt
        return w.T @ self.split.y_train[:n], (covariance + covariance.T) / 2, condition


def evaluate_draw(
    spec: CurveSpec, draw: int, skip: Container[int] = (), dataset: Dataset | None = None
) -> Iterator[Point]:
    """The points of one draw, small N_D first, each as soon as it is ready.

    Args:
        spec: the curve.
        draw: which of its draws.
        skip: values of N_D whose points are not wanted (known already); they cost only what the
            larger ones need of them.
        dataset: the data set, if it is not the registered one of that name.

    Yields:
        A :class:`~ntk_uq.results.Point` for each N_D that is not skipped. From the first N_D at
        which the kernel is not positive definite, or not finite, points carry the reason instead
        of numbers.

    Raises:
        SpecError: if the data set is not as large.
        DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit.
    """
    wanted = [n for n in spec.n_train if n not in skip]
    if not wanted:
        return
    clock = time.perf_counter()
    dataset = datasets.get_for(spec.data, wanted[-1], dataset)
    check_memory(spec, dataset.n_features)
    split = datasets.load_split(dataset, spec.data, wanted[-1], draw)
    origin, ridge, left = provenance(dataset, spec.data, split), 0.0, list(wanted)
    try:
        posterior, ridge = _posterior(spec, split, dataset)
        for n in wanted:
            posterior.grow(n)
            mean, covariance, condition = posterior.gaussian()
            moments = _finite_moments(mean, covariance, split.y_test)
            now = time.perf_counter()
            yield Point(
                n_train=n,
                draw=draw,
                **vars(moments),
                condition=condition if np.isfinite(condition) else None,
                ridge=ridge,
                seconds=now - clock,
                warnings=doubts(
                    moments, condition, posterior.prior_variance, spec.data.n_test, spec.training
                ),
                provenance=origin,
            )
            clock = time.perf_counter()
            left.remove(n)
    except (SingularKernelError, scipy.linalg.LinAlgError) as error:
        reason = f"{error} {advice(spec.training)}"
    except KernelOverflowError as error:
        reason = str(error)
    else:
        return
    for n in left:
        yield Point(n, draw, ridge=ridge, failure=reason, provenance=origin)


def _finite_moments(
    mean: Float[np.ndarray, "t c"],
    covariance: Float[np.ndarray, "t t"],
    targets: Float[np.ndarray, "t c"],
) -> LossMoments:
    with np.errstate(over="ignore", invalid="ignore"):
        moments = loss_moments(mean, covariance, targets)
    if not all(math.isfinite(value) for value in vars(moments).values() if value is not None):
        raise KernelOverflowError(
            "The moments of the loss are not finite in float64: the outputs of the networks are "
            "too large; choose smaller sigma_w and sigma_b, or fewer layers."
        )
    return moments


def _posterior(spec: CurveSpec, split: Split, dataset: Dataset) -> tuple[Posterior, float]:
    """The posterior, and the ridge that the relative jitter means."""
    bayes = spec.training.posterior == "bayes"
    kernels = Kernels(spec.architecture, ("nngp",) if bayes else ("nngp", "ntk"))
    ridge = ridge_of(spec.training.jitter, kernels, dataset, spec.data)
    if bayes:
        return BayesPosterior(kernels, split, ridge), ridge
    return TrainedEnsemble(kernels, split, ridge, spec.training), ridge


def _next_rows(ready: int, n: int, n_all: int) -> slice:
    """The rows of kernels to evaluate when ``ready`` are there and ``n`` are needed.

    Whole tiles, as far as the training set reaches: a tile costs the same however little of it is
    wanted now, and the next N_D then finds its rows there.
    """
    return slice(ready, min(-(-n // TILE) * TILE, n_all))


def _add_diagonal(matrix: np.ndarray, low: int, high: int, value: float) -> None:
    index = np.arange(low, high)
    matrix[index, index] += value
