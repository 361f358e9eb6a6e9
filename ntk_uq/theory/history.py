"""The losses along a training, all of its steps from one eigendecomposition."""

import time
from collections.abc import Callable

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq import datasets
from ntk_uq.datasets import Dataset, Split
from ntk_uq.errors import SingularKernelError
from ntk_uq.specs import HistorySpec, TrainingSpec
from ntk_uq.theory.filters import descent_filter
from ntk_uq.theory.history_record import History, HistoryStep
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.memory import check_history_memory
from ntk_uq.theory.moments import loss_moments, loss_skewness
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.soundness import doubts


class Dynamics:
    """Gradient descent of infinitely wide networks, in the eigenvectors of their NTK.

    With ``T_dd + ridge = V diag(lambda) V'`` and

        B = V' T_dt    C = V' K_dt    M = V' K_dd V    Z = V' Y    D = diag(g / lambda)

    the outputs on the test set after k steps are ``N(m, S)``, with

        m = (D B)' Z,    S = K_tt + B' D M D B - B' D C - (B' D C)'

    and the residuals on the training set, in the same eigenvectors, ``N(-q Z, q M q)`` with
    ``q = 1 - g + ridge g / lambda``: what is left of the initial distance to the target, and what
    a ridge keeps of it for ever. Lee et al., arXiv:1902.06720, eqs. 14 and 15.

    Args:
        kernels: of the networks, NNGP and NTK.
        split: training and test set, n and t examples of C outputs.
        ridge: added to the diagonal of T_dd, in the kernel's units.
        eta: step size in units of ``1 / lambda_max``, with the ridge.

    Attributes:
        eigenvalues: lambda, (n,), rising.
        prior_variance: ``tr K_tt / N_T``, the outputs' variance before training.

    Raises:
        SpecError: if a kernel is not finite in float64.
        SingularKernelError: if T has no eigenvectors in float64.
    """

    def __init__(
        self,
        kernels: Kernels,
        split: Split,
        ridge: float,
        eta: float,
        tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
    ) -> None:
        self.ridge, self.eta, self.targets = ridge, eta, split.y_test
        tell("evaluating the kernels")
        nngp, ntk = kernels.symmetric(split.x_train)
        nngp_dt, ntk_dt = kernels.cross(split.x_train, split.x_test)
        (self.nngp_tt,) = Kernels(kernels.spec, ("nngp",)).symmetric(split.x_test)
        self.prior_variance = float(np.trace(self.nngp_tt)) / len(split.x_test)
        tell("eigenvalues and eigenvectors of the NTK")
        ntk[np.diag_indices_from(ntk)] += ridge
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
        self.projected = vectors.T @ split.y_train

    def test(self, steps: int) -> tuple[Float[np.ndarray, "t c"], Float[np.ndarray, "t t"], float]:
        """Mean m, covariance S of the test outputs, and the condition number of ``T / g(T)``."""
        inverse, _ = descent_filter(self.eigenvalues, steps, self.eta)
        w = inverse[:, None] * self.ntk_dt
        # S = K_tt + G + G' with G = w' (M w / 2 - C): one product fewer, and symmetric.
        v = self.nngp_dd @ w
        v *= 0.5
        v -= self.nngp_dt
        half = w.T @ v
        covariance = half + half.T
        covariance += self.nngp_tt
        condition = float(inverse.max() / inverse.min()) if steps else 1.0
        return w.T @ self.projected, covariance, condition

    def train(self, steps: int) -> dict[str, float]:
        """Mean of the training loss, its parts, and its standard deviation.

        The moments of :func:`~ntk_uq.theory.moments.loss_moments`, which a rotation of the
        examples leaves alone, with the residuals' covariance ``q M q`` never written out.
        """
        inverse, kept = descent_filter(self.eigenvalues, steps, self.eta)
        q = kept + self.ridge * inverse
        n, n_outputs = self.projected.shape
        residual = q[:, None] * self.projected
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


def evaluate_history(
    spec: HistorySpec,
    dataset: Dataset | None = None,
    tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
) -> History:
    """The infinite-width losses at the steps of one training.

    At each step k the test loss is that of a curve's point with ``TrainingSpec(steps=k, eta=eta)``;
    step 0 is the network before training, ``N(0, K_tt)``. One eigendecomposition serves all steps,
    each of which takes products of n n t, n t t and t t t operations (see :class:`Dynamics` and
    docs/theory.md).

    Args:
        spec: data, architecture, step size, steps, N_D and draw.
        dataset: the data set, if it is not the registered one of that name.
        tell: called with words for what is being done.

    Raises:
        SpecError: if the data set is not as large, or a kernel overflows.
        DataError: if files are missing or damaged.
        MemoryLimitError: if it does not fit.
        SingularKernelError: if the NTK is zero, or has no eigenvectors, in float64.
    """
    clock = time.perf_counter()
    dataset = dataset or datasets.get(spec.data.dataset)
    datasets.check_sizes(dataset, spec.data, spec.n_train)
    check_history_memory(spec, dataset.n_features)
    split = datasets.load_split(dataset, spec.data, spec.n_train, spec.draw)
    kernels = Kernels(spec.architecture)
    ridge = ridge_of(spec.jitter, kernels, dataset, spec.data)
    dynamics = Dynamics(kernels, split, ridge, spec.eta, tell)
    steps: list[HistoryStep] = []
    warned: dict[str, list[int]] = {}
    for step in spec.steps:
        tell(f"losses after {step:,} steps")
        mean, covariance, condition = dynamics.test(step)
        moments = loss_moments(mean, covariance, split.y_test)
        steps.append(
            HistoryStep(
                step=step,
                **vars(moments),
                skewness=loss_skewness(mean, covariance, split.y_test, moments.sigma),
                **dynamics.train(step),
            )
        )
        training = TrainingSpec(steps=max(step, 1), eta=spec.eta, jitter=spec.jitter)
        for warning in doubts(
            moments, condition, dynamics.prior_variance, spec.data.n_test, training
        ):
            warned.setdefault(warning, []).append(step)
    return History(
        n_train=spec.n_train,
        draw=spec.draw,
        steps=tuple(steps),
        lambda_max=float(dynamics.eigenvalues[-1]),
        ridge=ridge,
        seconds=time.perf_counter() - clock,
        warnings=tuple(_told(warning, at) for warning, at in warned.items()),
        provenance=provenance(dataset, spec.data, split),
    )


def _told(warning: str, steps: list[int]) -> str:
    """A warning with the steps, of those recorded, that it concerns."""
    which = f"Step {steps[0]}" if len(steps) == 1 else f"Steps {steps[0]} to {steps[-1]}"
    return f"{which}: {warning}"
