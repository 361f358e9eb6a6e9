"""Losses against training time, as the store has them and as users get them."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ntk_uq import datasets
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.keys import record_key
from ntk_uq.results.points import standard_error
from ntk_uq.results.training_time_record import (
    TRAINING_TIME_VERSION,
    End,
    LossesAtTime,
    Optimum,
    TimeSeries,
    TrainingTimeDraw,
)
from ntk_uq.specs import TrainingTimeSpec
from ntk_uq.store import ResultsCache

_ENDS = {
    End.INSIDE: "there is a minimum inside the range",
    End.FIRST: "smallest at the first time of the range: the optimum is there or before",
    End.LAST: "smallest at the largest time of the range: the optimum is there or beyond",
    End.CONVERGED: "smallest after endless training: no time of the range is 0.01 % better",
}


@dataclass(frozen=True)
class Best:
    """Where a quantity is smallest along a training: means over draws of each draw's optimum.

    Attributes:
        ends: where that is, with the number of draws of which it is so, in the order of the draws.
        end: empty where every draw has a minimum inside the range of times; otherwise ``ends`` in
            words, and nothing below has a number.
        tau: the optimal ``t lambda_max``, a geometric mean over draws; its error is that of a
            factor, ``tau (exp(s) - 1)`` with the standard error s of ln tau.
        time: the same as t, in units of 1/eigenvalue.
        mu, sigma, epsilon: there.
        gain: the quantity after endless training over that at the optimum, minus 1: 0.1 where
            endless training has 10 % more; None where there is no such limit.
    """

    ends: tuple[tuple[End, int], ...] = field(repr=False)
    end: str = field(init=False)
    tau: Estimate | None = None
    time: Estimate | None = None
    mu: Estimate | None = None
    sigma: Estimate | None = None
    epsilon: Estimate | None = None
    gain: Estimate | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", "" if self.common is End.INSIDE else _in_words(self.ends))

    @property
    def common(self) -> End | None:
        """Where it is in every draw; None where draws differ."""
        return self.ends[0][0] if len(self.ends) == 1 else None


@dataclass(frozen=True)
class MeanTimeSeries:
    """One level of label noise and one jitter: means over those draws that are there.

    Attributes:
        noise, jitter: which.
        curves: a draw each, at least one.
        lambda_max: of the draws.
    """

    noise: float
    jitter: float
    curves: tuple[TimeSeries, ...]
    lambda_max: tuple[float, ...]

    @property
    def times(self) -> tuple[float, ...]:
        """tau of the points."""
        return tuple(p.time or 0.0 for p in self.curves[0].points)

    def along(self, name: str) -> tuple[Estimate | None, ...]:
        """A quantity of :class:`LossesAtTime` at each time; None where a draw has none."""
        columns = zip(*(c.points for c in self.curves), strict=True)
        return tuple(_mean([getattr(p, name) for p in points]) for points in columns)

    def converged(self, name: str) -> Estimate | None:
        """A quantity in the limit of endless training; None where a draw has no limit."""
        return _mean(
            [None if c.converged is None else getattr(c.converged, name) for c in self.curves]
        )

    def best(self, quantity: str) -> Best:
        """Where ``mu`` or ``epsilon`` is smallest."""
        optima: list[Optimum] = [getattr(c, f"best_{quantity}") for c in self.curves]
        ends = tuple(Counter(o.end for o in optima).items())
        points = [o.point for o in optima if o.point is not None]
        if any(o.end is not End.INSIDE for o in optima):
            return Best(ends)
        taus = [p.time or 0.0 for p in points]
        return Best(
            ends,
            tau=_geometric_mean(taus),
            time=_geometric_mean([t / top for t, top in zip(taus, self.lambda_max, strict=True)]),
            **{
                name: _mean([getattr(p, name) for p in points])
                for name in ("mu", "sigma", "epsilon")
            },
            gain=_mean([_gain(c, p, quantity) for c, p in zip(self.curves, points, strict=True)]),
        )

    @property
    def stopped(self) -> Mapping[str, Estimate | None]:
        """mu, sigma and epsilon where each draw's mu is smallest, wherever that is: inside the
        range, at its first time, or in the limit; None where a draw's mu is still falling."""
        points = [_lowest(c) for c in self.curves]
        return {
            name: _mean([None if p is None else getattr(p, name) for p in points])
            for name in ("mu", "sigma", "epsilon")
        }

    @property
    def failures(self) -> tuple[str, ...]:
        """Why the limit of endless training cannot be computed."""
        return tuple(dict.fromkeys(c.failure for c in self.curves if c.failure is not None))

    @property
    def singular(self) -> bool:
        """Whether some draw has no limit of endless training, its kernel being singular."""
        return any(c.failure is not None for c in self.curves)


@dataclass(frozen=True)
class TrainingTime:
    """What is known of a specification's draws: all of them, or those that are ready."""

    spec: TrainingTimeSpec
    raw: tuple[TrainingTimeDraw, ...]

    @property
    def size(self) -> int:
        """How many draws there are to compute."""
        return self.spec.draws

    @property
    def complete(self) -> bool:
        """Whether every draw is there."""
        return len(self.raw) == self.spec.draws

    def line(self, noise: float = 0.0, jitter: float = 0.0) -> MeanTimeSeries | None:
        """A level of noise and a jitter; None as long as no draw is there.

        Raises:
            KeyError: for one that was not asked for.
        """
        if not self.raw:
            return None
        curves = tuple(d.curve(noise, jitter) for d in self.raw)
        return MeanTimeSeries(noise, jitter, curves, tuple(d.lambda_max for d in self.raw))

    @property
    def lines(self) -> tuple[MeanTimeSeries, ...]:
        """All of them, noise by noise."""
        pairs = ((n, j) for n in self.spec.noises for j in self.spec.jitters)
        found = (self.line(*pair) for pair in pairs)
        return tuple(line for line in found if line is not None)

    @property
    def singular(self) -> bool:
        """Whether a kernel is singular in float64: its smallest eigenvalues are rounding, and say
        nothing about a time."""
        return any(line.singular for line in self.lines)

    @property
    def slowest(self) -> float | None:
        """``lambda_max / lambda_min``: the time tau that the slowest mode needs without jitter, the
        longest of the draws; infinite for a singular kernel, None as long as no draw is there."""
        ratios = [d.lambda_max / d.lambda_min if d.lambda_min > 0 else math.inf for d in self.raw]
        return max(ratios, default=None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The data's notices, and sentences about the numbers, with the draw that they concern."""
        notices = (n for d in self.raw for n in d.provenance.get("notices", ()))
        said = (f"Draw {d.draw}. {w}" for d in self.raw for w in d.warnings)
        return tuple(dict.fromkeys((*notices, *said)))

    def provenance(self) -> dict[str, Any]:
        """Versions, device, dtype, data and seconds; of the last draw where they differ."""
        origin: Mapping[str, Any] = self.raw[-1].provenance if self.raw else {}
        return {**origin, "seconds": sum(d.seconds for d in self.raw)}

    def to_json(self) -> dict[str, Any]:
        """Every draw as JSON's own types."""
        return {
            "spec": self.spec.to_json(),
            "digest": self.spec.digest(),
            "draws": [d.to_json() for d in self.raw],
            "provenance": self.provenance(),
        }


def training_time_key(spec: TrainingTimeSpec, draw: int, fingerprint: str) -> str:
    """Where the store keeps one draw: asking for more draws computes only those.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    return record_key("flow", TRAINING_TIME_VERSION, replace(spec, draws=1), fingerprint, draw=draw)


def stored_training_time(results: ResultsCache, spec: TrainingTimeSpec) -> TrainingTime:
    """Those draws that the store has, on the data set as its files are now.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    fingerprint = datasets.get(spec.data.dataset).fingerprint()
    found = []
    for draw in range(spec.draws):
        record = results.get_record(training_time_key(spec, draw, fingerprint), TrainingTimeDraw)
        if record is not None and record.draw == draw and _holds(record, spec):
            found.append(record)
    return TrainingTime(spec, tuple(found))


def _holds(record: TrainingTimeDraw, spec: TrainingTimeSpec) -> bool:
    """Whether a record has the cube that was asked for: the store may hold anything."""
    pairs = [(n, j) for n in spec.noises for j in spec.jitters]
    return [(c.noise, c.jitter) for c in record.curves] == pairs and all(
        tuple(p.time for p in c.points) == spec.times for c in record.curves
    )


def _mean(values: Sequence[float | None]) -> Estimate | None:
    """Mean over draws, with its standard error where there are several."""
    known = [float(v) for v in values if v is not None]
    if len(known) < len(values) or not known:
        return None
    return Estimate(float(np.mean(known)), error=standard_error(known))


def _geometric_mean(values: Sequence[float]) -> Estimate:
    mean = _mean([math.log(v) for v in values])
    assert mean is not None
    value = math.exp(mean.value)
    return Estimate(value, error=None if mean.error is None else value * math.expm1(mean.error))


def _gain(curve: TimeSeries, point: LossesAtTime, quantity: str) -> float | None:
    if curve.converged is None:
        return None
    return float(getattr(curve.converged, quantity) / getattr(point, quantity)) - 1


def _lowest(curve: TimeSeries) -> LossesAtTime | None:
    at: Callable[[], LossesAtTime | None] = {
        End.INSIDE: lambda: curve.best_mu.point,
        End.FIRST: lambda: curve.best_mu.point,
        End.CONVERGED: lambda: curve.converged,
        End.LAST: lambda: None,
    }[curve.best_mu.end]
    return at()


def _in_words(ends: Sequence[tuple[End, int]]) -> str:
    """Where the draws' optima are, in words."""
    if len(ends) == 1:
        return _ENDS[ends[0][0]]
    draws = sum(count for _, count in ends)
    return "; ".join(f"{count} of {draws} draws: {_ENDS[end]}" for end, count in ends)
