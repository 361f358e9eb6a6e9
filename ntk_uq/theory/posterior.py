"""The Gaussian of the test outputs for growing training subsets.

Subsets are nested, so that a factorization which has reached n examples has passed all smaller
ones; see docs/theory.md for the equations and docs/architecture.md for the bookkeeping.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.costs.kernels import WIDTH
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.theory.condition import Conditions
from ntk_uq.theory.filters import smoother
from ntk_uq.theory.gaussian import Gaussian, LossOf
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import LossSums
from ntk_uq.theory.panels import Panels, multiply_half, solve_upper, subtract
from ntk_uq.theory.route import Route, stages
from ntk_uq.theory.subsets import SubsetKernels


@runtime_checkable
class Posterior(Protocol):
    """What training makes of the outputs' Gaussian.

    Attributes:
        prior_variance: tr K_tt / N_T, the outputs' variance before training.
    """

    prior_variance: float

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        """The Gaussian for each size of the training subset, rising, each when it is ready.

        Raises:
            SingularKernelError: at the first size whose kernel is not positive definite.
        """

    def moments_at(self, sizes: Sequence[int]) -> Iterator[LossOf]:
        """The moments of the test loss in place of the Gaussian, as :meth:`at`."""


class _OnProcessor:
    split: Split

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        raise NotImplementedError

    def moments_at(self, sizes: Sequence[int]) -> Iterator[LossOf]:
        for mean, covariance, condition, residual in self.at(sizes):
            with np.errstate(over="ignore", invalid="ignore"):
                sums = LossSums.of(mean, covariance, self.split.y_test)
                shape = self.split.y_test.shape
                loss = LossOf(sums.moments(*shape), sums.errors(*shape), condition, residual)
            yield loss


class _Stage:
    """Kernels of the first n training examples with everything, and T's factor as it grows.

    The rows of T's panels are the training examples, the test examples, and the targets: what the
    factorization makes of them is L, ``A' = T_td L'^-1`` and ``Z' = Y' L'^-1``.
    """

    def __init__(self, split: Split, sizes: Sequence[int]) -> None:
        self.sizes, n = sizes, sizes[-1]
        self.n, self.n_test = n, len(split.x_test)
        self.cuts = _cuts(0, n, sizes)
        self.targets = split.y_train[:n].T
        self.mean = np.zeros(split.y_test.shape)

    def panels(self, test_columns: bool = False, targets: bool = False) -> Panels:
        m = self.n + self.n_test
        more = _cuts(self.n, m, ())[1:] if test_columns else ()
        return Panels((*self.cuts, *more), m + (len(self.targets) if targets else 0))

    def fill(self, subsets: SubsetKernels, **into: Panels) -> None:
        """Evaluates kernels into panels, each named after its kernel."""

        def write(rows: slice, columns: slice, tiles: tuple[np.ndarray, ...]) -> None:
            for panels, tile in zip(into.values(), tiles, strict=True):
                panels.write(rows, columns, tile)

        subsets.lower(self.n, tuple(into), write)

    def put_targets(self, ntk: Panels) -> None:
        for low, high, rows in ntk.below(self.n, self.n + self.n_test, ntk.n_rows):
            rows[:] = self.targets[:, low:high]

    def factor(self, ntk: Panels) -> Iterator[tuple[int, int | None]]:
        """Each panel of T that is done, with the size that it completes, if it does."""
        n, m = self.n, self.n + self.n_test
        for j, (low, high) in enumerate(ntk.ranges):
            try:
                ntk.eliminate(j)
            except np.linalg.LinAlgError:
                size = next(size for size in self.sizes if size >= high)
                raise SingularKernelError(
                    f"The kernel matrix of {size} examples is not positive definite in float64."
                ) from None
            rows = ntk.columns[j]
            self.mean += rows[n - low : m - low] @ rows[m - low :].T  # A' Z
            yield j, high if high in self.sizes else None


class BayesPosterior(_OnProcessor):
    """``m = K_td K_dd^-1 Y``, ``S = K_tt - K_td K_dd^-1 K_dt``: the NNGP posterior.

    With ``K_dd + ridge = L L'``, ``A = L^-1 K_dt`` and ``Z = L^-1 Y`` these are ``A' Z`` and
    ``K_tt - A' A``: sums over training examples that only grow.
    """

    def __init__(
        self, kernels: Kernels, split: Split, ridge: float, subsets: SubsetKernels | None = None
    ) -> None:
        self.subsets = subsets or SubsetKernels(kernels, split)
        self.split, self.ridge = split, ridge
        self.prior = self.subsets.prior()
        self.prior_variance = float(np.mean(np.diagonal(self.prior)))

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        for part in stages(sizes):
            stage = _Stage(self.split, part)
            nngp = stage.panels(targets=True)
            stage.fill(self.subsets, nngp=nngp)
            stage.put_targets(nngp)
            nngp.add_diagonal(self.ridge)
            covariance, conditions = np.array(self.prior), Conditions(nngp)
            for j, size in stage.factor(nngp):
                low = nngp.cuts[j]
                a = nngp.columns[j][stage.n - low : stage.n - low + stage.n_test]
                subtract(covariance, a, a)
                if size:
                    symmetric = (covariance + covariance.T) / 2
                    yield Gaussian(np.array(stage.mean), symmetric, conditions.at(size))


class TrainedEnsemble(_OnProcessor):
    """``m = W' Y``, ``S = K_tt + W' K_dd W - W' K_dt - K_dt' W``: networks after training.

    ``W = T^-1 g(T) T_dt`` with the NTK T and the NNGP kernel K (Lee et al., arXiv:1902.06720,
    eqs. 14 and 15). There are three routes to S, and :mod:`ntk_uq.theory.route` chooses:

    - *elimination*, to convergence: every step of T's factorization is done to K as well, on both
      sides. Behind n steps what is left of K on the test set is S, whatever the sizes before.
    - *solution*, to convergence: W by the factor, and its products with K, at each size anew.
      Cheaper for few sizes; and it can do without K in memory, evaluating it again tile by tile.
    - *modes*, at finite time: W from the eigenvectors of T at each size, then the same products.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        ridge: float,
        training: TrainingSpec,
        route: Route | None = None,
        subsets: SubsetKernels | None = None,
    ) -> None:
        self.subsets = subsets or SubsetKernels(kernels, split)
        self.split, self.ridge, self.training = split, ridge, training
        self.route = route
        self.prior = self.subsets.prior()
        self.prior_variance = float(np.mean(np.diagonal(self.prior)))

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        for part in stages(sizes):
            route = self.route or Route.of(part, len(self.split.x_test), self.training)
            stage = _Stage(self.split, part)
            ntk = stage.panels(targets=True)
            nngp = stage.panels(test_columns=route is Route.ELIMINATION)
            if route is Route.RECOMPUTATION:
                stage.fill(self.subsets, ntk=ntk)
            else:
                stage.fill(self.subsets, nngp=nngp, ntk=ntk)
            stage.put_targets(ntk)
            if route is Route.MODES:
                yield from self._by_modes(stage, ntk, nngp)
            elif route is Route.ELIMINATION:
                yield from self._by_elimination(stage, ntk, nngp)
            else:
                yield from self._by_solution(stage, ntk, nngp if route is Route.SOLUTION else None)
            del ntk, nngp

    def _by_elimination(self, stage: _Stage, ntk: Panels, nngp: Panels) -> Iterator[Gaussian]:
        n, m = stage.n, stage.n + stage.n_test
        nngp.write(slice(n, m), slice(n, m), self.prior)
        ntk.add_diagonal(self.ridge)
        conditions = Conditions(ntk)
        for j, size in stage.factor(ntk):
            nngp.transform(j, ntk)
            if size:
                covariance = np.empty_like(self.prior)
                for (low, high), rows in zip(nngp.ranges, nngp.columns, strict=True):
                    if low >= n:
                        covariance[low - n :, low - n : high - n] = rows
                        covariance[low - n : high - n, low - n :] = rows.T
                yield Gaussian(np.array(stage.mean), covariance, conditions.at(size))

    def _by_solution(self, stage: _Stage, ntk: Panels, nngp: Panels | None) -> Iterator[Gaussian]:
        ntk.add_diagonal(self.ridge)
        conditions = Conditions(ntk)
        for _, size in stage.factor(ntk):
            if size:
                w = np.empty((size, stage.n_test))
                for low, high, rows in ntk.below(size, stage.n, stage.n + stage.n_test):
                    w[low:high] = rows.T
                solve_upper(ntk, w)
                covariance = self._covariance(stage, w, nngp)
                yield Gaussian(np.array(stage.mean), covariance, conditions.at(size))

    def _by_modes(self, stage: _Stage, ntk: Panels, nngp: Panels) -> Iterator[Gaussian]:
        for size in stage.sizes:
            ntk_dt = np.empty((size, stage.n_test))
            for low, high, rows in ntk.below(size, stage.n, stage.n + stage.n_test):
                ntk_dt[low:high] = rows.T
            w, number = smoother(ntk.square(size), ntk_dt, self.ridge, self.training)
            covariance = self._covariance(stage, w, nngp)
            yield Gaussian(w.T @ self.split.y_train[:size], covariance, number)

    def _covariance(
        self, stage: _Stage, w: Float[np.ndarray, "n t"], nngp: Panels | None
    ) -> Float[np.ndarray, "t t"]:
        """S from W: with H the lower triangle of K and half its diagonal,

        ``S = K_tt + G + G'``, ``G = W' (H W - K_dt)``, for K = H + H'.
        """
        size = len(w)
        v = np.zeros_like(w)
        if nngp is None:
            self._accumulate(w, v)
        else:
            multiply_half(nngp, w, v)
            for low, high, rows in nngp.below(size, stage.n, stage.n + stage.n_test):
                v[low:high] -= rows.T
        half = w.T @ v
        covariance = half + half.T
        covariance += self.prior
        return covariance

    def _accumulate(self, w: Float[np.ndarray, "n t"], v: Float[np.ndarray, "n t"]) -> None:
        """``v += H w - K_dt`` without K in memory: each tile is used where it is made."""
        size, lock = len(w), threading.Lock()

        def use(rows: slice, columns: slice, tiles: tuple[np.ndarray, ...]) -> None:
            (tile,) = tiles
            if rows.start >= size:  # the test set's
                with lock:
                    v[columns, rows.start - size : rows.stop - size] -= tile.T
                return
            if rows.start == columns.start:
                tile = np.tril(tile) - np.diag(np.diagonal(tile) / 2)
            product = tile @ w[columns]
            with lock:
                v[rows] += product

        self.subsets.lower(size, ("nngp",), use)


def _cuts(start: int, stop: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """Where panels end: at every size, and nowhere further apart than their width."""
    cuts = [start]
    for end in (*[n for n in sizes if start < n < stop], stop):
        parts = -(-(end - cuts[-1]) // WIDTH)
        cuts += [cuts[-1] + (end - cuts[-1]) * k // parts for k in range(1, parts + 1)]
    return tuple(cuts)
