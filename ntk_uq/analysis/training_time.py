"""Losses against training time as a page shows them: curves, optima in words, finite networks."""

from collections.abc import Iterable
from dataclasses import dataclass

from ntk_uq.results.descent import Descent, stored_descent
from ntk_uq.results.ensembles.losses_along import LossesAlong, losses_along
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.ensembles.stored import Ensembles, descent_of, stored_ensembles
from ntk_uq.results.training_time import Best, MeanTimeSeries, TrainingTime, stored_training_time
from ntk_uq.results.training_time_record import End
from ntk_uq.scaling import format_value
from ntk_uq.store import ResultsCache
from ntk_uq.views import TrainingTimeView

_NAMES = {"mu": "μ", "epsilon": "ε"}
_PLACES = {
    End.LAST: "range ends before",
    End.CONVERGED: "∞",
    End.FIRST: "range begins after",
}
_WORTH = 0.01
"""What early stopping has to gain to be worth a sentence, relative to the smallest mu."""


@dataclass(frozen=True)
class Track:
    """A curve against time: its label, and means over draws; None as long as there is no draw."""

    label: str
    line: MeanTimeSeries | None


@dataclass(frozen=True)
class Sweep:
    """A curve against jitter or noise: the value and the line of each entry that is there."""

    label: str
    entries: tuple[tuple[float, MeanTimeSeries], ...]


@dataclass(frozen=True)
class Networks:
    """Finite networks, and the theory of exactly their training.

    Attributes:
        eta: step size in units of ``1 / lambda_max``: k steps are at ``tau = eta k``.
        ensembles: a width each.
        descent: infinite width on their training subset, draw 0, at their steps; None where it is
            not there yet.
        widths: all that were asked for, so that each keeps its marker while they come.
    """

    eta: float
    ensembles: tuple[LossesAlong, ...]
    descent: Descent | None
    widths: tuple[int, ...]


@dataclass(frozen=True)
class TrainingTimeStudy:
    """What is known of a view: the theory of each of its specifications, finite networks.

    Attributes:
        view: what was asked for.
        training_times: of ``view.training_times()``, complete or growing.
        ensembles: of ``view.ensembles()``; None where they are not shown.
        descent: the theory of their training; None likewise, or not there yet.
    """

    view: TrainingTimeView
    training_times: tuple[TrainingTime, ...]
    ensembles: Ensembles | None = None
    descent: Descent | None = None

    @property
    def complete(self) -> bool:
        """Whether all of the theory is there."""
        return all(training.complete for training in self.training_times)

    def tracks(self) -> tuple[Track, ...]:
        """The curves against time."""
        training_times = dict(zip(self.view.training_times(), self.training_times, strict=True))
        return tuple(
            Track(line.label, training_times[line.spec].line(line.noise, line.jitter))
            for line in self.view.lines()
        )

    def sweeps(self) -> tuple[Sweep, ...]:
        """The curves against jitter or noise."""
        training_times = dict(zip(self.view.training_times(), self.training_times, strict=True))
        found = []
        for label, lines in self.view.curves():
            entries = (
                (
                    getattr(one, self.view.against),
                    training_times[one.spec].line(one.noise, one.jitter),
                )
                for one in lines
            )
            known = tuple((value, line) for value, line in entries if line is not None)
            found.append(Sweep(label, known))
        return tuple(found)

    def networks(self) -> Networks | None:
        """The finite networks over the theory; None where they are not shown."""
        if self.ensembles is None:
            return None
        found = (losses_along(members) for members in self.ensembles.members.values() if members)
        return Networks(
            self.view.eta,
            tuple(one for one in found if one is not None),
            self.descent,
            self.view.widths,
        )

    def findings(self) -> tuple[str, ...]:
        """What the curves say: the :meth:`clauses`, and the :attr:`failures`."""
        return (*self.clauses(), *self.failures)

    def clauses(self) -> tuple[str, ...]:
        """What the curves say, each once, without the full stop of a sentence."""
        if self.view.against == "time":
            known = ((track.label, track.line) for track in self.tracks())
            said = [f"{label}: {sentences(line)}" for label, line in known if line is not None]
        else:
            said = list(_swept(self.view.against, self.sweeps()))
        return tuple(dict.fromkeys((*said, *self._ranges())))

    @property
    def failures(self) -> tuple[str, ...]:
        """Why limits of endless training cannot be computed, whole sentences, each once."""
        found = (
            f for training in self.training_times for line in training.lines for f in line.failures
        )
        return tuple(dict.fromkeys(found))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about single numbers, each once."""
        found = [w for training in self.training_times for w in training.warnings]
        return tuple(dict.fromkeys((*found, *(self.ensembles.warnings if self.ensembles else ()))))

    def _ranges(self) -> Iterable[str]:
        """Whether the range of times reaches the end of the training."""
        for training in self.training_times:
            slowest = training.slowest
            if slowest is None or min(training.spec.jitters) > 0:
                continue
            if training.singular:
                continue  # the smallest eigenvalue is rounding: it says nothing about a time
            depth = (
                f"depth {training.spec.architecture.depth}: "
                if len(self.training_times) > 1
                else ""
            )
            if slowest > self.view.tau_high:
                yield (
                    f"{depth}the slowest mode needs τ = λ_max/λ_min = {slowest:.3g}, beyond the "
                    "range of times: its last points are not the end of the training"
                )
            else:
                yield f"{depth}the slowest mode needs τ = λ_max/λ_min = {slowest:.3g}"


def stored_training_time_study(results: ResultsCache, view: TrainingTimeView) -> TrainingTimeStudy:
    """A view with what the store has of it.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    training_times = tuple(stored_training_time(results, spec) for spec in view.training_times())
    if not shows_networks(view):
        return TrainingTimeStudy(view, training_times)
    spec = view.ensembles()
    wanted = descent_of(spec, view.n_train)
    descent = None if wanted is None else stored_descent(results, wanted)
    return TrainingTimeStudy(view, training_times, stored_ensembles(results, spec), descent)


def shows_networks(view: TrainingTimeView) -> bool:
    """Whether finite networks have a place on the page: they are trained without a ridge."""
    return view.finite and view.against == "time" and view.shown.jitter == 0


def sentences(line: MeanTimeSeries) -> str:
    """Where mu and epsilon are smallest along a training, in words."""
    best = {name: line.best(name) for name in _NAMES}
    if best["mu"].tau is None and best["mu"].ends == best["epsilon"].ends:
        return f"μ and ε: {best['mu'].end}"
    return "; ".join(_sentence(name, found) for name, found in best.items())


def _sentence(quantity: str, best: Best) -> str:
    value: Estimate | None = getattr(best, quantity)
    if best.tau is None or value is None:
        return f"{_NAMES[quantity]}: {best.end}"
    words = f"{_NAMES[quantity]} is smallest at τ = {shown(best.tau)}, where it is {shown(value)}"
    if best.gain is not None and best.gain.value > 0:
        error = None if best.gain.error is None else 100 * best.gain.error
        words += (
            f" (endless training: {shown(Estimate(100 * best.gain.value, error=error))} % more)"
        )
    return words


def shown(estimate: Estimate | None, missing: str = "–") -> str:
    """An estimate with its error, or without where it has none."""
    if estimate is None:
        return missing
    if not estimate.error:
        return f"{estimate.value:.4g}"
    return format_value(estimate.value, estimate.error)


def table(law: TrainingTimeStudy) -> list[dict[str, str]]:
    """A row a training: where mu and epsilon are smallest, and what is gained."""
    if law.view.against == "time":
        tracks = ((track.label, track.line) for track in law.tracks())
        return [{"curve": label, **_cells(line)} for label, line in tracks]
    return [
        {"curve": sweep.label, law.view.against: f"{value:g}", **_cells(line)}
        for sweep in law.sweeps()
        for value, line in sweep.entries
    ]


def _cells(line: MeanTimeSeries | None) -> dict[str, str]:
    names = (
        *("τ, smallest μ", "t = τ/λ_max", "μ there", "ε there", "μ(∞)", "ε(∞)", "μ(∞)/μ − 1"),
        *("τ, smallest ε", "smallest ε"),
    )
    if line is None:
        # A row from the start: the page does not jump when the curve is there.
        return dict.fromkeys(names, "…")
    mu, epsilon = line.best("mu"), line.best("epsilon")
    limits = [shown(line.converged(name)) for name in ("mu", "epsilon")]
    cells = (
        *(place(mu), shown(mu.time), shown(mu.mu), shown(mu.epsilon), *limits, shown(mu.gain)),
        *(place(epsilon), shown(epsilon.epsilon)),
    )
    return dict(zip(names, cells, strict=True))


def place(best: Best) -> str:
    """Where a quantity is smallest, in as few words as a cell of a table has room for."""
    if best.tau is not None:
        return shown(best.tau)
    return "draws differ" if best.common is None else _PLACES[best.common]


def _swept(against: str, sweeps: Iterable[Sweep]) -> Iterable[str]:
    for sweep in sweeps:
        stopped = [(v, line.stopped["mu"], line.converged("mu")) for v, line in sweep.entries]
        unknown = [value for value, estimate, _ in stopped if estimate is None]
        known = [(v, s, end) for v, s, end in stopped if s is not None and end is not None]
        if len(known) > 1 and against == "jitter":
            at, early, _ = min(known, key=lambda entry: entry[1].value)
            late_at, _, late = min(known, key=lambda entry: entry[2].value)
            yield (
                f"{sweep.label}: of the jitters computed, μ is smallest at {at:g} when stopped "
                f"early, {shown(early)}, and at {late_at:g} after endless training, {shown(late)}"
            )
        if len(known) > 1 and against == "noise":
            gains = [(v, end.value / s.value - 1) for v, s, end in known]
            value, most = max(gains, key=lambda pair: pair[1])
            if most > _WORTH:
                first = next(v for v, gain in gains if gain > _WORTH)
                yield (
                    f"{sweep.label}: of the levels computed, endless training has more than 1 % "
                    f"more than the smallest μ from label noise {first:g} on, {100 * most:.3g} % "
                    f"at {value:g}"
                )
            else:
                yield f"{sweep.label}: stopping early makes μ smaller by less than 1 %"
        if unknown:
            levels = ", ".join(f"{value:g}" for value in unknown)
            yield (
                f"{sweep.label}: at {against} {levels} μ is smallest at the largest time in some "
                "draw, so that no optimum is drawn"
            )
