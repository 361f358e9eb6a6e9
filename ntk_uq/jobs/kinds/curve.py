"""Jobs that evaluate a scaling curve of the theory."""

from ntk_uq.costs.theory import curve_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, counted
from ntk_uq.jobs.words import draws, network, preparation, span, title, training
from ntk_uq.results.curves import stored_curve
from ntk_uq.specs import CurveSpec
from ntk_uq.views import view_of


def _words(spec: CurveSpec) -> str:
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        *(span("N_D", spec.n_train), draws(spec.draws)),
        *(_tested(spec), training(spec.training), *preparation(spec.data)),
    )
    return ", ".join(parts)


def _tested(spec: CurveSpec) -> str:
    return f"N_T {spec.data.n_test}" if spec.folds is None else f"{spec.folds} folds"


def _opens(spec: CurveSpec) -> Shown:
    view, notice = view_of(spec), ""
    if view.curves() != (spec,):
        notice = (
            "The page draws evenly spaced N_D, and those of this run are not. The link opens the "
            f"closest there is: {len(view.n_train)} N_D from {view.n_train[0]} to "
            f"{view.n_train[-1]}; N_D that both have are not computed again."
        )
    return Shown(view, notice)


KIND = JobKind(
    name="curve",
    spec=CurveSpec,
    words=_words,
    total=lambda spec: spec.n_points,
    progress=counted("points"),
    stored=stored_curve,
    opens=_opens,
    cost=curve_cost,
    keys=("point",),
)
