"""Evaluates the cells of a phase map as curves, whose points they are."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from ntk_uq import datasets
from ntk_uq.analysis.maps.cost import check_map_cost, cost_of
from ntk_uq.analysis.maps.plan import groups
from ntk_uq.costs.cells import CHUNK_SECONDS, MOST, in_common
from ntk_uq.costs.kernels import draw_seconds
from ntk_uq.costs.memory import check_memory
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.curve import split
from ntk_uq.jobs.kinds.map import KIND
from ntk_uq.results.curves import read_point
from ntk_uq.results.points import point_key
from ntk_uq.specs import CurveSpec, MapSpec
from ntk_uq.store import ResultsCache, json_bytes


def plan(wanted: MapSpec, results: ResultsCache) -> Plan:
    """The cells that are missing, as chunks of some cells each."""
    n_features = datasets.get(wanted.data.dataset).n_features
    todo = []
    for group in groups(wanted):
        places = group.keys.items()
        # Read anew, not remembered: what was damaged since is to be computed again.
        todo.append((group, {p for p, key in places if read_point(results, p, key) is not None}))
    check_map_cost(cost_of(wanted, todo))  # refuses what is too much
    by_draw: dict[int, list[tuple[CurveSpec, Chunk]]] = {}
    for group, known in todo:
        if len(known) < len(group.keys):
            memory = check_memory(group.curve, n_features)
            for chunk in split(group.curve, known, memory):
                by_draw.setdefault(chunk.payload["draw"], []).append((group.curve, chunk))
    # The first draw of every cell before the second of any: the whole map is seen early.
    chunks = [c for draw in sorted(by_draw) for c in _together(by_draw[draw], n_features)]
    done = sum(len(known) for _, known in todo)
    return Plan(tuple(chunks), done, sum(len(group.keys) for group, _ in todo))


def compute(payload: Any, progress: Progress) -> Iterator[Result]:  # noqa: ARG001
    """The points of some cells of one draw."""
    # JAX is loaded here, where something is computed, and nowhere above.
    from ntk_uq.theory.cells import MapCell, evaluate_cells

    cells = [
        MapCell(CurveSpec.from_json(c["spec"]), c["draw"], tuple(c["skip"]))
        for c in payload["cells"]
    ]
    for place, point in evaluate_cells(cells):
        curve, draw, _ = cells[place]
        key = point_key(curve.point(point.n_train, draw), point.provenance["data_fingerprint"])
        yield Result(key, json_bytes(point.to_json()))


def _together(chunks: Iterable[tuple[CurveSpec, Chunk]], n_features: int) -> list[Chunk]:
    """The curves of one draw, of which those that an accelerator computes side by side are one
    chunk, as many as are done on a processor in a moment; in the order of the first of each."""
    out: list[list[Chunk]] = []
    filled: dict[Hashable, tuple[list[Chunk], float]] = {}
    for curve, chunk in chunks:
        key = in_common(curve), tuple(chunk.payload["skip"])
        cells, seconds = filled.get(key, ([], 0.0))
        took = draw_seconds(curve, n_features)
        if not cells or seconds + took > CHUNK_SECONDS or len(cells) == MOST:
            cells, seconds = [], 0.0
            out.append(cells)
        cells.append(chunk)
        filled[key] = cells, seconds + took
    return [
        Chunk(KIND.name, {"cells": [c.payload for c in cells]}, max(c.memory for c in cells))
        for cells in out
    ]
