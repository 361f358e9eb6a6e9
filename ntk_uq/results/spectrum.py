"""Eigenvalues of the kernels, as the store has them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq.base.records import Record
from ntk_uq.results.keys import OneRecord, record_key
from ntk_uq.specs import SpectrumSpec
from ntk_uq.store import ResultsCache

SPECTRUM_VERSION = 2
"""Part of every spectrum's key: raised when the numbers change."""


@dataclass(frozen=True)
class Decay(Record):
    """``lambda_k ~ k^-exponent``, with ``exponent = 1 + alpha``, over a middle range of ranks.

    Attributes:
        exponent, error: of the fit and its standard error; None where there is none.
        low, high: the ranks between which was fitted; None where there are too few.
        valid: whether the exponent may be quoted.
        reasons: why not, or what else was found.
    """

    exponent: float | None
    error: float | None
    low: int | None
    high: int | None
    valid: bool
    reasons: tuple[str, ...]

    @property
    def alpha(self) -> float | None:
        """``exponent - 1``: a kernel of finite trace has one above zero."""
        return None if self.exponent is None else self.exponent - 1


@dataclass(frozen=True)
class KernelSpectrum(Record):
    """The eigenvalues of one kernel matrix K of n examples, in the kernel's unit.

    Attributes:
        eigenvalues: of ``K / n``, falling: estimates of the integral operator's.
        trace: ``tr K / n``, the mean of the diagonal; from the diagonal, not the eigenvalues.
        rounding: what float64 leaves uncertain of an eigenvalue, ``n eps lambda_max``: smaller
            ones are zero as far as anybody can tell.
        condition: ``lambda_max / lambda_min``; None where lambda_min is below ``rounding``.
        decay: how eigenvalues fall.
    """

    eigenvalues: tuple[float, ...]
    trace: float
    rounding: float
    condition: float | None
    decay: Decay

    @property
    def rank(self) -> int:
        """How many eigenvalues are above the rounding error."""
        return sum(value > self.rounding for value in self.eigenvalues)


@dataclass(frozen=True)
class Spectrum(Record):
    """The kernels' eigenvalues on a sample of the pool, and what they mean for the target.

    Attributes:
        n: examples.
        nngp, ntk: the kernels.
        power: at k - 1 the fraction of the squared length of the prepared targets that lies in
            the first k eigenvectors of the NTK, ``|V_k' Y|^2 / |Y|^2``: what gradient descent
            learns first. Where it stays below 1 up to large k, the target is hard.
        seconds: what it took.
        provenance: versions, device, dtype, data and preparation.
    """

    n: int
    nngp: KernelSpectrum
    ntk: KernelSpectrum
    power: tuple[float, ...]
    seconds: float
    provenance: Mapping[str, Any]


def _key(name: str, version: int, spec: SpectrumSpec, fingerprint: str) -> str:
    """Without the number of test examples, which does not matter."""
    return record_key(name, version, replace(spec, data=replace(spec.data, n_test=1)), fingerprint)


SPECTRUM = OneRecord[SpectrumSpec, Spectrum](
    name="spectrum",
    version=SPECTRUM_VERSION,
    cls=Spectrum,
    fits=lambda record, spec, _: record.n == spec.n,
    keyed=_key,
)


def spectrum_key(spec: SpectrumSpec, fingerprint: str) -> str:
    """Where the store keeps a spectrum, as :meth:`~ntk_uq.results.keys.OneRecord.key`."""
    return SPECTRUM.key(spec, fingerprint)


def stored_spectrum(results: ResultsCache, spec: SpectrumSpec) -> Spectrum | None:
    """The spectrum that the store has, as :meth:`~ntk_uq.results.keys.OneRecord.stored`."""
    return SPECTRUM.stored(results, spec)
