"""The losses along a training, all of its steps from one eigendecomposition."""

import functools
import time
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ntk_uq import datasets
from ntk_uq.costs.memory import check_descent_memory
from ntk_uq.datasets import Dataset, Split
from ntk_uq.results.descent import Descent, DescentStep
from ntk_uq.specs import DescentSpec, TrainingSpec
from ntk_uq.theory.filters import descent_filter
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import loss_moments, loss_skewness
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.soundness import doubts
from ntk_uq.theory.where import check_modes, modes_of


class Dynamics:
    """Gradient descent of infinitely wide networks, all of its steps from one decomposition.

    The filters of :func:`~ntk_uq.theory.filters.descent_filter` in :class:`Modes`.

    Args:
        kernels: of the networks, NNGP and NTK.
        split: training and test set, n and t examples of C outputs.
        ridge: added to the diagonal of T_dd, in the kernel's units.
        eta: step size in units of ``1 / lambda_max``, with the ridge.

    Attributes:
        eigenvalues: lambda, (n,), rising, with the ridge.
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
        self.modes = modes_of(kernels, split, tell)
        self.ridge, self.eta = ridge, eta
        self.eigenvalues = self.modes.eigenvalues + ridge
        self.prior_variance = self.modes.prior_variance
        self.projected = self.modes.project(split.y_train)

    def test(self, steps: int) -> tuple[Float[np.ndarray, "t c"], Float[np.ndarray, "t t"], float]:
        """Mean m, covariance S of the test outputs, and the condition number of ``T / g(T)``."""
        inverse, _ = descent_filter(self.eigenvalues, steps, self.eta)
        condition = float(inverse.max() / inverse.min()) if steps else 1.0
        mean = self.modes.mean(inverse, self.projected)
        return mean, self.modes.covariance(inverse), condition

    def train(self, steps: int) -> dict[str, float]:
        """The moments of the training loss, as :meth:`Modes.train_moments` names them."""
        inverse, kept = descent_filter(self.eigenvalues, steps, self.eta)
        return self.modes.train_moments(kept + self.ridge * inverse, self.projected)


def evaluate_descent(
    spec: DescentSpec,
    dataset: Dataset | None = None,
    tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
) -> Descent:
    """The infinite-width losses at the steps of one training.

    At each step k the test loss is that of a curve's point with ``TrainingSpec(steps=k, eta=eta)``;
    step 0 is the network before training, ``N(0, K_tt)``. One eigendecomposition serves all steps,
    each of which takes products of n n t, n t t and t t t operations (see :class:`Modes` and
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
    dataset = datasets.get_for(spec.data, spec.n_train, dataset)
    on_processor = functools.partial(check_descent_memory, spec, dataset.n_features)
    check_modes(spec.n_train, spec.data.n_test, dataset.n_features, on_processor)
    split = datasets.load_split(dataset, spec.data, spec.n_train, spec.draw)
    kernels = Kernels(spec.architecture)
    ridge = ridge_of(spec.jitter, kernels, dataset, spec.data)
    dynamics = Dynamics(kernels, split, ridge, spec.eta, tell)
    steps: list[DescentStep] = []
    warned: dict[str, list[int]] = {}
    for step in spec.steps:
        tell(f"losses after {step:,} steps")
        mean, covariance, condition = dynamics.test(step)
        moments = loss_moments(mean, covariance, split.y_test)
        steps.append(
            DescentStep(
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
    return Descent(
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
