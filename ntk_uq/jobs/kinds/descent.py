"""Jobs that evaluate the infinite-width losses along one training by gradient descent."""

from ntk_uq.costs.theory import descent_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, at_once
from ntk_uq.jobs.words import network, preparation, title
from ntk_uq.results.descent import DESCENT
from ntk_uq.specs import DescentSpec, OptimizerSpec
from ntk_uq.views import EnsemblesView


def _words(spec: DescentSpec) -> str:
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture), f"N_D {spec.n_train}"),
        *(f"along {spec.steps[-1]} steps, η {spec.eta:g}", *preparation(spec.data)),
    )
    return ", ".join(parts)


def _opens(spec: DescentSpec) -> Shown:
    optimizer = OptimizerSpec(steps=spec.steps[-1], eta=spec.eta)
    view = EnsemblesView(spec.data, spec.architecture, optimizer, n_train=(spec.n_train,))
    return Shown(view)


KIND = JobKind(
    name="descent",
    spec=DescentSpec,
    words=_words,
    total=lambda spec: 1,  # noqa: ARG005
    progress=at_once(),
    former=("history",),
    record=DESCENT,
    opens=_opens,
    cost=descent_cost,
)
