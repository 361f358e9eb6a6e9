"""Learning curves foreseen from a sample, as the store has them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq.base.records import Record
from ntk_uq.results.keys import OneRecord, record_key
from ntk_uq.results.spectrum import Decay, KernelSpectrum
from ntk_uq.specs import ForeseenSpec
from ntk_uq.store import ResultsCache

FORESEEN_VERSION = 1
"""Part of every key: raised when the numbers change."""

WITHIN, AT_MOST = 0.1, 0.25
"""How far from what was measured on the sample a foreseen loss may be, relative to it: its error
left out, and with it."""

PRECISE = 0.15
"""The largest relative error of what was measured that still checks something."""


@dataclass(frozen=True)
class MeanLoss(Record):
    """The test loss of networks trained on n examples: its mean over initializations, training
    subsets and test examples.

    Attributes:
        mu: the mean, in squared units of the target.
        mu_bias, mu_variance: of the mean network, and what the spread over initializations adds.
        error: standard error of mu; None where none is known.
    """

    mu: float
    mu_bias: float
    mu_variance: float
    error: float | None


@dataclass(frozen=True)
class ForeseenPoint(Record):
    """What is foreseen for one N_D, beside what is measured on the same sample.

    Attributes:
        n_train: N_D.
        foreseen: with a potential of its own for each example; its error is about that of the
            choice of the sample as test examples. None where there is none; ``failure`` says why.
        of_spectrum: with all examples alike, so from eigenvalues and powers alone; None where T
            has too few directions.
        measured: really trained on N_D examples of the sample, and tested on all others of it: the
            mean over ``subsets`` choices, with its standard error. None where the kernel of such
            a choice cannot be factored.
        subsets: how many choices.
        of_half: the foreseen mu from the halves of the sample, their mean; None where N_D is more
            than half of these.
        potential_ratio: largest over smallest potential of an example: 1 where all are alike.
        failure: why nothing is foreseen; None where it is.
    """

    n_train: int
    foreseen: MeanLoss | None
    of_spectrum: MeanLoss | None
    measured: MeanLoss | None
    subsets: int
    of_half: float | None
    potential_ratio: float | None
    failure: str | None

    @property
    def holds(self) -> bool:
        """Whether what is foreseen is what is measured on the sample: within a tenth and twice the
        error of that, and no more than a quarter; where that error is 15 % at most."""
        return agrees(self.foreseen, self.measured)

    @property
    def spectrum_holds(self) -> bool:
        """The same of what follows from the spectrum alone."""
        return agrees(self.of_spectrum, self.measured)


def agrees(foreseen: MeanLoss | None, measured: MeanLoss | None) -> bool:
    """Whether a foreseen loss may be drawn: its check has been made, says something, and passed."""
    if foreseen is None or measured is None or not precise(measured):
        return False
    assert measured.error is not None
    within = min(WITHIN * measured.mu + 2 * measured.error, AT_MOST * measured.mu)
    return abs(foreseen.mu - measured.mu) <= within


def precise(measured: MeanLoss) -> bool:
    """Whether what was measured is known well enough to check anything."""
    return (
        measured.mu > 0 and measured.error is not None and measured.error <= PRECISE * measured.mu
    )


@dataclass(frozen=True)
class Foreseen(Record):
    """A learning curve foreseen from the kernel of a sample of M examples.

    Attributes:
        sample: M.
        nngp: eigenvalues of ``K / M``, falling, of the NNGP kernel, with their decay.
        ntk: eigenvalues lambda_i of ``T / M``; None for Bayesian networks, whose T is K.
        target_power: ``v_i^2``, the power of the prepared targets, without label noise, along the
            eigenvectors of T, in squared units of the target, the mean over outputs:
            ``sum_i v_i^2 = |Y|^2 / (M C)``.
        initial_power: ``q_i = <v_i, K v_i> / M``, that of the function at initialization.
        target_decay, initial_decay: how both fall.
        points: one for each N_D.
        ridge: on T's diagonal, in its units.
        noise: variance of the label noise, in squared units of the target.
        seconds: what it took.
        provenance: versions, device, dtype, data and preparation.
    """

    sample: int
    nngp: KernelSpectrum
    ntk: KernelSpectrum | None
    target_power: tuple[float, ...]
    initial_power: tuple[float, ...]
    target_decay: Decay
    initial_decay: Decay
    points: tuple[ForeseenPoint, ...]
    ridge: float
    noise: float
    seconds: float
    provenance: Mapping[str, Any]

    @property
    def kernel(self) -> KernelSpectrum:
        """The spectrum of T, along whose eigenvectors the powers are."""
        return self.nngp if self.ntk is None else self.ntk

    @property
    def n_train(self) -> tuple[int, ...]:
        """The N_D of its points."""
        return tuple(point.n_train for point in self.points)


def _key(name: str, version: int, spec: ForeseenSpec, fingerprint: str) -> str:
    """Without the number of test examples, which does not matter."""
    return record_key(name, version, replace(spec, data=replace(spec.data, n_test=1)), fingerprint)


FORESEEN = OneRecord[ForeseenSpec, Foreseen](
    name="foreseen",
    version=FORESEEN_VERSION,
    cls=Foreseen,
    fits=lambda record, spec, _: (record.sample, record.n_train) == (spec.sample, spec.n_train),
    keyed=_key,
)


def stored_foreseen(results: ResultsCache, spec: ForeseenSpec) -> Foreseen | None:
    """What the store has, as :meth:`~ntk_uq.results.keys.OneRecord.stored`."""
    return FORESEEN.stored(results, spec)
