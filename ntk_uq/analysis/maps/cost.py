"""What a phase map costs, told before it starts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ntk_uq import datasets
from ntk_uq.analysis.maps.plan import Group, groups, planned
from ntk_uq.analysis.maps.stored import PhaseMap
from ntk_uq.base import settings
from ntk_uq.base.errors import CostLimitError
from ntk_uq.costs.kernels import compile_seconds, draw_seconds
from ntk_uq.costs.memory import check_memory
from ntk_uq.results.curves import PointId
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, MapSpec

_FEWEST = 5
"""Draws that are there before their pace is believed."""
_PACES = (0.2, 10.0)


@dataclass(frozen=True)
class MapCost:
    """What is still to be done of a map.

    Attributes:
        points: results that are not there yet: cells, times their N_D, times draws.
        seconds: about how long they take on one worker.
        bytes: memory of a worker.
    """

    points: int
    seconds: float
    bytes: int


def map_cost(found: PhaseMap) -> MapCost:
    """What the missing points of a map cost, at the pace of those that are there.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
        MissingDataError: if its files are not there.
    """
    spec, known = found.spec, _points(found)
    n_features = datasets.get(spec.data.dataset).n_features
    cost = cost_of(spec, [(group, known[group.shared]) for group in groups(spec)])
    took, expected, draws = 0.0, 0.0, 0
    for group in groups(spec):
        points = known[group.shared]
        for draw in range(spec.draws):
            there = [points[draw, n].seconds for n in group.curve.n_train if (draw, n) in points]
            if len(there) == len(group.curve.n_train):
                draws += 1
                took += sum(there)
                expected += draw_seconds(group.curve, n_features)
    if draws < _FEWEST or not took:
        return cost
    pace = min(max(took / expected, _PACES[0]), _PACES[1])
    return replace(cost, seconds=cost.seconds * pace)


def cost_of(spec: MapSpec, todo: Collection[tuple[Group, Collection[PointId]]]) -> MapCost:
    """What the points of some curves cost that are not among those that are known."""
    n_features = datasets.get(spec.data.dataset).n_features
    points, seconds, memory = 0, 0.0, 0
    compiled: set[tuple[int, str]] = set()
    for group, known in todo:
        for draw in range(group.curve.draws):
            missing = tuple(n for n in group.curve.n_train if (draw, n) not in known)
            if not missing:
                continue
            part = group.curve
            if len(missing) < len(part.n_train):
                part = replace(part, n_train=missing)
            points += len(missing)
            seconds += draw_seconds(part, n_features)
            memory = max(memory, check_memory(part, n_features))
            network = part.architecture
            if (network.depth, network.activation) not in compiled:
                compiled.add((network.depth, network.activation))
                seconds += compile_seconds(network)
    return MapCost(points, seconds, memory)


def check_map_cost(cost: MapCost) -> None:
    """Raises CostLimitError if it would take longer than the settings allow."""
    limit = settings.map_limit()
    if cost.seconds > 3600 * limit:
        raise CostLimitError(
            f"The {cost.points:,} points of this map take about {cost.seconds / 3600:,.0f} hours "
            f"on one worker; the limit is {limit:g} hours ({settings.MAP_HOURS}). Choose fewer "
            "values, fewer draws, or a smaller N_D or N_T."
        )


def _points(found: PhaseMap) -> Mapping[CurveSpec, dict[PointId, Point]]:
    """The points that are there, by what their cells share."""
    out: dict[CurveSpec, dict[PointId, Point]] = {}
    for row, plans in zip(found.cells, planned(found.spec), strict=True):
        for cell, plan in zip(row, plans, strict=True):
            points = out.setdefault(plan.shared, {})
            points.update({(p.draw, p.n_train): p for p in cell.curve.raw})
    return out
