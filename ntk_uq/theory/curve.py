"""A whole scaling curve for little more than the price of its largest point.

Training subsets are nested, so kernels and Cholesky factor grow with N_D and nothing is computed
twice; see docs/theory.md for the equations and docs/architecture.md for the bookkeeping.
"""

import math
import time
from collections.abc import Container, Iterator, Mapping
from typing import Any

import jax
import numpy as np
import scipy.linalg

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.device_errors import is_full
from ntk_uq.base.errors import KernelOverflowError, MemoryLimitError, SingularKernelError
from ntk_uq.costs.memory import card_route, card_was_full, check_memory, recomputes
from ntk_uq.datasets import Dataset, Split
from ntk_uq.results.losses import LossMoments
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, ForeseenSpec
from ntk_uq.specs.testing import trained_on
from ntk_uq.theory.card.posterior import CardPosterior
from ntk_uq.theory.culprits import culprit
from ntk_uq.theory.device import accelerator_memory
from ntk_uq.theory.folds import InFolds
from ntk_uq.theory.gaussian import LossOf
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.posterior import BayesPosterior, Posterior, TrainedEnsemble
from ntk_uq.theory.precision import mixed_wanted
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of
from ntk_uq.theory.route import Route
from ntk_uq.theory.soundness import advice, doubts
from ntk_uq.theory.subsets import PooledKernels, SubsetKernels


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
        A :class:`~ntk_uq.results.points.Point` for each N_D that is not skipped. From the first
        N_D at which the kernel is not positive definite, or not finite, points carry the reason
        instead of numbers.

    Raises:
        SpecError: if the data set is not as large.
        DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit, or did not although it should have.
    """
    wanted = [n for n in spec.n_train if n not in skip]
    if not wanted:
        return
    clock = time.perf_counter()
    dataset = datasets.get_for(spec.data, wanted[-1], dataset, folds=spec.folds)
    load = datasets.SPLITS.load  # so that the inputs stay on the accelerator, too
    if accelerator_memory() is None or spec.folds is not None:  # otherwise its own memory counts
        check_memory(spec, dataset.n_features)
        load = datasets.load_split
    split = load(dataset, spec.data, wanted[-1], draw)
    origin, ridge, left = provenance(dataset, spec.data, split), 0.0, list(wanted)
    try:
        posterior, ridge = _posterior(spec, split, dataset, draw)
        found = posterior.moments_at(wanted)
        for n, loss in zip(wanted, found, strict=True):
            seconds = time.perf_counter() - clock
            variance = posterior.prior_variance
            yield point_of(spec, draw, n, loss, variance, ridge, seconds, origin)
            clock = time.perf_counter()
            left.remove(n)
    except (SingularKernelError, scipy.linalg.LinAlgError) as error:
        reason = f"{error} {culprit(spec, split, dataset, draw) or advice(spec.training)}"
    except KernelOverflowError as error:
        reason = str(error)
    except jax.errors.JaxRuntimeError as error:
        memory = accelerator_memory()
        if memory is None or not is_full(error):
            raise
        words = card_was_full(left[0], spec, dataset.n_features, memory)
        raise MemoryLimitError(words) from error
    else:
        return
    for n in left:
        size, used = _sizes(spec, n)
        yield Point(size, draw, ridge=ridge, failure=reason, provenance=origin, n_used=used)


def _sizes(spec: CurveSpec, n: int) -> tuple[int, int | None]:
    """``n_train`` and ``n_used`` of the point of n examples."""
    return (n, None) if spec.folds is None else (trained_on(n, spec.folds), n)


def point_of(
    spec: CurveSpec,
    draw: int,
    n: int,
    loss: LossOf,
    prior_variance: float,
    ridge: float,
    seconds: float,
    origin: Mapping[str, Any],
) -> Point:
    """The record of one point.

    Args:
        spec, draw, n: which point.
        loss: what was found.
        prior_variance: the outputs' variance before training.
        ridge: on the kernel's diagonal. seconds: that it took.
        origin: its provenance.

    Raises:
        KernelOverflowError: if a moment is not finite.
    """
    moments, errors, condition, residual = loss
    _check_finite(moments)
    of_test = {} if errors is None else {f"{k}_test_error": v for k, v in vars(errors).items()}
    size, used = _sizes(spec, n)
    return Point(
        n_train=size,
        n_used=used,
        draw=draw,
        **vars(moments),
        **of_test,
        condition=condition if np.isfinite(condition) else None,
        ridge=ridge,
        seconds=seconds,
        warnings=doubts(moments, condition, prior_variance, spec.n_test_at(n), spec.training),
        provenance=origin if residual is None else {**origin, "residual": residual},
    )


def kernels_of(spec: CurveSpec | ForeseenSpec) -> Kernels:
    """The kernels that a curve needs: the NNGP alone for Bayesian networks."""
    bayes = spec.training.posterior == "bayes"
    return Kernels(spec.architecture, ("nngp",) if bayes else ("nngp", "ntk"))


def _check_finite(moments: LossMoments) -> None:
    if not all(math.isfinite(value) for value in vars(moments).values() if value is not None):
        raise KernelOverflowError(
            "The moments of the loss are not finite in float64: the outputs of the networks are "
            "too large; choose smaller sigma_w and sigma_b, or fewer layers."
        )


def _posterior(
    spec: CurveSpec, split: Split, dataset: Dataset, draw: int
) -> tuple[Posterior | InFolds, float]:
    """The posterior, and the ridge that the relative jitter means."""
    kernels = kernels_of(spec)
    ridge = ridge_of(spec.training.jitter, kernels, dataset, spec.data)
    if spec.folds is not None:
        noise = None
        if spec.data.noise:  # which only training targets have
            of_one = datasets.label_noise(dataset, spec.data, len(split.x_train), draw)
            noise = spec.data.noise * of_one
        return InFolds(kernels, split, ridge, spec.training, spec.folds, noise), ridge
    memory = accelerator_memory()
    if memory is not None:
        mixed = mixed_wanted(spec, dataset.n_features)
        route = card_route(spec, dataset.n_features, memory, mixed)
        # What nobody asked for must not be what a curve fails of.
        otherwise = None
        if mixed and settings.precision() == "auto":
            otherwise = card_route(spec, dataset.n_features, memory)
        return CardPosterior(kernels, split, ridge, spec.training, route, otherwise), ridge
    if recomputes(spec, dataset.n_features):  # nor is there memory for what is remembered
        return TrainedEnsemble(kernels, split, ridge, spec.training, Route.RECOMPUTATION), ridge
    subsets = _subsets(spec, kernels, split, dataset, draw)
    if spec.training.posterior == "bayes":
        return BayesPosterior(kernels, split, ridge, subsets), ridge
    return TrainedEnsemble(kernels, split, ridge, spec.training, subsets=subsets), ridge


def _subsets(
    spec: CurveSpec, kernels: Kernels, split: Split, dataset: Dataset, draw: int
) -> SubsetKernels:
    """The kernels, shared with other curves; those of a pool also between the draws from it,
    where that is less to evaluate than each draw's own."""
    n, (n_pool, _) = len(split.x_train), dataset.sizes()
    whole = 2 * 8 * n_pool * (n_pool + len(split.x_test))
    if spec.draws > 1 and n_pool**2 <= spec.draws * n**2 and whole <= settings.kernel_cache():
        return PooledKernels(
            kernels,
            split,
            (spec.architecture, datasets.inputs_identity(dataset, spec.data, None)),
            datasets.pool_sample(dataset, spec.data, n_pool),
            datasets.training_order(dataset, spec.data, n, draw),
        )
    identity = spec.architecture, datasets.inputs_identity(dataset, spec.data, draw)
    return SubsetKernels(kernels, split, identity)
