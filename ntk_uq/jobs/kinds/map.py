"""Jobs that evaluate the cells of a phase map."""

from ntk_uq.analysis.maps import stored_map
from ntk_uq.jobs.kinds.base import JobKind, Shown, counted
from ntk_uq.jobs.words import axis, draws, preparation, title, training
from ntk_uq.specs import MapSpec
from ntk_uq.views import PhaseMapView


def _words(spec: MapSpec) -> str:
    x, y = spec.axes
    names = {x.name, y.name}
    fixed = [
        *([f"depth {spec.architecture.depth}"] if "depth" not in names else []),
        *([spec.architecture.activation] if "activation" not in names else []),
        *([f"σ_w {spec.architecture.sigma_w:.4g}"] if "sigma_w" not in names else []),
        *([f"σ_b {spec.architecture.sigma_b:.4g}"] if "sigma_b" not in names else []),
        *([f"N_D {spec.n_train}"] if "n_train" not in names else []),
        *([f"N_T {spec.data.n_test}"] if "n_test" not in names else []),
    ]
    trained = [] if names & {"time", "steps"} else [training(spec.training)]
    over = f"map over {axis(x)} and {axis(y)}"
    parts = (title(spec.data.dataset), over, *fixed, draws(spec.draws), *trained)
    return ", ".join((*parts, *preparation(spec.data)))


KIND = JobKind(
    name="map",
    spec=MapSpec,
    words=_words,
    rank=-10,  # a cell that is opened as a curve goes before the rest of its map
    progress=counted("points"),
    stored=stored_map,
    opens=lambda spec: Shown(PhaseMapView(spec)),
    launched=True,
    keys=("point",),
)
