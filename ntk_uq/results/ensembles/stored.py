"""Ensembles as users get them: the members that a store has, summarized at each width and N_D."""

import dataclasses
import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.datasets.files import read_sealed
from ntk_uq.results.ensembles.records import EnsemblePoint, MemberResult, member_key, targets_key
from ntk_uq.results.ensembles.schedule import recorded_steps
from ntk_uq.results.ensembles.statistics import summarize
from ntk_uq.specs import CurveSpec, DescentSpec, EnsembleSpec
from ntk_uq.store import ResultsCache

Place = tuple[int, int]
"""Width and N_D: which ensemble."""


@dataclass(frozen=True)
class Ensembles:
    """What is known of some ensembles: all of their members, or those that are ready.

    Attributes:
        spec: what was asked for.
        members: those that are there, without their predictions, by width and N_D.
        points: their statistics, in the same order; bias, variance and the ensemble's loss are
            there once all members are.
    """

    spec: EnsembleSpec
    members: Mapping[Place, tuple[MemberResult, ...]]
    points: tuple[EnsemblePoint, ...]

    @property
    def state(self) -> Hashable:
        """All that is known, as a key: equal where every number is. Members never change, so that
        which of them are there says it."""
        members = (
            (place, tuple((m.member, m.diverged) for m in found))
            for place, found in self.members.items()
        )
        return self.spec.digest(), tuple(members), repr(self.points)

    @property
    def done(self) -> int:
        """How many networks are there."""
        return sum(len(found) for found in self.members.values())

    @property
    def missing(self) -> dict[Place, list[int]]:
        """Indices of the networks that are not there, by width and N_D."""
        return {
            place: sorted(set(range(self.spec.members)) - {m.member for m in found})
            for place, found in self.members.items()
        }

    @property
    def complete(self) -> bool:
        """Whether all of them are."""
        return self.done == self.spec.n_members

    def point(self, width: int, n_train: int) -> EnsemblePoint | None:
        """The statistics of one ensemble; None as long as it has no member."""
        places = (p for p in self.points if (p.width, p.n_train) == (width, n_train))
        return next(places, None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The data's notices, and what is to be said of single ensembles."""
        members = (m for found in self.members.values() for m in found)
        notices = (n for m in members for n in m.provenance.get("notices", ()))
        said = (
            f"Width {p.width}, N_D {p.n_train}: {text}"
            for p in self.points
            for text in (*p.warnings, *((p.failure,) if p.failure else ()))
        )
        return tuple(dict.fromkeys((*notices, *said)))

    def provenance(self) -> dict[str, Any]:
        """Versions, device, dtype, data and seconds of training; of the last member."""
        members = [m for found in self.members.values() for m in found]
        origin: Mapping[str, Any] = members[-1].provenance if members else {}
        return {**origin, "seconds": sum(m.seconds for m in members)}


def canonical(spec: EnsembleSpec) -> EnsembleSpec:
    """The ensembles as their members are kept: ``default`` for what the data set chooses itself.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    return replace(spec, data=datasets.canonical(datasets.get(spec.data.dataset), spec.data))


def theory_of(spec: EnsembleSpec) -> CurveSpec | None:
    """The curve of the infinite-width theory at the same eta and k; None where there is none."""
    training = spec.optimizer.counterpart
    if training is None:
        return None
    return CurveSpec(spec.data, spec.architecture, training, spec.n_train, draws=1)


def descent_of(spec: EnsembleSpec, n_train: int) -> DescentSpec | None:
    """The theory of the losses along the training at one N_D; None where there is none."""
    training = spec.optimizer.counterpart
    if training is None or training.steps is None:
        return None
    steps = tuple(int(step) for step in recorded_steps(training.steps))
    return DescentSpec(spec.data, spec.architecture, training.eta, steps, n_train)


def member_keys(spec: EnsembleSpec) -> dict[Place, tuple[str, ...]]:
    """Where the store keeps the members of each ensemble, by their index; those that were trained
    with TF32 products where the settings ask for these.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked; or if the
            setting is none of those that are allowed.
        MissingDataError: if its files are not there.
    """
    fingerprint = datasets.get(spec.data.dataset).fingerprint()
    spec, tf32 = canonical(spec), settings.tf32()
    return {
        (width, n): tuple(
            member_key(spec.member(width, n, index), fingerprint, tf32)
            for index in range(spec.members)
        )
        for n in spec.n_train
        for width in spec.widths
    }


def stored_ensembles(results: ResultsCache, spec: EnsembleSpec) -> Ensembles:
    """The ensembles with those of their members that the store has.

    Raises:
        SpecError, MissingDataError: as :func:`member_keys`.
    """
    members: dict[Place, tuple[MemberResult, ...]] = {}
    points = []
    for place, keys in _keys(spec).items():
        found = tuple(m for m in (_member(results, key) for key in keys) if m is not None)
        members[place] = found
        if found:
            whole = len(found) == len(keys)
            points.append(_complete(results, spec, keys, found) if whole else _summary(found))
    return Ensembles(spec, members, tuple(points))


def missing_members(results: ResultsCache, spec: EnsembleSpec) -> dict[Place, list[int]]:
    """The networks that the store has not, or has damaged, by width and N_D.

    Raises:
        SpecError, MissingDataError: as :func:`member_keys`.
    """
    return {
        place: [index for index, key in enumerate(keys) if _member(results, key) is None]
        for place, keys in _keys(spec).items()
    }


def _keys(spec: EnsembleSpec) -> dict[Place, tuple[str, ...]]:
    return _kept_keys(spec, datasets.get(spec.data.dataset).fingerprint(), settings.tf32())


@functools.lru_cache(maxsize=32)
def _kept_keys(
    spec: EnsembleSpec,
    fingerprint: str,  # noqa: ARG001 (part of the key)
    tf32: bool,  # noqa: ARG001 (so is this)
) -> dict[Place, tuple[str, ...]]:
    # Thousands of digests, asked for every second while a page waits.
    return member_keys(spec)


def _member(results: ResultsCache, key: str) -> MemberResult | None:
    try:
        return _light(results, key)
    except DataError:
        return None


@functools.lru_cache(maxsize=20_000)
def _light(results: ResultsCache, key: str) -> MemberResult:
    """A member without its predictions, read once: members never change.

    Raises DataError, which is not remembered, where there is none.
    """
    member = _read(results, key)
    return dataclasses.replace(member, predictions=member.predictions[:0].copy())


def _read(results: ResultsCache, key: str) -> MemberResult:
    content = results.get(key)
    if content is None:
        raise DataError(f"There is no network {key} in the store.")
    return MemberResult.from_bytes(content)


@functools.lru_cache(maxsize=1024)
def _summary(members: tuple[MemberResult, ...]) -> EnsemblePoint:
    return summarize(members)


def _complete(
    results: ResultsCache,
    spec: EnsembleSpec,
    keys: tuple[str, ...],
    members: tuple[MemberResult, ...],
) -> EnsemblePoint:
    try:
        return _whole(results, spec, keys)
    except DataError:
        return _summary(members)


@functools.lru_cache(maxsize=1024)
def _whole(results: ResultsCache, spec: EnsembleSpec, keys: tuple[str, ...]) -> EnsemblePoint:
    """The statistics of an ensemble that has all of its members, with those of predictions.

    Raises DataError, which is not remembered, where the targets are missing.
    """
    content = results.get(targets_key_of(spec))
    arrays = None if content is None else read_sealed(content, ("targets",))
    if arrays is None:
        raise DataError("The targets of these networks' test set are not in the store.")
    members = [_read(results, key) for key in keys]
    return summarize(members, arrays["targets"])


def targets_key_of(spec: EnsembleSpec) -> str:
    """Where the store keeps the targets of a test set. Raises as :func:`member_keys`."""
    data = canonical(spec).data
    return targets_key(data, datasets.get(data.dataset).fingerprint())
