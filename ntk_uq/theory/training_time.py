"""The losses against training time, label noise and jitter, from one eigendecomposition."""

import functools
import math
import time as clock
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar

from ntk_uq import datasets
from ntk_uq.base.errors import SingularKernelError
from ntk_uq.costs.memory import check_training_time_memory
from ntk_uq.datasets import Dataset, Split
from ntk_uq.results.losses import LossMoments, test_loss
from ntk_uq.results.training_time_record import (
    End,
    LossesAtTime,
    Optimum,
    TimeSeries,
    TrainingTimeDraw,
)
from ntk_uq.specs import TrainingSpec, TrainingTimeSpec
from ntk_uq.theory.filters import flow_filter
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.modes import Modes
from ntk_uq.theory.moments import loss_moments
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.soundness import doubts
from ntk_uq.theory.where import check_modes, modes_of

_NO_GAIN = 1e-4
"""What a time has to gain on endless training, relatively, to be an optimum."""

_SAME = 1e-6
"""Relative difference to the last time below which rounding and the grid decide."""

_REFINED = 1e-3
"""To what the logarithm of an optimal time is found: losses there are flat."""

_Doubt = Callable[[LossMoments, float, float | None], None]


class GradientFlow:
    """Gradient flow on ``sum |f - y|^2 / 2`` for any time, ridge and label noise.

        g = 1 - exp(-(lambda + ridge) t),    t = tau / lambda_max

    The ridge pulls parameters to their initial values. Every ridge has the same eigenvectors, and
    noise changes the targets alone (see :class:`~ntk_uq.theory.modes.Modes`).

    Args:
        modes: the kernels in the NTK's eigenvectors.
        split: training and test set, without label noise.
        noise: on the training targets, for a level of 1, (n, C).

    Raises:
        SingularKernelError: if no eigenvalue is above zero.
    """

    def __init__(self, modes: Modes, split: Split, noise: Float[np.ndarray, "n c"]) -> None:
        self.modes, self.y_train, self.y_test, self.noise = (
            modes,
            split.y_train,
            split.y_test,
            noise,
        )
        self.lambda_max = float(modes.eigenvalues[-1])
        if not self.lambda_max > 0:
            raise SingularKernelError("The NTK of the training subset vanishes in float64.")

    def projected(self, noise: float) -> Float[np.ndarray, "n c"]:
        """The noisy training targets in the eigenvectors."""
        return self.modes.project(self.y_train + noise * self.noise)

    def filters(
        self, tau: float | None, ridge: float
    ) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """``g / (lambda + ridge)``, and what is left of the distance to the training targets.

        Raises:
            SingularKernelError: without a time, if an eigenvalue is zero in float64.
        """
        eigenvalues = self.modes.eigenvalues + ridge
        if tau is not None:
            inverse, kept = flow_filter(eigenvalues, tau / self.lambda_max)
            return inverse, kept + ridge * inverse
        rounding = len(eigenvalues) * np.finfo(float).eps * eigenvalues[-1]
        if not eigenvalues[0] > rounding:
            raise SingularKernelError(
                f"The NTK of {len(eigenvalues)} training examples is singular in float64: its "
                "smallest eigenvalues are rounding, and where endless training leads cannot be "
                "computed. Add a jitter, say 1e-8."
            )
        inverse = 1 / eigenvalues
        return inverse, ridge * inverse

    def point(
        self,
        tau: float | None,
        ridge: float,
        projected: Float[np.ndarray, "n c"],
        covariance: Float[np.ndarray, "t t"] | None = None,
        doubt: _Doubt | None = None,
    ) -> LossesAtTime:
        """All losses at one time; ``covariance`` if it is known already."""
        inverse, left = self.filters(tau, ridge)
        if covariance is None:
            covariance = self.modes.covariance(inverse)
        moments = loss_moments(self.modes.mean(inverse, projected), covariance, self.y_test)
        if doubt is not None:
            doubt(moments, float(inverse.max() / inverse.min()), tau)
        return LossesAtTime(time=tau, **vars(moments), **self.modes.train_moments(left, projected))

    def mu(self, tau: float, ridge: float, projected: Float[np.ndarray, "n c"]) -> float:
        """Mean of the test loss alone, for the price of n n operations."""
        inverse, _ = self.filters(tau, ridge)
        bias = float(test_loss(self.modes.mean(inverse, projected), self.y_test))
        return bias + self.modes.variance(inverse)


def evaluate_training_time(
    spec: TrainingTimeSpec,
    draw: int = 0,
    dataset: Dataset | None = None,
    tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
) -> TrainingTimeDraw:
    """The infinite-width losses of one draw at all times, levels of label noise and jitters.

    At each time the test loss is that of a curve's point with ``TrainingSpec(time=tau / lambda_max,
    jitter=jitter)`` on the data with that noise, and in the limit that of ``TrainingSpec(jitter=
    jitter)``. There is one eigendecomposition, and one covariance of the outputs for each jitter
    and time: products of n n t and n t t operations (docs/theory.md).

    Args:
        spec: data, architecture, N_D, times, jitters and levels of noise.
        draw: which of its draws.
        dataset: the data set, if it is not the registered one of that name.
        tell: called with words for what is being done.

    Raises:
        SpecError: if the data set is not as large, or a kernel overflows.
        DataError: if files are missing or damaged.
        MemoryLimitError: if it does not fit.
        SingularKernelError: if the NTK is zero, or has no eigenvectors, in float64.
    """
    started = clock.perf_counter()
    dataset = datasets.get_for(spec.data, spec.n_train, dataset)
    on_processor = functools.partial(check_training_time_memory, spec, dataset.n_features)
    check_modes(spec.n_train, spec.data.n_test, dataset.n_features, on_processor)
    split = datasets.load_split(dataset, spec.data, spec.n_train, draw)
    noise = datasets.label_noise(dataset, spec.data, spec.n_train, draw)
    kernels = Kernels(spec.architecture)
    flow = GradientFlow(modes_of(kernels, split, tell), split, noise)
    targets = {level: flow.projected(level) for level in spec.noises}
    warned: dict[str, list[tuple[float, float]]] = {}
    curves: dict[tuple[float, float], TimeSeries] = {}
    for jitter in spec.jitters:
        ridge = ridge_of(jitter, kernels, dataset, spec.data)

        def doubt(
            moments: LossMoments,
            condition: float,
            tau: float | None,
            jitter: float = jitter,
        ) -> None:
            training = TrainingSpec(time=None if tau is None else 1.0, jitter=jitter)
            for warning in doubts(
                moments, condition, flow.modes.prior_variance, spec.data.n_test, training
            ):
                place = (jitter, math.inf if tau is None else tau)
                warned.setdefault(warning, []).append(place)

        for found in _curves(flow, spec, (jitter, ridge), targets, doubt, tell):
            curves[found.noise, jitter] = found
    return TrainingTimeDraw(
        n_train=spec.n_train,
        draw=draw,
        curves=tuple(curves[n, j] for n in spec.noises for j in spec.jitters),
        lambda_max=flow.lambda_max,
        lambda_min=float(flow.modes.eigenvalues[0]),
        seconds=clock.perf_counter() - started,
        warnings=tuple(_told(warning, places) for warning, places in warned.items()),
        provenance=provenance(dataset, spec.data, split),
    )


def _curves(
    flow: GradientFlow,
    spec: TrainingTimeSpec,
    ridged: tuple[float, float],
    targets: dict[float, np.ndarray],
    doubt: _Doubt,
    tell: Callable[[str], None],
) -> list[TimeSeries]:
    """A curve for each level of noise, at one jitter, which is given with its ridge; the levels
    share the covariances."""
    jitter, ridge = ridged
    points: dict[float, list[LossesAtTime]] = {level: [] for level in targets}
    for tau in spec.times:
        tell(f"losses at time {tau:.3g}")
        covariance = flow.modes.covariance(flow.filters(tau, ridge)[0])
        for level, projected in targets.items():
            points[level].append(flow.point(tau, ridge, projected, covariance, doubt))
    ends: dict[float, LossesAtTime | None] = dict.fromkeys(targets)
    failure = None
    try:
        covariance = flow.modes.covariance(flow.filters(None, ridge)[0])
        for level, projected in targets.items():
            ends[level] = flow.point(None, ridge, projected, covariance, doubt)
    except SingularKernelError as error:
        failure = str(error)
    found = []
    for level, projected in targets.items():
        tell(f"optimal times, label noise {level:g}")
        found.append(
            TimeSeries(
                noise=level,
                jitter=jitter,
                ridge=ridge,
                points=tuple(points[level]),
                converged=ends[level],
                failure=failure,
                best_mu=optimum("mu", flow, ridge, projected, points[level], ends[level]),
                best_epsilon=optimum("epsilon", flow, ridge, projected, points[level], ends[level]),
            )
        )
    return found


def optimum(
    quantity: str,
    flow: GradientFlow,
    ridge: float,
    projected: Float[np.ndarray, "n c"],
    points: list[LossesAtTime],
    converged: LossesAtTime | None,
) -> Optimum:
    """Where mu or epsilon is smallest: between the neighbours of the grid's smallest value.

    A first or last time has one neighbour, and is the end only if nothing beside it is smaller.
    Between them the exact quantity is minimized in ``ln tau`` by Brent's method (Brent, Algorithms
    for Minimization without Derivatives, 1973, ch. 5).
    """
    values = [float(getattr(p, quantity)) for p in points]
    best = int(np.argmin(values))
    limit = math.inf if converged is None else float(getattr(converged, quantity))
    if limit <= values[best] * (1 + _NO_GAIN):
        return Optimum(End.CONVERGED, None)
    last = len(points) - 1
    if last == 0 or (best < last and values[-1] <= values[best] * (1 + _SAME)):
        return Optimum(End.LAST, points[-1])

    def value(log_tau: float) -> float:
        tau = math.exp(log_tau)
        if quantity == "mu":
            return flow.mu(tau, ridge, projected)
        return float(getattr(flow.point(tau, ridge, projected), quantity))

    times = [p.time or 0.0 for p in points]
    bounds = (math.log(times[max(best - 1, 0)]), math.log(times[min(best + 1, last)]))
    result = minimize_scalar(value, bounds=bounds, method="bounded", options={"xatol": _REFINED})
    refined = flow.point(math.exp(result.x), ridge, projected)
    if best in (0, last) and getattr(refined, quantity) >= values[best] * (1 - _SAME):
        return Optimum(End.FIRST if best == 0 else End.LAST, points[best])
    return Optimum(
        End.INSIDE, min(refined, points[best], key=lambda p: float(getattr(p, quantity)))
    )


def _told(warning: str, places: list[tuple[float, float]]) -> str:
    """A warning with the jitters and the times that it concerns."""
    jitters = sorted({jitter for jitter, _ in places})
    times = [tau for _, tau in places]

    def span(values: list[float]) -> str:
        low, high = min(values), max(values)
        words = [f"{v:.3g}".replace("inf", "∞") for v in (low, high)]
        return words[0] if low == high else " to ".join(words)

    return f"Time {span(times)}, jitter {span(jitters)}: {warning}"
