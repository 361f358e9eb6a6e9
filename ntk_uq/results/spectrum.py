"""Eigenvalues of the kernels, as the store has them."""

from dataclasses import replace

from ntk_uq import datasets
from ntk_uq.results.keys import record_key
from ntk_uq.results.spectrum_record import SPECTRUM_VERSION, Spectrum
from ntk_uq.specs import SpectrumSpec
from ntk_uq.store import ResultsCache


def spectrum_key(spec: SpectrumSpec, fingerprint: str) -> str:
    """Where the store keeps a spectrum: one for all specifications that mean the same.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    one = replace(spec, data=replace(spec.data, n_test=1))
    return record_key("spectrum", SPECTRUM_VERSION, one, fingerprint)


def stored_spectrum(results: ResultsCache, spec: SpectrumSpec) -> Spectrum | None:
    """The spectrum on the data set as its files are now, or None if the store has none.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    key = spectrum_key(spec, datasets.get(spec.data.dataset).fingerprint())
    spectrum = results.get_record(key, Spectrum)
    return spectrum if spectrum is not None and spectrum.n == spec.n else None
