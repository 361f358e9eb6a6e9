"""Evaluates the cells of a phase map as curves, whose points they are."""

from ntk_uq import datasets
from ntk_uq.analysis.maps.cost import check_map_cost, cost_of
from ntk_uq.analysis.maps.plan import groups
from ntk_uq.costs.memory import check_memory
from ntk_uq.engine.chunks import Chunk, Plan
from ntk_uq.engine.kinds.curve import compute, split
from ntk_uq.results.curves import read_point
from ntk_uq.specs import MapSpec
from ntk_uq.store import ResultsCache


def plan(wanted: MapSpec, results: ResultsCache) -> Plan:
    """The cells that are missing, as chunks of curves."""
    n_features = datasets.get(wanted.data.dataset).n_features
    todo = []
    for group in groups(wanted):
        places = group.keys.items()
        # Read anew, not remembered: what was damaged since is to be computed again.
        todo.append((group, {p for p, key in places if read_point(results, p, key) is not None}))
    check_map_cost(cost_of(wanted, todo))  # refuses what is too much
    by_draw: dict[int, list[Chunk]] = {}
    for group, known in todo:
        if len(known) < len(group.keys):
            memory = check_memory(group.curve, n_features)
            for chunk in split(group.curve, known, memory):
                by_draw.setdefault(chunk.payload["draw"], []).append(chunk)
    # The first draw of every cell before the second of any: the whole map is seen early.
    chunks = tuple(chunk for draw in sorted(by_draw) for chunk in by_draw[draw])
    done = sum(len(known) for _, known in todo)
    return Plan(chunks, done, sum(len(group.keys) for group, _ in todo))


__all__ = ["compute", "plan"]
