"""Jobs of kind ``spectrum``: eigenvalues of the kernels on a sample of the pool, in one chunk."""

from collections.abc import Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.base import Kind, read_spec
from ntk_uq.jobs import SPECTRUM
from ntk_uq.specs import SpectrumSpec
from ntk_uq.spectra import spectrum_key, stored_spectrum
from ntk_uq.store import ResultsCache, json_bytes
from ntk_uq.theory.memory import check_spectrum_memory


def _plan(spec: Any, results: ResultsCache) -> Plan:
    wanted = read_spec(SpectrumSpec, spec)
    dataset = datasets.get(wanted.data.dataset)
    datasets.check_sizes(dataset, wanted.data, wanted.n)
    if stored_spectrum(results, wanted) is not None:
        return Plan((), 1, 1)
    check_spectrum_memory(wanted, dataset.n_features)
    return Plan((Chunk(SPECTRUM, wanted.to_json()),), 0, 1)


def _compute(payload: Any, progress: Progress) -> Iterator[Result]:
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.spectrum import evaluate_spectrum

    spec = SpectrumSpec.from_json(payload)
    spectrum = evaluate_spectrum(spec, tell=progress)
    key = spectrum_key(spec, spectrum.provenance["data_fingerprint"])
    yield Result(key, json_bytes(spectrum.to_json()))


def _words(done: int, total: int) -> str:  # noqa: ARG001
    return "computed" if done else "not begun"


KIND = Kind(name=SPECTRUM, plan=_plan, compute=_compute, words=_words, smaller="n")
