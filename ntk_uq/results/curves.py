"""Curves as users get them: cached points averaged over draws, with fits and provenance."""

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq import datasets
from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import digest_of
from ntk_uq.base.shared import Shared
from ntk_uq.results.points import QUANTITIES, CurvePoint, Point, average, point_key, standard_error
from ntk_uq.scaling import (
    LAWS,
    LawChoice,
    PlateauFit,
    PowerLawFit,
    asymptotic_window,
    fit_laws,
    fit_plateau,
    fit_power_law,
    widen_by_draws,
)
from ntk_uq.specs import CurveSpec, check_window
from ntk_uq.store import ResultsCache, record_of

Numbers = tuple[float, ...]

PointId = tuple[int, int]
"""Draw and N_D: which point of a curve."""


@dataclass(frozen=True)
class Fits:
    """Power laws of mu and sigma, and the plateau of epsilon."""

    mu: PowerLawFit
    sigma: PowerLawFit
    epsilon: PlateauFit

    def to_json(self) -> dict[str, Any]:
        """The fits as JSON's own types, a fit a quantity."""
        return {name: getattr(self, name).to_json() for name in QUANTITIES}


@dataclass(frozen=True)
class Curve:
    """What is known of a curve: all of its points, or those that are ready.

    Attributes:
        spec: what was asked for.
        raw: the points of every draw, small N_D first within each.
    """

    spec: CurveSpec
    raw: tuple[Point, ...]

    @functools.cached_property
    def points(self) -> tuple[CurvePoint, ...]:
        """Averages over draws at each N_D."""
        return average(self.raw)

    @functools.cached_property
    def state(self) -> str:
        """A digest of all that is known: equal where every number, warning and word is."""
        return digest_of([self.spec.digest(), [point.to_json() for point in self.raw]])

    @property
    def size(self) -> int:
        """How many points of draws there are to compute."""
        return self.spec.n_points

    @property
    def complete(self) -> bool:
        """Whether every point of every draw is there, as numbers or as a reason."""
        return len(self.raw) == self.spec.n_points

    @property
    def failures(self) -> tuple[str, ...]:
        """Why points have no numbers, each reason once, with the N_D that it concerns."""
        return _told((p.n_train, p.failure) for p in self.raw if p.failure is not None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The data's notices, and the points' warnings with the N_D that they concern."""
        notices = (n for p in self.raw for n in p.provenance.get("notices", ()))
        warnings = _told((p.n_train, w) for p in self.raw for w in p.warnings)
        return (*dict.fromkeys(notices), *warnings)

    @property
    def seconds(self) -> float:
        """What all points took to compute, whenever that was."""
        return sum(p.seconds for p in self.raw)

    def fits(self, low: float | None = None, high: float | None = None) -> Fits:
        """Fits on the points with ``low <= n_train <= high``.

        A bound that is None is chosen for mu and sigma each: the widest window ending at the
        upper end in which the curve passes as a power law, or everything if there is none.

        Raises:
            SpecError: if the window is upside down.
        """
        bounds = check_window(low, high)
        inside = tuple(p for p in self.raw if bounds[0] <= p.n_train <= bounds[1])
        part = Curve(self.spec, inside)
        mu, sigma = (part._power_law(name, choose=low is None) for name in ("mu", "sigma"))
        return Fits(mu, sigma, _plateau(*part._columns("epsilon")))

    def population(
        self, low: float | None = None, high: float | None = None
    ) -> tuple[PowerLawFit, PlateauFit]:
        """The power law and the plateau of epsilon's population part, as :meth:`fits` has those of
        mu and of epsilon.

        Raises:
            SpecError: if the window is upside down.
        """
        bounds = check_window(low, high)
        part = Curve(self.spec, tuple(p for p in self.raw if bounds[0] <= p.n_train <= bounds[1]))
        columns = part._population()
        draws = () if None in columns[1] else part._draws("epsilon_population")
        return _power_law(*columns, draws, low is None), _plateau(*columns)

    def laws(
        self,
        quantity: str,
        low: float | None = None,
        high: float | None = None,
        laws: Sequence[str] | None = None,
    ) -> LawChoice:
        """Which law a quantity follows on the points with ``low <= n_train <= high``.

        Every law is fitted to the same points, with the scatter of whole draws as their errors
        where there are two draws or more; see :func:`ntk_uq.scaling.fit_laws`.

        Args:
            quantity: ``mu``, ``sigma`` or ``epsilon``.
            low, high: the window; None is no bound.
            laws: those to try; None for all.

        Raises:
            SpecError: for another quantity or law, or if the window is upside down.
        """
        if quantity not in QUANTITIES:
            raise SpecError(f"quantity is {quantity!r}; choose one of {', '.join(QUANTITIES)}.")
        bounds = check_window(low, high)
        part = Curve(self.spec, tuple(p for p in self.raw if bounds[0] <= p.n_train <= bounds[1]))
        draws = part._draws(quantity)
        return fit_laws(
            *part._columns(quantity),
            draws=draws if len(draws) > 1 else None,
            laws=LAWS if laws is None else laws,
        )

    def to_json(self, low: float | None = None, high: float | None = None) -> dict[str, Any]:
        """The whole curve as JSON's own types, with the fits of :meth:`fits` and :meth:`laws`."""
        return {
            "spec": self.spec.to_json(),
            "digest": self.spec.digest(),
            "points": [p.to_json() for p in self.points],
            "fits": self.fits(low, high).to_json(),
            "laws": {q: self.laws(q, low, high).to_json() for q in QUANTITIES},
            "failures": list(self.failures),
            "provenance": self.provenance(),
        }

    def provenance(self) -> dict[str, Any]:
        """Versions, device, dtype, data and seconds; of the last point where they differ."""
        origin: Mapping[str, Any] = self.raw[-1].provenance if self.raw else {}
        ridges = sorted({p.ridge for p in self.raw})
        return {**origin, "ridge": ridges, "seconds": self.seconds}

    def _power_law(self, name: str, choose: bool) -> PowerLawFit:
        return _power_law(*self._columns(name), self._draws(name), choose)

    def _population(self) -> tuple[Numbers, tuple[float | None, ...], Numbers | None]:
        """N_D, values and errors over draws of the population part; None where it is not known."""
        by_size: dict[int, list[float]] = {}
        for point in self.raw:
            if point.failure is None and point.epsilon_population is not None:
                by_size.setdefault(point.n_train, []).append(point.epsilon_population)
        sizes = tuple(float(p.n_train) for p in self.points)
        values = tuple(p.epsilon_population for p in self.points)
        errors = tuple(standard_error(by_size.get(p.n_train, [])) for p in self.points)
        known = tuple(error for error in errors if error is not None)
        return sizes, values, known if len(known) == len(errors) else None

    def _draws(self, name: str) -> tuple[Numbers, ...]:
        """The values of each draw along the curve; only draws that have every point."""
        by_draw: dict[int, list[float]] = {}
        for point in self.raw:
            if point.failure is None:
                by_draw.setdefault(point.draw, []).append(getattr(point, name))
        longest = len(self.points)
        return tuple(tuple(values) for values in by_draw.values() if len(values) == longest)

    def _columns(self, name: str) -> tuple[Numbers, Numbers, Numbers | None]:
        """N_D, values and standard errors of a quantity along the curve."""
        points = self.points
        sizes = tuple(float(p.n_train) for p in points)
        values = tuple(float(getattr(p, name)) for p in points)
        errors = tuple(getattr(p, f"{name}_sem") for p in points)
        # A point that lacks draws has no error; then the scatter has to tell for all of them.
        return sizes, values, None if None in errors else errors


def canonical(spec: CurveSpec) -> CurveSpec:
    """The curve as its points are kept: ``default`` for what its data set chooses itself, and no
    N_T where folds are tested on.

    Raises SpecError for an unknown data set, or one that cannot be prepared as asked.
    """
    spec = spec.without_test_set()
    return replace(spec, data=datasets.canonical(datasets.get(spec.data.dataset), spec.data))


def point_keys(spec: CurveSpec) -> dict[PointId, str]:
    """Where the store keeps each point of a curve.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    return dict(_keys(spec, datasets.get(spec.data.dataset).fingerprint()))


def stored_curve(results: ResultsCache, spec: CurveSpec) -> Curve:
    """The curve with those of its points that the store has.

    Whoever finds the same bytes there gets the same object: what follows from it is derived once.
    """
    keys = point_keys(spec)
    found = results.get_many(keys.values())
    there = tuple((place, found[key]) for place, key in keys.items() if key in found)
    return _CURVES.get((spec, _content(there)), lambda: _curve(spec, there))


def read_point(results: ResultsCache, place: PointId, key: str) -> Point | None:
    """The point that the store keeps there, or None."""
    value = results.get(key)
    return None if value is None else _point(place, value)


def _point(place: PointId, value: bytes) -> Point | None:
    point = record_of(value, Point)
    return point if point is not None and (point.draw, point.used) == place else None


def _curve(spec: CurveSpec, there: Sequence[tuple[PointId, bytes]]) -> Curve:
    found = (_point(place, value) for place, value in there)
    return Curve(spec, tuple(point for point in found if point is not None))


def _content(there: Iterable[tuple[PointId, bytes]]) -> bytes:
    """A digest of points as they lie in the store."""
    digest = hashlib.sha256()
    for place, value in there:
        digest.update(f"{place} {len(value)} ".encode())
        digest.update(value)
    return digest.digest()


_CURVES: Shared[Curve] = Shared(512, lambda curve: 4096 * len(curve.raw) + 1, 64 * 2**20)
"""With some kilobytes a point: its numbers, words and provenance."""


# A page shows the same curves again at every change of a control and, while points come, every
# second. What follows from plain values alone is remembered for it.


@functools.lru_cache(maxsize=256)
def _keys(spec: CurveSpec, fingerprint: str) -> dict[PointId, str]:
    spec = canonical(spec)
    return {
        (draw, n): point_key(spec.point(n, draw), fingerprint)
        for draw in range(spec.draws)
        for n in spec.n_train
    }


@functools.lru_cache(maxsize=1024)
def _power_law(
    sizes: Numbers,
    values: tuple[float | None, ...],
    errors: Numbers | None,
    draws: tuple[Numbers, ...],
    choose: bool,
) -> PowerLawFit:
    """A power law in the window that is chosen, or on all points."""
    window = asymptotic_window(sizes, values, errors) if choose else None
    fit = fit_power_law(sizes, values, errors, window)
    return widen_by_draws(fit, sizes, draws) if len(draws) > 1 else fit


@functools.lru_cache(maxsize=512)
def _plateau(
    sizes: Numbers, values: tuple[float | None, ...], errors: Numbers | None
) -> PlateauFit:
    return fit_plateau(sizes, values, errors)


def _told(sentences: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Sentences about single N_D, each once for all the N_D that it is about."""
    sizes: dict[str, list[int]] = {}
    for n, sentence in sentences:
        sizes.setdefault(sentence, []).append(n)
    return tuple(f"N_D {_span(found)}: {sentence}" for sentence, found in sizes.items())


def _span(sizes: list[int]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{low}" if low == high else f"{low} to {high}"
