"""Jobs of kind ``spectrum``: eigenvalues of the kernels on a sample of the pool, in one chunk."""

from ntk_uq import datasets
from ntk_uq.costs.memory import check_spectrum_memory
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import at_once
from ntk_uq.jobs.asking import SPECTRUM
from ntk_uq.results.spectrum import Spectrum, spectrum_key, stored_spectrum
from ntk_uq.specs import SpectrumSpec


def _check(spec: SpectrumSpec) -> int:
    dataset = datasets.get_for(spec.data, spec.n)
    return check_spectrum_memory(spec, dataset.n_features)


def _evaluate(spec: SpectrumSpec, progress: Progress) -> tuple[str, Spectrum]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.spectrum import evaluate_spectrum

    spectrum = evaluate_spectrum(spec, tell=progress)
    return spectrum_key(spec, spectrum.provenance["data_fingerprint"]), spectrum


KIND = at_once(SPECTRUM, SpectrumSpec, stored_spectrum, _check, _evaluate, smaller="n")
