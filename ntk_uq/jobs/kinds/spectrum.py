"""Jobs that decompose the kernels on a sample of the pool."""

from ntk_uq.costs.theory import spectrum_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, at_once
from ntk_uq.jobs.words import network, preparation, title
from ntk_uq.results.spectrum import SPECTRUM
from ntk_uq.specs import SpectrumSpec
from ntk_uq.views import DataView


def _words(spec: SpectrumSpec) -> str:
    parts = (title(spec.data.dataset), *network(spec.architecture), f"n {spec.n}")
    return ", ".join((*parts, *preparation(spec.data)))


KIND = JobKind(
    name="spectrum",
    spec=SpectrumSpec,
    words=_words,
    total=lambda spec: 1,  # noqa: ARG005
    progress=at_once(),
    record=SPECTRUM,
    opens=lambda spec: Shown(DataView(spec.data, spec.architecture, max(10, spec.n))),
    smaller="n",
    cost=spectrum_cost,
)
