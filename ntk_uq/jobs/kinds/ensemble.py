"""Jobs that train ensembles of finite networks."""

from typing import TYPE_CHECKING

from ntk_uq import optimizers
from ntk_uq.jobs.kinds.base import JobKind, Shown, counted
from ntk_uq.jobs.words import network, optimizer, preparation, span, title
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import ResultsCache
from ntk_uq.views import EnsemblesView, WidthView

if TYPE_CHECKING:
    from ntk_uq.results.ensembles.stored import Ensembles


def in_full(spec: EnsembleSpec) -> str:
    """What a job would train, with every N_D: for who is about to launch it."""
    sizes = f"N_D {', '.join(map(str, spec.n_train))}"
    return _told(spec, sizes, optimizers.get(spec.optimizer.optimizer).title)


def _words(spec: EnsembleSpec) -> str:
    return _told(spec, span("N_D", spec.n_train))


def _told(spec: EnsembleSpec, sizes: str, optimizer_title: str = "") -> str:
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        f"width {', '.join(map(str, spec.widths))}",
        *(sizes, f"{spec.members} members"),
        *(f"N_T {spec.data.n_test}", optimizer(spec.optimizer, optimizer_title)),
        *preparation(spec.data),
    )
    return ", ".join(parts)


def _opens(spec: EnsembleSpec) -> Shown:
    view = EnsemblesView(
        spec.data, spec.architecture, spec.optimizer, spec.widths, spec.n_train, spec.members
    )
    return Shown(view)


def _besides(spec: EnsembleSpec) -> WidthView | None:
    return WidthView.of(spec) if len(spec.widths) >= _WIDTHS else None


_WIDTHS = 3  # that say something of a law


def _stored(results: ResultsCache, spec: EnsembleSpec) -> "Ensembles":
    # scipy.stats, which the statistics need, takes half a second: who only asks need not wait.
    from ntk_uq.results.ensembles.stored import stored_ensembles

    return stored_ensembles(results, spec)


KIND = JobKind(
    name="ensemble",
    spec=EnsembleSpec,
    words=_words,
    rank=-20,
    total=lambda spec: spec.n_members,
    progress=counted("networks"),
    stored=_stored,
    opens=_opens,
    besides=_besides,
    smaller="width, N_D or N_T",
    launched=True,
    keys=("member", "targets"),
)
