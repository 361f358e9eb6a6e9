"""Phase maps as users get them: the cells that a store has, each with its numbers or its reason."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.analysis.maps.plan import PlannedCell, planned
from ntk_uq.base.errors import DataError
from ntk_uq.results.curves import Curve, PointId, read_point
from ntk_uq.results.points import Point, standard_error
from ntk_uq.scaling import format_value
from ntk_uq.specs import (
    EXPONENTS,
    MAP_QUANTITIES,
    MOMENTS,
    MOST_CELLS,
    MOST_POINTS,
    CurveSpec,
    MapSpec,
)
from ntk_uq.store import ResultsCache


@dataclass(frozen=True)
class CellValue:
    """One quantity of one cell: a number, or the reason why there is none.

    Attributes:
        value: None where there is none.
        error: standard error over draws, or of a fit; None where it is not known.
        reason: why there is no number; None where there is one, or where it is still to come.
    """

    value: float | None = None
    error: float | None = None
    reason: str | None = None

    def describe(self) -> str:
        """The number with its error, or the reason."""
        if self.value is None:
            return self.reason or "not computed yet"
        return format_value(self.value, self.error)


@dataclass(frozen=True)
class Cell:
    """One cell of a map.

    Attributes:
        spec: the curve whose last N_D is the cell's own.
        curve: those of its points that are there.
        values: each of :data:`MAP_QUANTITIES` that the map has.
        impossible: why it cannot be computed at all, or None.
    """

    spec: CurveSpec
    curve: Curve
    values: Mapping[str, CellValue]
    impossible: str | None = None

    @property
    def n_train(self) -> int:
        """The cell's own N_D."""
        return self.spec.n_train[-1]

    @property
    def draws(self) -> int:
        """How many draws of its own N_D are there."""
        return sum(point.n_train == self.n_train for point in self.curve.raw)

    @property
    def complete(self) -> bool:
        """Whether nothing more comes."""
        return self.impossible is not None or self.curve.complete


@dataclass(frozen=True)
class PhaseMap:
    """What is known of a map: all of its cells, or those that are ready.

    Attributes:
        spec: what was asked for.
        cells: rows (y) of cells (x).
    """

    spec: MapSpec
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """What this map can show."""
        return self.spec.quantities

    @property
    def complete(self) -> bool:
        """Whether every cell is there, as numbers or as a reason."""
        return all(cell.complete for row in self.cells for cell in row)

    @property
    def done(self) -> int:
        """How many cells are complete."""
        return sum(cell.complete for row in self.cells for cell in row)

    @property
    def failed(self) -> int:
        """How many cells have a reason instead of mu."""
        return sum(cell.values["mu"].reason is not None for row in self.cells for cell in row)

    def values(self, quantity: str) -> Float[np.ndarray, "y x"]:
        """A quantity of all cells; NaN where :meth:`reason` says why, or it is still to come.

        Raises:
            SpecError: for a quantity that the map has not.
        """
        return self._array(quantity, "value")

    def errors(self, quantity: str) -> Float[np.ndarray, "y x"]:
        """Its standard errors; NaN where they are not known.

        Raises:
            SpecError: for a quantity that the map has not.
        """
        return self._array(quantity, "error")

    def reason(self, quantity: str, row: int, column: int) -> str | None:
        """Why a cell has no such number; None where it has, or it is still to come."""
        return self._values(quantity)[row][column].reason

    def lowest(self, quantity: str) -> tuple[int, int] | None:
        """Row and column of the cell where a quantity is smallest; None without any."""
        values = self.values(quantity)
        if not np.isfinite(values).any():
            return None
        row, column = np.unravel_index(int(np.nanargmin(values)), values.shape)
        return int(row), int(column)

    @property
    def seconds(self) -> float:
        """What all points of all cells took, whenever that was; a shared point counts once."""
        found = {
            (c.spec.data, c.spec.architecture, c.spec.training, p.n_train, p.draw): p.seconds
            for row in self.cells
            for c in row
            for p in c.curve.raw
        }
        return sum(found.values())

    @property
    def notices(self) -> tuple[str, ...]:
        """What the data have to say about every cell."""
        points = (p for row in self.cells for cell in row for p in cell.curve.raw)
        return tuple(dict.fromkeys(n for p in points for n in p.provenance.get("notices", ())))

    def provenance(self) -> dict[str, Any]:
        """Versions, device, dtype, data and seconds; of the last point where they differ."""
        points = [p for row in self.cells for cell in row for p in cell.curve.raw]
        origin: Mapping[str, Any] = points[-1].provenance if points else {}
        return {**origin, "seconds": self.seconds}

    def rows(self) -> list[dict[str, Any]]:
        """Every cell as plain values, row after row; None for what there is not."""
        x, y = self.spec.axes
        out = []
        for i, row in enumerate(self.cells):
            for j, cell in enumerate(row):
                plain: dict[str, Any] = {x.name: x.values[j], y.name: y.values[i]}
                for name in self.quantities:
                    found = cell.values[name]
                    plain |= {name: found.value, f"{name}_error": found.error}
                    if name != "mu":
                        plain[f"{name}_reason"] = found.reason
                plain |= {"draws": cell.draws, "reason": cell.values["mu"].reason}
                plain["warnings"] = "; ".join(warnings_of(cell))
                out.append(plain)
        return out

    def to_json(self) -> dict[str, Any]:
        """The map as JSON's own types."""
        return {
            "spec": self.spec.to_json(),
            "digest": self.spec.digest(),
            "cells": self.rows(),
            "provenance": self.provenance(),
        }

    def _values(self, quantity: str) -> tuple[tuple[CellValue, ...], ...]:
        self.spec.check_quantity(quantity)
        return tuple(tuple(cell.values[quantity] for cell in row) for row in self.cells)

    def _array(self, quantity: str, what: str) -> Float[np.ndarray, "y x"]:
        rows = self._values(quantity)
        plain = [[getattr(value, what) for value in row] for row in rows]
        return np.array([[math.nan if v is None else v for v in row] for row in plain])


def warnings_of(cell: Cell) -> tuple[str, ...]:
    """What is to be said about the numbers of a cell at its own N_D."""
    own = (p for p in cell.curve.raw if p.n_train == cell.n_train and p.failure is None)
    return tuple(dict.fromkeys(w for p in own for w in p.warnings))


def stored_map(results: ResultsCache, spec: MapSpec) -> PhaseMap:
    """The map with those of its cells that the store has.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    cells = tuple(tuple(_cell(results, cell) for cell in row) for row in planned(spec))
    return PhaseMap(spec, cells)


def _cell(results: ResultsCache, cell: PlannedCell) -> Cell:
    if cell.impossible is not None:
        values = {name: CellValue(reason=cell.impossible) for name in MAP_QUANTITIES}
        return Cell(cell.spec, Curve(cell.spec, ()), values, cell.impossible)
    try:
        return _whole(results, cell)
    except DataError:
        found = (_known(results, *key) for key in cell.keys)
        curve = Curve(cell.spec, tuple(p for p in found if p is not None))
        return Cell(cell.spec, curve, _moments(curve) | {name: CellValue() for name in EXPONENTS})


@functools.lru_cache(maxsize=4 * MOST_CELLS)
def _whole(results: ResultsCache, cell: PlannedCell) -> Cell:
    """A cell that has all of its points, which never change; raises DataError otherwise.

    A page looks at a growing map every second, and fits take milliseconds a cell.
    """
    curve = Curve(cell.spec, tuple(_point(results, *key) for key in cell.keys))
    exponents = {name: CellValue() for name in EXPONENTS}
    if len(cell.spec.n_train) > 1:
        exponents = _exponents(curve)
    return Cell(cell.spec, curve, _moments(curve) | exponents)


def _known(results: ResultsCache, place: PointId, key: str) -> Point | None:
    try:
        return _point(results, place, key)
    except DataError:
        return None


@functools.lru_cache(maxsize=2 * MOST_POINTS)
def _point(results: ResultsCache, place: PointId, key: str) -> Point:
    """A point, read once; raises DataError, which is not remembered, where there is none."""
    point = read_point(results, place, key)
    if point is None:
        raise DataError(f"There is no point {key} in the store.")
    return point


def _moments(curve: Curve) -> dict[str, CellValue]:
    """mu, sigma and epsilon at a cell's own N_D, as far as draws are there."""
    own = [p for p in curve.raw if p.n_train == curve.spec.n_train[-1]]
    failures = [p for p in own if p.failure is not None]
    if failures:
        several = curve.spec.draws > 1
        start = f"{len(failures)} of {len(own)} draws: " if several else ""
        return {name: CellValue(reason=f"{start}{failures[0].failure}") for name in MOMENTS}
    if not own:
        return {name: CellValue() for name in MOMENTS}
    (mean,) = Curve(curve.spec, tuple(own)).points
    population = CellValue(mean.epsilon_population, _population_error(own))
    if mean.epsilon_population is None:
        population = CellValue(
            reason=f"N_T = {curve.spec.data.n_test} is too small to tell it from zero"
        )
    return {
        "mu": CellValue(mean.mu, mean.mu_sem),
        "sigma": CellValue(mean.sigma, mean.sigma_sem),
        "epsilon": CellValue(mean.epsilon, mean.epsilon_sem),
        "epsilon_population": population,
    }


def _population_error(own: list[Point]) -> float | None:
    values = [p.epsilon_population for p in own if p.epsilon_population is not None]
    return standard_error(values) if len(values) == len(own) else None


def _exponents(curve: Curve) -> dict[str, CellValue]:
    """alpha of mu and sigma as the page of curves gives them; a reason where none is valid."""
    failures = curve.failures
    if failures:
        return {name: CellValue(reason=failures[0]) for name in EXPONENTS}
    fits = curve.fits()
    found = {}
    for name, fit in (("alpha_mu", fits.mu), ("alpha_sigma", fits.sigma)):
        if fit.valid:
            found[name] = CellValue(fit.alpha, fit.alpha_error)
        else:
            found[name] = CellValue(reason=fit.describe())
    return found
