"""Jobs computed here and now, for scripts and the command line: no engine, no cluster."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.maps import PhaseMap
from ntk_uq.base.errors import NtkUqError, StoreError
from ntk_uq.base.fields import Spec
from ntk_uq.engine.kinds import compute, plan
from ntk_uq.jobs import kinds
from ntk_uq.results.curves import Curve
from ntk_uq.results.ensembles.stored import Ensembles, theory_of
from ntk_uq.results.foreseen import Foreseen
from ntk_uq.results.training_time import TrainingTime
from ntk_uq.specs import CurveSpec, EnsembleSpec, ForeseenSpec, MapSpec, TrainingTimeSpec
from ntk_uq.store import ResultsCache

log = logging.getLogger(__name__)
S = TypeVar("S", bound=Spec)


def run_curve(
    spec: CurveSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Curve:
    """The whole curve; what the store has is taken from it, what is new is kept there.

    Args:
        spec: the curve.
        results: the store's results, or None to compute everything and keep nothing. A store
            that fails on the way (a full disk) costs the keeping, not the curve.
        on_progress: called with the number of points done, and of all.

    Raises:
        SpecError, DataError, MemoryLimitError: as :func:`ntk_uq.theory.curve.evaluate_draw`.
    """
    found: Curve = run(spec, results, on_progress)
    return found


def run_ensembles(
    spec: EnsembleSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Ensembles:
    """All networks of some ensembles; what the store has is taken from it, what is new is kept.

    Args:
        spec: the ensembles.
        results: as in :func:`run_curve`.
        on_progress: called with the number of networks done, and of all.

    Raises:
        SpecError, DataError, MemoryLimitError, CostLimitError, SingularKernelError: as
            :func:`ntk_uq.training.members.train_members`.
    """
    found: Ensembles = run(spec, results, on_progress)
    return found


def run_comparison(
    spec: EnsembleSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """All networks of some ensembles, beside the theory at the same eta and k if there is one.

    Args and errors as in :func:`run_ensembles`; the progress is that of the networks.
    """
    spec = _within(spec)
    ensembles, infinite = run_ensembles(spec, results, on_progress), theory_of(spec)
    return Comparison(ensembles, None if infinite is None else run_curve(infinite, results))


def run_training_time(
    spec: TrainingTimeSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TrainingTime:
    """The losses against training time; what the store has is taken from it, what is new is kept.

    Args:
        spec: data, architecture, N_D, times, jitters, levels of noise, draws.
        results: as in :func:`run_curve`.
        on_progress: called with the number of draws done, and of all.

    Raises:
        SpecError, DataError, MemoryLimitError, SingularKernelError: as
            :func:`ntk_uq.theory.training_time.evaluate_training_time`.
    """
    found: TrainingTime = run(spec, results, on_progress)
    return found


def run_foreseen(
    spec: ForeseenSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Foreseen:
    """A learning curve foreseen from a sample; taken from the store, or kept there.

    Args:
        spec: data, architecture, training, sample, N_D.
        results: as in :func:`run_curve`.
        on_progress: called with the number of samples done, and of all.

    Raises:
        SpecError, DataError, MemoryLimitError: as
            :func:`ntk_uq.theory.foreseen.evaluate_foreseen`.
    """
    found: Foreseen = run(spec, results, on_progress)
    return found


def run_map(
    spec: MapSpec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PhaseMap:
    """A whole phase map; what the store has is taken from it, what is new is kept there.

    Args:
        spec: the map.
        results: as in :func:`run_curve`.
        on_progress: called with the number of points done, and of all.

    Raises:
        SpecError, DataError, CostLimitError: as the map's own checks. A cell that cannot be
            computed has its reason instead.
    """
    found: PhaseMap = run(spec, results, on_progress)
    return found


def run(
    spec: Spec,
    results: ResultsCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Any:
    """What a job of any kind computes; what the store has is taken from it, what is new is kept.

    Args:
        spec: what to compute; it says which kind of job. Numbers of examples that are the defaults
            are no more than its data set has (:func:`ntk_uq.datasets.within`).
        results: as in :func:`run_curve`.
        on_progress: called with the number of results done, and of all.

    Raises:
        SpecError: if no kind of job computes such a specification.
        NtkUqError: as the kind does.
    """
    spec = _within(spec)
    kind, kept = kinds.of(spec), Overlay(results)
    report = on_progress or _ignore
    todo = plan(kind.name, spec.to_json(), kept)
    done = todo.done
    report(done, todo.total)
    for chunk in todo.chunks:
        for result in compute(chunk, _no_progress):
            kept.put(result.key, result.value)
            done += result.units
            report(done, todo.total)
    return kind.result(kept, spec)


def _within(spec: S) -> S:
    """The specification with its defaults fitted to its data set; where there is none, as it is."""
    data = getattr(spec, "data", None)
    if data is None:
        return spec
    try:
        return datasets.within(spec, datasets.get(data.dataset))
    except NtkUqError:  # said in its words where the data are loaded
        return spec


class Overlay(ResultsCache):
    """A store's results, or none, with memory for what cannot be written to it."""

    def __init__(self, results: ResultsCache | None) -> None:
        self._results, self._writable = results, results is not None
        self._memory: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """The value of ``key``; None if there is none, it is damaged, or the store fails."""
        if key in self._memory or self._results is None:
            return self._memory.get(key)
        try:
            return self._results.get(key)
        except StoreError as error:
            log.warning("results are not kept: %s", error)
            self._results = None
            return None

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those ``keys`` that :meth:`get` has one of."""
        values = {key: self.get(key) for key in keys}
        return {key: value for key, value in values.items() if value is not None}

    def put(self, key: str, value: bytes) -> None:
        """Stores a value; once the store has failed, for this process alone."""
        if self._results is not None and self._writable:
            try:
                self._results.put(key, value)
                return
            except StoreError as error:
                log.warning("results are not kept: %s", error)
                self._writable = False
        self._memory[key] = value

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None


def _ignore(done: int, total: int) -> None: ...


def _no_progress(message: str, done: int | None = None, total: int | None = None) -> None: ...
