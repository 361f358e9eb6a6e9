"""Jobs that foresee a learning curve from the kernel of a sample."""

from ntk_uq.costs.theory import foreseen_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, at_once
from ntk_uq.jobs.words import network, preparation, span, title, training
from ntk_uq.results.foreseen import FORESEEN
from ntk_uq.specs import CurveSpec, ForeseenSpec
from ntk_uq.views import view_of


def _words(spec: ForeseenSpec) -> str:
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        *(f"foreseen from {spec.sample}", span("N_D", spec.n_train)),
        *(training(spec.training), *preparation(spec.data)),
    )
    return ", ".join(parts)


KIND = JobKind(
    name="foreseen",
    spec=ForeseenSpec,
    words=_words,
    total=lambda spec: 1,  # noqa: ARG005
    progress=at_once(),
    record=FORESEEN,
    opens=lambda spec: Shown(
        view_of(CurveSpec(spec.data, spec.architecture, spec.training, spec.n_train))
    ),
    smaller="sample",
    cost=foreseen_cost,
)
