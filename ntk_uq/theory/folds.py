"""Networks trained on all examples but a fold, and tested on it: every example is a test example.

From one inverse of the n x n kernel, instead of one training a fold.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.specs.testing import fold_sizes
from ntk_uq.theory.gaussian import LossOf
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import LossSums

Matrix = Float[np.ndarray, "n n"]


class Fold(NamedTuple):
    """The outputs on the examples of one fold, of networks that were trained on all others.

    Attributes:
        residual: r = m - y, (f, C). covariance: S, (f, f), symmetric, over initializations.
    """

    residual: Float[np.ndarray, "f c"]
    covariance: Float[np.ndarray, "f f"]


class Inverse:
    """``P = (T + ridge)^-1`` of all n examples.

    Args:
        kernel: T, (n, n), or K for Bayesian networks.
        ridge: on its diagonal.

    Raises:
        SingularKernelError: if the sum is not positive definite in float64.
    """

    def __init__(self, kernel: Matrix, ridge: float) -> None:
        n, self.ridge = len(kernel), ridge
        lower = np.array(kernel, order="F")
        lower[np.diag_indices(n)] += ridge
        norm = float(np.abs(lower).sum(axis=0).max())
        lower, info = scipy.linalg.lapack.dpotrf(lower, lower=1, clean=0, overwrite_a=1)
        if info:
            raise SingularKernelError(
                f"The kernel matrix of {n} examples is not positive definite in float64."
            )
        reciprocal, _ = scipy.linalg.lapack.dpocon(lower, norm, uplo="L")
        self.condition = 1 / reciprocal if reciprocal > 0 else np.inf
        inverse, _ = scipy.linalg.lapack.dpotri(lower, lower=1, overwrite_c=1)
        self.matrix: Matrix = inverse + np.tril(inverse, -1).T - np.triu(inverse, 1)


def trained(
    ntk: Inverse, nngp: Matrix, targets: Float[np.ndarray, "n c"], parts: list[slice]
) -> Iterator[Fold]:
    """The folds of networks after training to convergence.

    The inverse of T without the rows and columns of a fold F follows from that of all of T, so
    that, with ``P = (T + ridge)^-1`` and the NNGP kernel K,

        r_F = -(P_FF)^-1 (P Y)_F,    S_FF = (P_FF)^-1 (P K P)_FF (P_FF)^-1

    are exactly the residual m - y and the covariance there of :mod:`ntk_uq.theory.posterior` for
    the other examples as training set and F as test set: ``(P_FF)^-1 P_F v = v_F - T_Fd (T_dd +
    ridge)^-1 v_d`` for every v, here the targets and the outputs at initialization. For F of one
    example, r is the residual of leave-one-out (Allen, Technometrics 16 (1974) 125).

    Args:
        ntk: P. nngp: K, (n, n). targets: Y, (n, C). parts: the folds.
    """
    moved = ntk.matrix @ targets
    for part in parts:
        rows = ntk.matrix[part]
        own = scipy.linalg.cho_factor(rows[:, part], lower=True)
        half = rows @ nngp @ rows.T
        solved = scipy.linalg.cho_solve(own, scipy.linalg.cho_solve(own, half).T)
        yield Fold(-scipy.linalg.cho_solve(own, moved[part]), (solved + solved.T) / 2)


def bayesian(
    nngp: Inverse, targets: Float[np.ndarray, "n c"], parts: list[slice]
) -> Iterator[Fold]:
    """The same of the Bayesian posterior: ``S_FF = (P_FF)^-1 - ridge``, with
    ``P = (K + ridge)^-1``."""
    moved = nngp.matrix @ targets
    for part in parts:
        rows = nngp.matrix[part, part]
        own = scipy.linalg.cho_factor(rows, lower=True)
        covariance = scipy.linalg.cho_solve(own, np.eye(len(rows)))
        covariance[np.diag_indices(len(rows))] -= nngp.ridge
        yield Fold(-scipy.linalg.cho_solve(own, moved[part]), (covariance + covariance.T) / 2)


class InFolds:
    """The moments of the loss with folds of the training set as test sets.

    Kernels are evaluated once, of the largest training set; smaller ones are its first examples.

    Args:
        kernels: of the network: the NNGP alone for Bayesian networks, otherwise both.
        split: whose training set it is.
        ridge: on the diagonal of T, or of K for Bayesian networks.
        training: how the networks were trained; to convergence.
        folds: how many.
        noise: of the training targets, (n, C), which what is tested against has not; None for none.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        ridge: float,
        training: TrainingSpec,
        folds: int,
        noise: Float[np.ndarray, "n c"] | None = None,
    ) -> None:
        self._split, self._ridge, self._folds = split, ridge, folds
        self._noise = np.zeros_like(split.y_train) if noise is None else noise
        self._bayes = training.posterior == "bayes"
        self._matrices = kernels.symmetric(split.x_train)
        self.prior_variance = float(np.mean(np.diagonal(self._matrices[0])))

    def moments_at(self, sizes: Sequence[int]) -> Iterator[LossOf]:
        """The moments at each number of examples, rising; of their test sets, N_T = n / folds.

        Raises:
            SingularKernelError: at the first n whose kernel is not positive definite.
        """
        for n in sizes:
            targets, parts = self._split.y_train[:n], parts_of(n, self._folds)
            nngp, *ntk = (kernel[:n, :n] for kernel in self._matrices)
            inverse = Inverse(nngp if self._bayes else ntk[0], self._ridge)
            found = (
                bayesian(inverse, targets, parts)
                if self._bayes
                else trained(inverse, nngp, targets, parts)
            )
            of_each = (
                LossSums.of(fold.residual, fold.covariance, -self._noise[part])
                for part, fold in zip(parts, found, strict=True)
            )
            sums = functools.reduce(LossSums.__add__, of_each)
            shape = n, targets.shape[1], fold_sizes(n, self._folds)
            yield LossOf(sums.moments(*shape), sums.errors(*shape), inverse.condition)


def parts_of(n: int, folds: int) -> list[slice]:
    """The first n examples in folds, one after the other, that differ in size by one at most."""
    ends = [0, *itertools.accumulate(fold_sizes(n, folds))]
    return [slice(low, high) for low, high in itertools.pairwise(ends)]
