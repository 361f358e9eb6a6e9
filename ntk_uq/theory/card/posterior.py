"""The outputs' Gaussian on an accelerator: kernels, factor and covariances stay in its memory."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ntk_uq.base.device_errors import is_full
from ntk_uq.base.errors import SingularKernelError
from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.memory import LARGEST_EIGENVECTORS, CardRoute
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.theory.card import factor, moments
from ntk_uq.theory.card.condition import CardConditions
from ntk_uq.theory.card.kernels import CardExamples, CardKernels, Whole
from ntk_uq.theory.filters import inverse_filter
from ntk_uq.theory.gaussian import Gaussian, LossOf
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.route import stages

log = logging.getLogger(__name__)

_COMPARED = 8192
"""Examples up to which the processor is asked where the accelerator finds no factor."""

_DECOMPOSED = 2048
"""The same of eigenvectors, which take it longer."""

_REFINEMENTS = 12
_RESIDUAL = 1e-11
"""Where refinement ends, relative to the largest entry of T_dt."""


class _Found(NamedTuple):
    """What is on the accelerator of one point."""

    n: int
    outputs: moments.Outputs
    condition: float
    residual: float | None


class CardPosterior:
    """``N(m, S)`` of trained networks or of Bayesian ones, for growing training subsets.

    The same algebra as :mod:`ntk_uq.theory.posterior`, on whole matrices. Subsets are nested: T is
    factored once, and ``L^-1 T_dt`` solved once, of which every smaller subset has the leading
    part. At each N_D there follow one more solve for W, and the product K W.

    - *whole*: both kernels are kept; T's factor takes T's place.
    - *factor*: T's factor alone is kept, and K is evaluated again at each N_D, panel by panel.
    - *mixed*: T's factor is in float32, and the solution refined with residuals of T in float64,
      evaluated again.
    - at finite time: eigenvectors of T at each N_D.

    Args:
        kernels: of the network: the NNGP alone for Bayesian networks, otherwise both.
        split: training and test set.
        ridge: added to the diagonal of T, or of K for Bayesian networks.
        training: how the networks were trained.
        route: what is kept.
        otherwise: what is kept instead from where a kernel is too ill-conditioned for mixed
            precision on; None, or mixed, where nothing else is to be tried.

    Where the memory turns out to be full all the same, less is kept from there on.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        ridge: float,
        training: TrainingSpec,
        route: CardRoute = CardRoute.WHOLE,
        otherwise: CardRoute | None = None,
    ) -> None:
        self.kernels, self.split, self.ridge, self.training = kernels, split, ridge, training
        self.bayes = training.posterior == "bayes"
        self._otherwise = otherwise
        self._keep(route)
        self.solved = "nngp" if self.bayes else "ntk"  # of which equations are solved
        with jax.enable_x64(True):
            self._test = CardExamples(kernels, split.x_test)
            self._y_test = jnp.asarray(_filled(split.y_test, self._test.size))
            (prior,) = CardKernels(kernels).between(self._test, self._test, ("nngp",))
            # What fills up has no variance here, since it is no example of the test set.
            inside = jnp.arange(self._test.size) < self._test.n
            self._prior = jnp.where(inside[:, None] & inside[None, :], prior, 0.0)
            (own,) = self._test.inputs.diagonal(("nngp",))
        self.prior_variance = float(np.mean(own))

    def _keep(self, route: CardRoute) -> None:
        self.route = route
        self.mixed = route is CardRoute.MIXED and self.training.converged
        self.kept = route is CardRoute.WHOLE and not self.bayes

    def at(self, sizes: Sequence[int]) -> Iterator[Gaussian]:
        """The Gaussian for each size of the training subset, rising, each when it is ready.

        Raises:
            SingularKernelError: at the first size whose kernel is not positive definite, or, in
                mixed precision, too ill-conditioned for float32.
        """
        n_test = self._test.n
        for found in self._found(sizes):
            mean, covariance = (np.asarray(part) for part in found.outputs[:2])
            covariance = covariance[:n_test, :n_test]
            covariance = (covariance + covariance.T) / 2
            yield Gaussian(mean[:n_test], covariance, found.condition, found.residual)

    def moments_at(self, sizes: Sequence[int]) -> Iterator[LossOf]:
        """The moments of the loss at each size, as :meth:`at`; nothing else leaves the
        accelerator."""
        for found in self._found(sizes):
            sums, shape = found.outputs.sums, self.split.y_test.shape
            moments, errors = sums.moments(*shape), sums.errors(*shape)
            yield LossOf(moments, errors, found.condition, found.residual)

    def _found(self, sizes: Sequence[int]) -> Iterator[_Found]:
        done = 0
        while True:
            try:
                for found in self._by_stages(sizes[done:]):
                    yield found
                    done += 1
                return
            except SingularKernelError:
                otherwise, self._otherwise = self._otherwise, None
                if not self.mixed or otherwise in (None, CardRoute.MIXED):
                    raise
            except jax.errors.JaxRuntimeError as error:
                otherwise = self._more_frugal()
                if otherwise is None or not is_full(error):
                    raise
                log.warning("the accelerator's memory is full; less is kept: %s", otherwise.value)
            # Only here, where no traceback holds what was kept so far.
            self._keep(otherwise)

    def _more_frugal(self) -> CardRoute | None:
        """What takes less memory than what is kept now; None if nothing does."""
        routes = list(CardRoute) if self.training.converged else [self.route]
        if self.bayes:
            routes.remove(CardRoute.FACTOR)  # as much as the whole
        further = routes[routes.index(self.route) + 1 :]
        return further[0] if further else None

    def _by_stages(self, sizes: Sequence[int]) -> Iterator[_Found]:
        for part in stages(sizes):
            steps = self._stage(part)
            while True:
                # Entered for each point anew: between them the caller runs.
                with jax.enable_x64(True):
                    found = next(steps, None)
                if found is None:
                    break
                yield found

    def _stage(self, sizes: Sequence[int]) -> Iterator[_Found]:
        stage = _CardStage(self, sizes[-1])
        if not self.training.converged:
            yield from (stage.by_modes(n) for n in sizes)
            return
        stage.factorize()
        if not stage.sound:
            if len(sizes) == 1:
                raise self._indefinite(sizes[0], stage.processor_factors())
            # The whole is not positive definite; the smaller parts of it may be.
            del stage
            for n in sizes:
                yield from self._stage([n])
            return
        for n in sizes:
            yield stage.by_solution(n)

    def _indefinite(self, n: int, elsewhere: bool = False) -> SingularKernelError:
        precision = "float32" if self.mixed else "float64"
        also = " The processor can factor it, so it is rounding that decides." if elsewhere else ""
        return SingularKernelError(
            f"The kernel matrix of {n} examples is not positive definite in {precision}.{also}"
        )


class _CardStage:
    """Kernels of the first examples, and what is solved with them."""

    def __init__(self, of: CardPosterior, n: int) -> None:
        self.of, self.n = of, n
        self.kernels = CardKernels(of.kernels)
        self.train = CardExamples(of.kernels, of.split.x_train, n)
        self.y_train = jnp.asarray(_filled(of.split.y_train[:n], self.train.size))
        names = ("nngp",) if of.bayes else ("nngp", "ntk")
        self.cross = dict(
            zip(names, self.kernels.between(self.train, of._test, names), strict=True)
        )
        self.nngp: Whole | None = None
        dtype = np.float32 if of.mixed else np.float64
        if of.kept:
            self.nngp, self.t = self.kernels.between(self.train, self.train, names, of.ridge)
        else:
            (self.t,) = self.kernels.between(self.train, self.train, (of.solved,), of.ridge, dtype)

    def factorize(self) -> None:
        """Replaces T by its factor."""
        self.lower = factor.cholesky(self.t)
        del self.t
        self.sound = bool(np.isfinite(np.asarray(jnp.sum(jnp.diagonal(self.lower)))))
        if self.sound:
            self.conditions = CardConditions(self.lower)
            right = self.cross[self.of.solved].astype(self.lower.dtype)
            self.z = factor.forward(self.lower, right)
            if self.of.bayes:
                self.targets = factor.forward(self.lower, self.y_train.astype(self.lower.dtype))

    def _without_eigenvectors(self, n: int) -> SingularKernelError:
        also = ""
        if n <= _DECOMPOSED:
            with contextlib.suppress(np.linalg.LinAlgError):
                np.linalg.eigvalsh(np.asarray(self.t)[:n, :n])
                also = " The processor finds them, so it is the accelerator that fails."
        return SingularKernelError(
            f"The NTK of {n} examples has no eigenvectors in float64 on the accelerator.{also}"
        )

    def processor_factors(self) -> bool:
        """Whether LAPACK finds a factor where the accelerator found none; only asked of kernels
        that it is through with in a moment."""
        if self.n > _COMPARED:
            return False
        (t,) = self.kernels.between(self.train, self.train, (self.of.solved,), self.of.ridge)
        try:
            np.linalg.cholesky(np.asarray(t)[: self.n, : self.n])
        except np.linalg.LinAlgError:
            return False
        return True

    def by_solution(self, n: int) -> _Found:
        """A point whose factor is there."""
        of, size, value = self.of, bucket(n), np.int64(n)
        if of.bayes and not of.mixed:
            outputs = moments.bayesian(self.z, self.targets, value, size, of._prior, of._y_test)
            return self._checked(n, outputs, self.conditions.at(n), None)
        w = factor.backward(self.lower, self.z, size, value).astype(np.float64)
        error = None
        if of.mixed:
            w, error = self._refined(w, n)
        return self._checked(n, self._outputs(w), self.conditions.at(n), error)

    def by_modes(self, n: int) -> _Found:
        """A point at finite time."""
        of, size, value = self.of, min(bucket(n), LARGEST_EIGENVECTORS), np.int64(n)
        eigenvalues, vectors = factor.eigenvectors(self.t, size, value)
        found = np.asarray(eigenvalues)[:n]
        if not np.isfinite(found).all():
            raise self._without_eigenvectors(n)
        inverse = inverse_filter(found, of.training)
        filter_ = jnp.asarray(np.pad(inverse, (0, size - n)))
        w = moments.filtered(vectors, filter_, self.cross["ntk"], value)
        del vectors
        return self._checked(n, self._outputs(w), float(inverse.max() / inverse.min()), None)

    def _outputs(self, w: jax.Array) -> moments.Outputs:
        of = self.of
        rest = of._prior, self.y_train, of._y_test
        if of.bayes:
            return moments.bayesian_by_solution(w, self.cross["nngp"], *rest)
        if self.nngp is None:
            product = self.kernels.multiply(self.train, "nngp", w)
        else:
            product = moments.multiply(self.nngp, w, len(w))
        return moments.trained(w, product, self.cross["nngp"], *rest)

    def _refined(self, w: jax.Array, n: int) -> tuple[jax.Array, float]:
        """The solution in float64, and the largest error of ``T W = T_dt``."""
        of, value = self.of, np.int64(n)
        right = self.cross[of.solved]
        scale = float(jnp.max(jnp.abs(right)))
        error, before = np.inf, np.inf
        for step in range(_REFINEMENTS):
            product = self.kernels.multiply(self.train, of.solved, w)
            rest = moments.residual(right, product, w, np.float64(of.ridge), value)
            before, error = error, float(jnp.max(jnp.abs(rest))) / scale
            if not error < 0.5 * before or error < _RESIDUAL or step == _REFINEMENTS - 1:
                break
            w = w + factor.solve(self.lower, rest, value).astype(np.float64)
        if not error < 1e-6:
            raise SingularKernelError(
                f"The kernel matrix of {n} examples is too ill-conditioned for mixed precision: "
                f"the residual of its solution stays at {error:.0e}."
            )
        return w, error

    def _checked(
        self, n: int, outputs: moments.Outputs, condition: float, residual: float | None
    ) -> _Found:
        if not np.isfinite(np.asarray(jnp.stack(outputs.sums[:2]))).all():
            raise self.of._indefinite(n)
        return _Found(n, outputs, condition, residual)


def _filled(y: np.ndarray, size: int) -> np.ndarray:
    return np.pad(y, [(0, size - len(y)), (0, 0)])
