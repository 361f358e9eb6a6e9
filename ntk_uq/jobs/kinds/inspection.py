"""Jobs that look through a data set."""

from ntk_uq import datasets
from ntk_uq.costs.theory import inspection_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, at_once
from ntk_uq.jobs.words import title
from ntk_uq.results.inspection import INSPECTION
from ntk_uq.specs import DataSpec, InspectionSpec
from ntk_uq.views import DataView

KIND = JobKind(
    name="inspection",
    spec=InspectionSpec,
    words=lambda spec: f"What is in {title(spec.dataset)}",
    rank=20,
    total=lambda spec: 1,  # noqa: ARG005
    progress=at_once("not looked at yet", "looked through"),
    former=("report",),
    check=lambda spec: datasets.get(spec.dataset),
    record=INSPECTION,
    opens=lambda spec: Shown(DataView(DataSpec(spec.dataset))),
    smaller="data set",
    cost=inspection_cost,
)
