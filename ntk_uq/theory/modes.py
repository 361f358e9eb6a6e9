"""Training in the eigenvectors of the NTK: one decomposition, any number of filters."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.datasets import Split
from ntk_uq.theory.kernels import Kernels


class Rotated(NamedTuple):
    """Kernels in the NTK's eigenvectors, as arrays of NumPy or of JAX; see :class:`Modes`.

    Attributes:
        vectors: V, (n, n).
        ntk_dt, nngp_dt: B and C, (n, t).
        nngp_dd, nngp_tt: M, (n, n), and K_tt, (t, t).
    """

    vectors: Any
    ntk_dt: Any
    nngp_dt: Any
    nngp_dd: Any
    nngp_tt: Any


class Modes:
    """The kernels of a training and a test set, rotated to the eigenvectors of the NTK.

    With ``T_dd = V diag(lambda) V'`` and

        B = V' T_dt    C = V' K_dt    M = V' K_dd V    Z = V' Y    D = diag(g / lambda)

    the outputs on the test set after a training with spectral filter g are ``N(m, S)``, with

        m = (D B)' Z,    S = K_tt + B' D M D B - B' D C - (B' D C)'

    and the residuals on the training set, in the same eigenvectors, ``N(-q Z, q M q)`` with
    ``q = 1 - g + ridge g / lambda``: what is left of the initial distance to the target, and what
    a ridge keeps of it for ever. A ridge adds to every lambda and leaves V alone; other targets
    change Z and nothing else. Lee et al., arXiv:1902.06720, eqs. 14 and 15.

    Args:
        kernels: of the networks, NNGP and NTK.
        split: training and test set, n and t examples of C outputs.
        tell: called with words for what is being done.

    Attributes:
        eigenvalues: lambda, (n,), rising, without any ridge.
        prior_variance: ``tr K_tt / N_T``, the outputs' variance before training.

    Raises:
        SpecError: if a kernel is not finite in float64.
        SingularKernelError: if T has no eigenvectors in float64.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
    ) -> None:
        self.n, self.n_test = len(split.x_train), len(split.x_test)
        self.eigenvalues, self._rotated = self._rotate(kernels, split, tell)
        (prior,) = Kernels(kernels.spec, ("nngp",)).inputs(split.x_test).diagonal(("nngp",))
        self.prior_variance = float(np.mean(prior))

    def _rotate(
        self, kernels: Kernels, split: Split, tell: Callable[[str], None]
    ) -> tuple[Float[np.ndarray, "n"], Rotated]:
        tell("evaluating the kernels")
        nngp, ntk = kernels.symmetric(split.x_train)
        nngp_dt, ntk_dt = kernels.cross(split.x_train, split.x_test)
        (nngp_tt,) = Kernels(kernels.spec, ("nngp",)).symmetric(split.x_test)
        tell("eigenvalues and eigenvectors of the NTK")
        try:
            # Transposed, the symmetric matrix has LAPACK's order and is overwritten, not copied.
            eigenvalues, vectors = scipy.linalg.eigh(
                ntk.T, driver="evd", overwrite_a=True, check_finite=False
            )
        except scipy.linalg.LinAlgError:
            raise self._without_eigenvectors() from None
        del ntk
        tell("rotating the kernels to the eigenvectors")
        half = nngp @ vectors
        del nngp
        nngp_dd = vectors.T @ half
        del half
        ntk_dt, nngp_dt = vectors.T @ ntk_dt, vectors.T @ nngp_dt
        return eigenvalues, Rotated(vectors, ntk_dt, nngp_dt, nngp_dd, nngp_tt)

    def _without_eigenvectors(self) -> SingularKernelError:
        return SingularKernelError(f"The NTK of {self.n} examples has no eigenvectors in float64.")

    def _call(self, function: Callable[..., Any], *arrays: np.ndarray) -> Any:
        """A function of the rotated kernels and of arrays with a value, or a row, a mode."""
        return function(self._rotated, *arrays)

    def project(self, targets: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
        """``Z = V' Y``."""
        return self._call(_project, targets)[: self.n]

    def mean(
        self, inverse: Float[np.ndarray, "n"], projected: Float[np.ndarray, "n c"]
    ) -> Float[np.ndarray, "t c"]:
        """m of the test outputs.

        Args:
            inverse: ``g / lambda``. projected: Z.
        """
        return self._call(_mean, inverse, projected)[: self.n_test]

    def covariance(self, inverse: Float[np.ndarray, "n"]) -> Float[np.ndarray, "t t"]:
        """S of the test outputs; ``inverse`` is ``g / lambda``."""
        return self._call(_covariance, inverse)[: self.n_test, : self.n_test]

    def variance(self, inverse: Float[np.ndarray, "n"]) -> float:
        """``tr S / N_T`` without S, for the price of n n operations; ``inverse`` is ``g / lambda``.

        ``tr(B' D M D B) = d' (M * B B') d`` with d the diagonal of D and * element by element.
        """
        squares, products = self._traces
        d = np.zeros(len(products))
        d[: self.n] = inverse
        change = float(d @ (squares @ d) - 2 * (d @ products))
        return max(self.prior_variance + change / self.n_test, 0.0)

    @functools.cached_property
    def _traces(self) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n"]]:
        return self._call(_traces)

    def train_moments(
        self, q: Float[np.ndarray, "n"], projected: Float[np.ndarray, "n c"]
    ) -> dict[str, float]:
        """Mean of the training loss, its parts, and its standard deviation.

        The moments of :func:`~ntk_uq.theory.moments.loss_moments`, which a rotation of the
        examples leaves alone, with the residuals' covariance ``q M q`` never written out.

        Args:
            q: what is left of the distance to the target along each eigenvector. projected: Z.
        """
        n, n_outputs = projected.shape
        squares, variances, frobenius, tilted = map(float, self._call(_train_sums, q, projected))
        bias, variance = squares / (n * n_outputs), variances / n
        sigma = float(np.sqrt(2 * n_outputs * frobenius + 4 * max(tilted, 0.0))) / (n * n_outputs)
        return {
            "train_mu": bias + variance,
            "train_mu_bias": bias,
            "train_mu_variance": variance,
            "train_sigma": sigma,
        }


def _project(of: Rotated, targets: Any) -> Any:
    return of.vectors.T @ targets


def _mean(of: Rotated, inverse: Any, projected: Any) -> Any:
    return of.ntk_dt.T @ (inverse[:, None] * projected)


def _covariance(of: Rotated, inverse: Any) -> Any:
    """S = K_tt + G + G' with G = w' (M w / 2 - C): one product fewer, and symmetric."""
    w = inverse[:, None] * of.ntk_dt
    half = w.T @ (0.5 * (of.nngp_dd @ w) - of.nngp_dt)
    return half + half.T + of.nngp_tt


def _traces(of: Rotated) -> tuple[Any, Any]:
    squares = (of.ntk_dt @ of.ntk_dt.T) * of.nngp_dd
    return squares, (of.ntk_dt * of.nngp_dt).sum(axis=1)


def _train_sums(of: Rotated, q: Any, projected: Any) -> tuple[Any, ...]:
    xp = q.__array_namespace__()
    residual = q[:, None] * projected
    variances = (q**2 * xp.diagonal(of.nngp_dd)).sum()
    frobenius = q**2 @ xp.einsum("ij,ij,j->i", of.nngp_dd, of.nngp_dd, q**2)
    tilted = q[:, None] * residual
    return (residual**2).sum(), variances, frobenius, xp.vdot(tilted, of.nngp_dd @ tilted)
