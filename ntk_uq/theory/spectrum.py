"""Eigenvalues of the kernels on a sample of the pool, and the target's power along them."""

import itertools
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from ntk_uq import datasets
from ntk_uq.costs.memory import check_spectrum_memory
from ntk_uq.datasets import Dataset
from ntk_uq.results.spectrum import Decay, KernelSpectrum, Spectrum
from ntk_uq.scaling import PowerLawFit, Wording, fit_power_law
from ntk_uq.specs import SpectrumSpec
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.where import eigen_of

LOWEST_RANK = 10
"""The first rank of the fit: the first eigenvalues are those of the data's few main directions."""

HIGHEST_SHARE = 5
"""The last rank of the fit is n over this: of higher ones, n examples tell too little. On a sample
the spectrum bends down towards rank n, whatever the integral operator's does."""

_FIT_POINTS, _POWER_BINS = 24, 12
_OVER_RANKS = Wording(axis="k", alpha="The exponent", does="They do")


def evaluate_spectrum(
    spec: SpectrumSpec,
    dataset: Dataset | None = None,
    tell: Callable[[str], None] = lambda message: None,  # noqa: ARG005
) -> Spectrum:
    """The eigenvalues of ``K / n`` and ``T / n`` on the first n training examples of draw 0.

    With the eigenvectors ``V`` of the NTK T, eigenvalues falling, and the prepared targets Y, label
    noise included,
    gradient flow closes the share ``1 - exp(-n lambda_k t)`` of the distance to the target along
    ``v_k`` in time t; ``sum_{j <= k} |v_j' Y|^2 / |Y|^2`` says how much of the target that is.
    Eigenvalues of ``T / n`` estimate those of the kernel's integral operator over the inputs'
    distribution (Koltchinskii and Gine, Bernoulli 6, 2000).

    Args:
        spec: data, architecture and n.
        dataset: the data set, if it is not the registered one of that name.
        tell: called with words for what is being done.

    Raises:
        SpecError: if the pool is not as large, or a kernel overflows.
        DataError: if files are missing or damaged.
        MemoryLimitError: if it does not fit.
    """
    clock = time.perf_counter()
    data = replace(spec.data, n_test=1)
    dataset = datasets.get_for(data, spec.n, dataset, "The sample")
    check_spectrum_memory(spec, dataset.n_features)
    split = datasets.load_split(dataset, data, spec.n, draw=0)
    kernels = Kernels(spec.architecture)
    traces = kernels.mean_diagonal(split.x_train)
    of_nngp, of_ntk, vectors = eigen_of(kernels, split.x_train, tell)
    return Spectrum(
        n=spec.n,
        nngp=describe_eigenvalues(of_nngp[::-1] / spec.n, traces[0]),
        ntk=describe_eigenvalues(of_ntk[::-1] / spec.n, traces[1]),
        power=tuple(map(float, cumulative_power(vectors[:, ::-1], split.y_train))),
        seconds=time.perf_counter() - clock,
        provenance=provenance(dataset, data, split),
    )


def describe_eigenvalues(eigenvalues: Float[np.ndarray, "n"], trace: float) -> KernelSpectrum:
    """The record of falling eigenvalues of ``K / n`` whose exact sum is ``trace``."""
    largest, smallest = float(eigenvalues[0]), float(eigenvalues[-1])
    rounding = float(len(eigenvalues) * np.finfo(float).eps * largest)
    return KernelSpectrum(
        eigenvalues=tuple(map(float, eigenvalues)),
        trace=trace,
        rounding=rounding,
        condition=largest / smallest if smallest > rounding else None,
        decay=fit_decay(eigenvalues, rounding),
    )


def cumulative_power(
    vectors: Float[np.ndarray, "n n"], targets: Float[np.ndarray, "n c"]
) -> Float[np.ndarray, "n"]:
    """``|V_k' Y|^2 / |Y|^2`` for k = 1 .. n, from orthonormal columns V; 1 at the end."""
    power = np.sum((vectors.T @ targets) ** 2, axis=1)
    # Zero targets have no direction; they are learnt before training.
    total = power.sum()
    return np.cumsum(power) / total if total else np.ones(len(power))


def fit_decay(eigenvalues: Float[np.ndarray, "n"], rounding: float = 0.0) -> Decay:
    """``lambda_k ~ k^-exponent`` from rank 10 to n / 5, on ranks of a common ratio.

    Ranks whose eigenvalues are not above ``rounding`` are left out. The fit and what invalidates
    it are those of :func:`ntk_uq.scaling.fit_power_law`.
    """
    last = min(len(eigenvalues) // HIGHEST_SHARE, int(np.sum(eigenvalues > rounding)))
    if last <= LOWEST_RANK:
        reason = (
            f"{last} eigenvalues are sure enough for a fit, which starts at rank {LOWEST_RANK}; "
            f"take more than {HIGHEST_SHARE * LOWEST_RANK} examples, of inputs in as many "
            "directions."
        )
        return Decay(None, None, None, None, False, (reason,))
    ranks = np.unique(np.geomspace(LOWEST_RANK, last, _FIT_POINTS).round().astype(int))
    return _decay(
        ranks, fit_power_law(ranks.astype(float), eigenvalues[ranks - 1], words=_OVER_RANKS)
    )


def fit_power(power: Float[np.ndarray, "n"]) -> Decay:
    """``v_k^2 ~ k^-exponent`` from rank 10 to n / 5, on means over ranks of a common ratio.

    The power along a single eigenvector scatters by more than itself, its mean over neighbours
    does not; the error of a mean is that of its terms' scatter.
    """
    last = len(power) // HIGHEST_SHARE
    if last <= 2 * LOWEST_RANK:
        reason = (
            f"A fit goes from rank {LOWEST_RANK} to {last}, a {HIGHEST_SHARE}th of the sample; "
            f"take more than {2 * HIGHEST_SHARE * LOWEST_RANK} examples."
        )
        return Decay(None, None, None, None, False, (reason,))
    edges = np.unique(np.geomspace(LOWEST_RANK, last + 1, _POWER_BINS + 1).round().astype(int))
    parts = [power[low - 1 : high - 1] for low, high in itertools.pairwise(edges)]
    ranks = np.array([np.sqrt(low * (high - 1)) for low, high in itertools.pairwise(edges)])
    errors = [
        np.std(part, ddof=1) / np.sqrt(len(part)) if len(part) > 1 else None for part in parts
    ]
    means = [float(part.mean()) for part in parts]
    return _decay(edges, fit_power_law(ranks, means, errors, words=_OVER_RANKS))


def _decay(ranks: Int[np.ndarray, "k"], fit: PowerLawFit) -> Decay:
    return Decay(
        exponent=fit.alpha,
        error=fit.alpha_error,
        low=int(ranks[0]),
        high=int(ranks[-1]),
        valid=fit.valid,
        reasons=tuple(flag.reason for flag in fit.flags),
    )
