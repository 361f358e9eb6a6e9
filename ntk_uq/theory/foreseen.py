"""A learning curve from the kernel of a sample, and its check on the same sample."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq import datasets
from ntk_uq.base import streams
from ntk_uq.base.errors import KernelOverflowError, SingularKernelError
from ntk_uq.costs.kernels import subsets_measured
from ntk_uq.costs.memory import check_foreseen_memory
from ntk_uq.datasets import Dataset
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.specs import ForeseenSpec
from ntk_uq.specs.foreseen import CARRIES
from ntk_uq.theory.curve import kernels_of
from ntk_uq.theory.effective_medium import EffectiveMedium, Loss, of_modes
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.spectrum import describe_eigenvalues, fit_power

Matrix = Float[np.ndarray, "m m"]
Values = Float[np.ndarray, "m"]

_CHECK_STREAM = 3
"""Of random numbers: which examples of the sample are trained on in the check. Training sets, test
sets and label noise have the first three."""


class KernelSample(NamedTuple):
    """All that a learning curve is foreseen from.

    Attributes:
        ntk: T, (M, M), in the kernel's unit; the NNGP kernel for Bayesian networks.
        nngp: K, (M, M); None for Bayesian networks.
        targets: Y, (M, C), without label noise.
        ridge: on T's diagonal. noise: variance of the label noise.
    """

    ntk: Matrix
    nngp: Matrix | None
    targets: Float[np.ndarray, "m c"]
    ridge: float = 0.0
    noise: float = 0.0

    def part(self, of: slice) -> "KernelSample":
        """A part of it as a sample of its own."""
        nngp = None if self.nngp is None else self.nngp[of, of]
        return self._replace(ntk=self.ntk[of, of], nngp=nngp, targets=self.targets[of])


@np.errstate(over="ignore", invalid="ignore")  # told in the end
def evaluate_foreseen(
    spec: ForeseenSpec,
    dataset: Dataset | None = None,
    tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
) -> Foreseen:
    """The mean test loss at each N_D, from the first M training examples of draw 0.

    Nothing is fitted: see :mod:`ntk_uq.theory.effective_medium`. At each N_D the same loss is
    measured as well, by training on N_D examples of the sample and testing on its others, for some
    choices of them; whether what is foreseen may be believed is seen there.

    Args:
        spec: data, architecture, training, M and N_D.
        dataset: the data set, if it is not the registered one of that name.
        tell: called with words for what is being done.

    Raises:
        SpecError: if the pool is not as large, or a kernel overflows.
        DataError: if files are missing or damaged.
        MemoryLimitError: if it does not fit.
        KernelOverflowError: if losses are not finite.
    """
    clock = time.perf_counter()
    data, m = replace(spec.data, n_test=1), spec.sample
    dataset = datasets.get_for(data, m, dataset, "The sample")
    check_foreseen_memory(spec, dataset.n_features)
    split = datasets.load_split(dataset, replace(data, noise=0.0), m, draw=0)
    noise = 0.0
    if data.noise:
        noise = data.noise**2 * float(np.mean(datasets.label_noise(dataset, data, m, 0) ** 2))
    tell("evaluating the kernels")
    kernels = kernels_of(spec)
    ridge = ridge_of(spec.training.jitter, kernels, dataset, data)
    traces = kernels.mean_diagonal(split.x_train)
    *nngp, ntk = kernels.symmetric(split.x_train)
    bayes = not nngp
    sample = KernelSample(ntk, None if bayes else nngp[0], split.y_train, ridge, noise)
    tell("eigenvalues and eigenvectors")
    eigenvalues, target, initial = powers_of(sample)
    spectra = [describe_eigenvalues(eigenvalues, traces[-1])]
    if not bayes:
        of_nngp = scipy.linalg.eigvalsh(sample.nngp, check_finite=False)[::-1] / m
        spectra.append(describe_eigenvalues(of_nngp, traces[0]))
    media = EffectiveMedium(*sample)
    halves = [EffectiveMedium(*sample.part(of)) for of in (slice(m // 2), slice(m // 2, m))]
    points = []
    for n in spec.n_train:
        tell(f"N_D {n}")
        failure, found, ratio = None, None, None
        try:
            loss = media.at(n)
            found = _mean_loss(loss, _scatter(loss.bias + loss.variance))
            ratio = float(media.potential.max() / media.potential.min())
        except SingularKernelError as error:
            failure = str(error)
        points.append(
            ForeseenPoint(
                n_train=n,
                foreseen=found,
                of_spectrum=_of_spectrum(sample, eigenvalues, target, initial, n),
                measured=measured_on(sample, n, subsets_measured(m, n), data.seed),
                subsets=subsets_measured(m, n),
                of_half=_of_halves(halves, n) if 2 * CARRIES * n <= m else None,
                potential_ratio=ratio,
                failure=failure,
            )
        )
    _check_finite(target, points)
    return Foreseen(
        sample=m,
        nngp=spectra[-1],
        ntk=None if bayes else spectra[0],
        target_power=tuple(map(float, target)),
        initial_power=tuple(map(float, initial)),
        target_decay=fit_power(target),
        initial_decay=fit_power(initial),
        points=tuple(points),
        ridge=ridge,
        noise=noise,
        seconds=time.perf_counter() - clock,
        provenance=provenance(dataset, spec.data, split),
    )


def _scatter(values: Values) -> float:
    """The standard error of their mean; without squares that overflow."""
    largest = float(np.abs(values).max())
    return largest * float(np.std(values / largest)) / len(values) ** 0.5 if largest else 0.0


def _of_halves(halves: list[EffectiveMedium], n: int) -> float | None:
    """The mean of what the halves of the sample foresee; None where one of them cannot."""
    try:
        return float(np.mean([medium.at(n).mu for medium in halves]))
    except SingularKernelError:
        return None


def _check_finite(power: Values, points: list[ForeseenPoint]) -> None:
    losses = [loss for p in points for loss in (p.foreseen, p.measured) if loss is not None]
    if not (np.isfinite(power).all() and all(math.isfinite(loss.mu) for loss in losses)):
        raise KernelOverflowError(
            "Losses are not finite in float64: targets, or outputs of the networks, are too large. "
            "Choose a standardized target, or smaller sigma_w and sigma_b."
        )


def powers_of(sample: KernelSample) -> tuple[Values, Values, Values]:
    """``lambda_i`` of ``T / M``, falling, and the power of the targets and of the function at
    initialization along T's eigenvectors (:class:`~ntk_uq.results.foreseen.Foreseen`)."""
    m = len(sample.ntk)
    eigenvalues, vectors = scipy.linalg.eigh(sample.ntk, driver="evd", check_finite=False)
    target = np.mean((vectors.T @ sample.targets) ** 2, axis=1) / m
    prior = sample.ntk if sample.nngp is None else sample.nngp
    initial = np.einsum("ij,ij->j", vectors, prior @ vectors) / m
    return eigenvalues[::-1] / m, target[::-1], initial[::-1]


def measured_on(sample: KernelSample, n: int, subsets: int, seed: int) -> MeanLoss | None:
    """The loss of networks trained on n examples of a sample, tested on its others.

    The mean over choices of the n, and its standard error: choices share examples, but not many of
    those that are trained on. None where a kernel is not positive definite.
    """
    m, (ntk, nngp, targets, ridge, noise) = len(sample.ntk), sample
    losses = []
    for k in range(subsets):
        order = streams.permutation((seed, _CHECK_STREAM, n, k), m)
        of, rest = order[:n], order[n:]
        kernel = ntk[np.ix_(of, of)]
        kernel[np.diag_indices(n)] += ridge
        cross = ntk[np.ix_(of, rest)]
        try:
            factor = scipy.linalg.cho_factor(kernel, lower=True, check_finite=False)
        except scipy.linalg.LinAlgError:
            return None
        weights = scipy.linalg.cho_solve(factor, cross, check_finite=False)
        bias = np.mean((weights.T @ targets[of] - targets[rest]) ** 2)
        bias += noise * np.sum(weights**2) / len(rest)
        variance = np.diagonal(ntk if nngp is None else nngp)[rest].mean()
        if nngp is None:
            variance -= np.sum(weights * cross) / len(rest)
        else:
            twice = nngp[np.ix_(of, of)] @ weights - 2 * nngp[np.ix_(of, rest)]
            variance += np.sum(weights * twice) / len(rest)
        losses.append((bias + variance, bias, variance))
    mu, bias, variance = map(float, np.mean(losses, axis=0))
    scatter = _scatter(np.array([mu for mu, *_ in losses]))
    return MeanLoss(mu, bias, variance, scatter * (subsets / (subsets - 1)) ** 0.5)


def _of_spectrum(
    sample: KernelSample, eigenvalues: Values, target: Values, initial: Values, n: int
) -> MeanLoss | None:
    """What the spectrum alone foresees; nothing for Bayesian networks, whose variance is not the
    unlearning of a function."""
    if sample.nngp is None:
        return None
    # Noise has the same power along every mode, and its own part is not in the test loss.
    power = target + sample.noise / len(target)
    try:
        bias, variance = of_modes(eigenvalues, power, initial, n, sample.ridge)
    except SingularKernelError:
        return None
    return _mean_loss(Loss(bias - sample.noise, variance), None)


def _mean_loss(loss: Loss, error: float | None) -> MeanLoss:
    bias, variance = float(np.mean(loss.bias)), float(np.mean(loss.variance))
    return MeanLoss(bias + variance, bias, variance, error)
