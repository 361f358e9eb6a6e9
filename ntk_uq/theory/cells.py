"""Curves of the same draw, some at once where an accelerator would idle over a single one."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax

from ntk_uq import datasets
from ntk_uq.base.device_errors import is_full
from ntk_uq.base.errors import KernelOverflowError, NtkUqError
from ntk_uq.costs.cells import cells_at_once, in_common
from ntk_uq.datasets import Dataset
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec
from ntk_uq.theory.card.many import CardMany
from ntk_uq.theory.curve import evaluate_draw, kernels_of, point_of
from ntk_uq.theory.device import accelerator_memory
from ntk_uq.theory.precision import mixed_wanted
from ntk_uq.theory.provenance import provenance
from ntk_uq.theory.ridge import ridge_of


class MapCell(NamedTuple):
    """One draw of a curve.

    Attributes:
        spec: the curve. draw: which of its draws.
        skip: values of N_D whose points are not wanted.
    """

    spec: CurveSpec
    draw: int
    skip: tuple[int, ...] = ()

    @property
    def wanted(self) -> tuple[int, ...]:
        """N_D of the points that are."""
        return tuple(n for n in self.spec.n_train if n not in self.skip)


def evaluate_cells(
    cells: Sequence[MapCell], dataset: Dataset | None = None
) -> Iterator[tuple[int, Point]]:
    """The points of some cells, each as soon as it is ready, with the place of its cell.

    On a processor one cell after the other. On an accelerator those that differ in nothing but
    values are computed in batches; what a batch cannot do, it leaves to the usual way.

    Args:
        dataset: the data set, if it is not the registered one of that name.

    Raises:
        NtkUqError: as :func:`ntk_uq.theory.curve.evaluate_draw`, the first one, when all cells have
            been tried.
    """
    done: list[set[int]] = [set(cell.skip) for cell in cells]
    memory = accelerator_memory()
    for places in () if memory is None else _batches(cells, memory, dataset):
        try:
            for place, point in _together([cells[i] for i in places], dataset):
                done[places[place]].add(point.n_train)
                yield places[place], point
        except jax.errors.JaxRuntimeError as error:
            if not is_full(error):  # what is left takes less, one after the other
                raise
    failed: NtkUqError | None = None
    for place, (cell, there) in enumerate(zip(cells, done, strict=True)):
        try:
            for point in evaluate_draw(cell.spec, cell.draw, there, dataset):
                yield place, point
        except NtkUqError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def _batches(cells: Sequence[MapCell], memory: int, dataset: Dataset | None) -> list[list[int]]:
    """Places of cells that are computed together, two or more each."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, cell in enumerate(cells):
        if not cell.wanted:
            continue
        spec, kernels = cell.spec, kernels_of(cell.spec)
        try:
            n_features = datasets.get_for(spec.data, cell.wanted[-1], dataset).n_features
        except NtkUqError:
            continue  # it is told by itself
        # An activation that was registered at run time may give no number, which is looked at
        # where it is evaluated alone; and it is large kernels that are solved in float32.
        if not kernels.doubted and not mixed_wanted(spec, n_features):
            key = (in_common(spec), cell.draw, cell.wanted, kernels.evaluate, n_features)
            groups.setdefault(key, []).append(place)
    found = []
    for (*_, n_features), alike in groups.items():
        # Equal depths side by side: a batch takes as long as its deepest network.
        places = sorted(alike, key=lambda place: cells[place].spec.architecture.depth)
        spec, wanted = cells[places[0]].spec, cells[places[0]].wanted
        most = cells_at_once(wanted[-1], spec.data.n_test, n_features, spec.training, memory)
        parts = [places[low : low + most] for low in range(0, len(places), most)]
        found += [part for part in parts if len(part) > 1]
    return found


def _together(cells: Sequence[MapCell], dataset: Dataset | None) -> Iterator[tuple[int, Point]]:
    """The points of cells that have everything in common but values; those of a cell end at the
    first one that has to be evaluated by itself."""
    clock = time.perf_counter()
    first, draw, wanted = cells[0].spec, cells[0].draw, cells[0].wanted
    dataset = datasets.get_for(first.data, wanted[-1], dataset)
    split = datasets.SPLITS.load(dataset, first.data, wanted[-1], draw)
    origin = provenance(dataset, first.data, split)
    ready = []
    for place, (spec, *_) in enumerate(cells):
        kernels = kernels_of(spec)
        with contextlib.suppress(KernelOverflowError):  # it is told by itself
            ridge = ridge_of(spec.training.jitter, kernels, dataset, first.data)
            for x in (split.x_train, split.x_test):
                kernels.diagonal(x)
            ready.append((place, kernels, ridge, spec.training))
    if not ready:
        return
    places, kernels_of_all, ridges, trainings = zip(*ready, strict=True)
    many = CardMany(kernels_of_all, split, ridges, trainings)
    left = set(range(len(places)))
    for n, losses in zip(wanted, many.moments_at(wanted), strict=True):
        seconds = (time.perf_counter() - clock) / len(places)
        for i in sorted(left):
            loss, spec, variance = losses[i], cells[places[i]].spec, many.prior_variances[i]
            point = None
            if loss is not None:
                with contextlib.suppress(KernelOverflowError):  # so is this
                    point = point_of(spec, draw, n, loss, variance, ridges[i], seconds, origin)
            if point is None:
                left.discard(i)
            else:
                yield places[i], point
        clock = time.perf_counter()
