"""Jobs that foresee a learning curve from the kernel of a sample."""

from contextlib import suppress
from dataclasses import replace

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.base.fields import default_of
from ntk_uq.costs.theory import foreseen_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, at_once
from ntk_uq.jobs.words import network, preparation, span, title, training
from ntk_uq.results.foreseen import FORESEEN
from ntk_uq.specs import CurveSpec, DataSpec, ForeseenSpec
from ntk_uq.views import spectrum_view_of


def _words(spec: ForeseenSpec) -> str:
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        *(f"foreseen from {spec.sample}", span("N_D", spec.n_train)),
        *(training(spec.training), *preparation(spec.data)),
    )
    return ", ".join(parts)


def _opens(spec: ForeseenSpec) -> Shown:
    view, notice = spectrum_view_of(replace(spec, data=_with_usual_test(spec.data))), ""
    if view.foreseen()[0].n_train != spec.n_train:
        notice = (
            "The page has N_D 25, 50, 100 and so on up to half of the sample, and those of this "
            "run are others; the link opens the same sample with the page's own."
        )
    return Shown(view, notice)


def _with_usual_test(data: DataSpec) -> DataSpec:
    """Data with as large a test set as a page opens with: where it does not matter to a job, it is
    1 there, and opening the job would have it travel to all pages."""
    usual = CurveSpec(replace(data, n_test=default_of(DataSpec, "n_test")))
    with suppress(SpecError, DataError):  # of a data set that is gone; the page says so
        return datasets.within(usual, datasets.get(data.dataset)).data
    return usual.data


KIND = JobKind(
    name="foreseen",
    spec=ForeseenSpec,
    words=_words,
    total=lambda spec: 1,  # noqa: ARG005
    progress=at_once(),
    record=FORESEEN,
    opens=_opens,
    smaller="sample",
    cost=foreseen_cost,
)
