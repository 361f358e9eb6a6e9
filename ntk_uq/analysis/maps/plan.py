"""A map turned into curves: which cells there can be, where points are kept, in which order."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError, SpecError
from ntk_uq.costs.memory import check_memory
from ntk_uq.results.curves import PointId, canonical, point_keys
from ntk_uq.specs import CurveSpec, MapSpec


@dataclass(frozen=True)
class PlannedCell:
    """A cell before anything of it is known.

    Attributes:
        spec: the curve whose last N_D is the cell's own.
        shared: what it has in common with all cells that differ from it in N_D alone.
        keys: where the store keeps its points; none where it is impossible.
        impossible: why it cannot be computed, or None.
    """

    spec: CurveSpec
    shared: CurveSpec
    keys: tuple[tuple[PointId, str], ...]
    impossible: str | None


@dataclass(frozen=True)
class Group:
    """Cells that differ in N_D alone: one nested curve, whose kernels they share.

    Attributes:
        shared: what they have in common, as :class:`PlannedCell` has it.
        curve: all of their N_D.
        keys: where the store keeps its points.
    """

    shared: CurveSpec
    curve: CurveSpec
    keys: Mapping[PointId, str]


def planned(spec: MapSpec) -> tuple[tuple[PlannedCell, ...], ...]:
    """Rows (y) of cells (x).

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    return _planned(spec, *_circumstances(spec))


def groups(spec: MapSpec) -> tuple[Group, ...]:
    """The curves that compute a map, in an order that fills it from coarse to fine.

    Cells that cannot be computed are left out. Raises as :func:`planned`.
    """
    return _groups(spec, *_circumstances(spec))


def _circumstances(spec: MapSpec) -> tuple[str, int]:
    """What a plan depends on beside the map: what the data files hold, and what fits."""
    return datasets.get(spec.data.dataset).fingerprint(), settings.memory_limit()


def impossible(spec: CurveSpec) -> str | None:
    """Why a cell cannot be computed: examples or memory that are not there; None if it can."""
    dataset = datasets.get(spec.data.dataset)
    try:
        datasets.check_sizes(dataset, spec.data, spec.n_train[-1])
        check_memory(spec, dataset.n_features)
    except (SpecError, MemoryLimitError) as error:
        return str(error)
    return None


@functools.lru_cache(maxsize=16)
def _planned(
    spec: MapSpec,
    fingerprint: str,  # noqa: ARG001 (the key of what is remembered)
    limit: int,  # noqa: ARG001
) -> tuple[tuple[PlannedCell, ...], ...]:
    # Thousands of digests, asked for every second while a page waits.
    rows, columns = spec.shape
    return tuple(
        tuple(_plan(spec.cell(row, column)) for column in range(columns)) for row in range(rows)
    )


@functools.lru_cache(maxsize=16)
def _groups(spec: MapSpec, fingerprint: str, limit: int) -> tuple[Group, ...]:
    rows = _planned(spec, fingerprint, limit)
    order = sorted(
        ((i, j) for i, row in enumerate(rows) for j in range(len(row))),
        key=lambda place: (-min(_coarseness(place[0]), _coarseness(place[1])), place),
    )
    found: dict[CurveSpec, dict[PointId, str]] = {}
    for row, column in order:
        cell = rows[row][column]
        if cell.impossible is None:
            found.setdefault(cell.shared, {}).update(cell.keys)
    return tuple(
        Group(shared, replace(shared, n_train=tuple(sorted({n for _, n in keys}))), keys)
        for shared, keys in found.items()
    )


def _plan(cell: CurveSpec) -> PlannedCell:
    shared = replace(canonical(cell), n_train=(1,))
    reason = impossible(cell)
    keys = () if reason is not None else tuple(point_keys(cell).items())
    return PlannedCell(cell, shared, keys, reason)


def _coarseness(index: int) -> int:
    """In how coarse a grid an index is: the power of two in it; the first one is in all."""
    return 16 if index == 0 else (index & -index).bit_length()
