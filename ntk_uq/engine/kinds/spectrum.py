"""Decomposes the kernels on a sample of the pool, in one chunk."""

from ntk_uq import datasets
from ntk_uq.costs.memory import check_spectrum_memory
from ntk_uq.engine.chunks import Progress
from ntk_uq.engine.kinds.base import one_record
from ntk_uq.jobs.kinds.spectrum import KIND
from ntk_uq.results.spectrum import Spectrum
from ntk_uq.specs import SpectrumSpec


def _memory(spec: SpectrumSpec) -> int:
    dataset = datasets.get_for(spec.data, spec.n, called="The sample")
    return check_spectrum_memory(spec, dataset.n_features)


def _evaluate(spec: SpectrumSpec, progress: Progress) -> tuple[str, Spectrum]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.spectrum import evaluate_spectrum

    spectrum = evaluate_spectrum(spec, tell=progress)
    return spectrum.provenance["data_fingerprint"], spectrum


plan, compute = one_record(KIND, _memory, _evaluate)
