"""Jobs that evaluate the infinite-width losses against training time."""

from ntk_uq.costs.theory import training_time_cost
from ntk_uq.jobs.kinds.base import JobKind, Shown, counted
from ntk_uq.jobs.words import draws, network, preparation, span, title
from ntk_uq.results.training_time import stored_training_time
from ntk_uq.specs import TrainingTimeSpec
from ntk_uq.views import training_time_view_of


def _words(spec: TrainingTimeSpec) -> str:
    levels = {"label noise": spec.noises, "jitter": spec.jitters}
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture), f"N_D {spec.n_train}"),
        f"τ {spec.times[0]:.3g} to {spec.times[-1]:.3g}",
        *(span(name, values) for name, values in levels.items() if values != (0.0,)),
        *(draws(spec.draws), f"N_T {spec.data.n_test}"),
        *preparation(spec.data),
    )
    return ", ".join(parts)


def _opens(spec: TrainingTimeSpec) -> Shown:
    view, notice = training_time_view_of(spec), ""
    if view.training_times() != (spec,):
        notice = (
            "The page draws evenly spaced times, and at most a list of one of noise and jitter on "
            "each axis. The link opens the closest there is."
        )
    return Shown(view, notice)


KIND = JobKind(
    name="training_time",
    spec=TrainingTimeSpec,
    words=_words,
    total=lambda spec: spec.draws,
    progress=counted("draws"),
    former=("flow",),
    stored=stored_training_time,
    opens=_opens,
    cost=training_time_cost,
    keys=("flow",),
)
