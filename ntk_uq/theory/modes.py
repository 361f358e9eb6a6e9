"""Training in the eigenvectors of the NTK: one decomposition, any number of filters."""

import functools
from collections.abc import Callable

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.datasets import Split
from ntk_uq.theory.kernels import Kernels


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
        tell("evaluating the kernels")
        nngp, ntk = kernels.symmetric(split.x_train)
        nngp_dt, ntk_dt = kernels.cross(split.x_train, split.x_test)
        (self.nngp_tt,) = Kernels(kernels.spec, ("nngp",)).symmetric(split.x_test)
        self.prior_variance = float(np.trace(self.nngp_tt)) / len(split.x_test)
        tell("eigenvalues and eigenvectors of the NTK")
        try:
            # Transposed, the symmetric matrix has LAPACK's order and is overwritten, not copied.
            self.eigenvalues, vectors = scipy.linalg.eigh(
                ntk.T, driver="evd", overwrite_a=True, check_finite=False
            )
        except scipy.linalg.LinAlgError:
            raise SingularKernelError(
                f"The NTK of {len(ntk)} examples has no eigenvectors in float64."
            ) from None
        del ntk
        tell("rotating the kernels to the eigenvectors")
        half = nngp @ vectors
        del nngp
        self.nngp_dd = vectors.T @ half
        del half
        self.ntk_dt, self.nngp_dt = vectors.T @ ntk_dt, vectors.T @ nngp_dt
        self._vectors = vectors

    def project(self, targets: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
        """``Z = V' Y``."""
        return self._vectors.T @ targets

    def mean(
        self, inverse: Float[np.ndarray, "n"], projected: Float[np.ndarray, "n c"]
    ) -> Float[np.ndarray, "t c"]:
        """m of the test outputs.

        Args:
            inverse: ``g / lambda``. projected: Z.
        """
        return self.ntk_dt.T @ (inverse[:, None] * projected)

    def covariance(self, inverse: Float[np.ndarray, "n"]) -> Float[np.ndarray, "t t"]:
        """S of the test outputs; ``inverse`` is ``g / lambda``."""
        w = inverse[:, None] * self.ntk_dt
        # S = K_tt + G + G' with G = w' (M w / 2 - C): one product fewer, and symmetric.
        v = self.nngp_dd @ w
        v *= 0.5
        v -= self.nngp_dt
        half = w.T @ v
        covariance = half + half.T
        covariance += self.nngp_tt
        return covariance

    def variance(self, inverse: Float[np.ndarray, "n"]) -> float:
        """``tr S / N_T`` without S, for the price of n n operations; ``inverse`` is ``g / lambda``.

        ``tr(B' D M D B) = d' (M * B B') d`` with d the diagonal of D and * element by element.
        """
        squares, products = self._traces
        d = inverse
        change = float(d @ (squares @ d) - 2 * (d @ products))
        return max(self.prior_variance + change / len(self.nngp_tt), 0.0)

    @functools.cached_property
    def _traces(self) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n"]]:
        squares = self.ntk_dt @ self.ntk_dt.T
        squares *= self.nngp_dd
        return squares, np.sum(self.ntk_dt * self.nngp_dt, axis=1)

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
        residual = q[:, None] * projected
        bias = float(np.sum(residual**2)) / (n * n_outputs)
        variance = float(np.sum(q**2 * np.diagonal(self.nngp_dd))) / n
        frobenius = float(q**2 @ np.einsum("ij,ij,j->i", self.nngp_dd, self.nngp_dd, q**2))
        residual *= q[:, None]
        tilted = max(float(np.vdot(residual, self.nngp_dd @ residual)), 0.0)
        sigma = float(np.sqrt(2 * n_outputs * frobenius + 4 * tilted)) / (n * n_outputs)
        return {
            "train_mu": bias + variance,
            "train_mu_bias": bias,
            "train_mu_variance": variance,
            "train_sigma": sigma,
        }
