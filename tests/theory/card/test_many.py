"""Cells that are computed side by side: the same numbers, few programs, no bad neighbours."""

import dataclasses

import numpy as np
import pytest
from jax.errors import JaxRuntimeError

from ntk_uq import datasets
from ntk_uq.activations import FILES
from ntk_uq.base import settings
from ntk_uq.costs import cells as costs
from ntk_uq.costs.cells import ROOMS, cells_at_once
from ntk_uq.costs.memory import CARD_BASE, card_bytes
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import cells as module
from ntk_uq.theory import curve
from ntk_uq.theory.card import many
from ntk_uq.theory.cells import MapCell, evaluate_cells

DATA, SIZES, MEMORY = DataSpec(n_test=40), (20, 90, 110), 2**36
TRAININGS = {
    "trained": lambda jitter, time: TrainingSpec(jitter=jitter),
    "bayes": lambda jitter, time: TrainingSpec(posterior="bayes", jitter=jitter),
    "time": lambda jitter, time: TrainingSpec(time=time, jitter=jitter),
}


def some(count, training="trained", activation="relu", sizes=SIZES, seed=None):
    """Cells that differ in all values."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        network = ArchitectureSpec(
            int(rng.integers(1, 9)), activation, rng.uniform(1, 2), rng.uniform(0, 1)
        )
        trained = TRAININGS[training](10 ** rng.uniform(-8, -3), rng.uniform(0.1, 10))
        found.append(MapCell(CurveSpec(DATA, network, trained, sizes), 0))
    return found


@pytest.fixture
def card(monkeypatch):
    """A card of so many bytes, and which cells it took together."""
    taken = []
    together = module._together

    def noted(cells, dataset):
        taken.append(len(cells))
        return together(cells, dataset)

    monkeypatch.setattr(module, "_together", noted)
    for place in (module, curve):
        monkeypatch.setattr(place, "accelerator_memory", lambda: MEMORY)
    return taken


def points(cells, evaluate=evaluate_cells):
    found = {}
    for place, point in evaluate(cells):
        assert (place, point.n_train) not in found
        found[place, point.n_train] = point
    return found


def alone(cells):
    for place, cell in enumerate(cells):
        for point in curve.evaluate_draw(cell.spec, cell.draw, cell.skip):
            yield place, point


def approx(value, rel):
    return value if value is None else pytest.approx(value, rel=rel)


def assert_same(got, want):
    assert got.keys() == want.keys()
    for place, point in got.items():
        twin = want[place]
        assert (point.failure, point.warnings) == (twin.failure, twin.warnings)
        for name in ("mu", "mu_bias", "mu_variance", "sigma", "epsilon", "epsilon_floor", "ridge"):
            assert getattr(point, name) == approx(getattr(twin, name), 1e-9), name
        assert point.condition == approx(twin.condition, 1e-6)
        assert point.provenance == twin.provenance


@pytest.mark.parametrize("training", TRAININGS)
def test_side_by_side_the_records_are_those_of_each_by_itself(card, training):
    cells = some(5, training)
    together = points(cells)
    assert card == [5]
    assert_same(together, points(cells, alone))


@pytest.mark.slow
@pytest.mark.parametrize("activation", FILES)
def test_so_they_are_for_every_activation(card, activation):
    cells = some(3, activation=activation)
    assert_same(points(cells), points(cells, alone))
    assert card == [3]


def change(monkeypatch, f):
    """Other inputs for all cells."""
    split = datasets.SPLITS.load(datasets.get("digits"), DATA, SIZES[-1], 0)
    changed = dataclasses.replace(split, x_train=f(split.x_train), x_test=split.x_test)
    monkeypatch.setattr(datasets.SPLITS, "load", lambda *_: changed)


@pytest.mark.parametrize("size", [1e20, 1e100], ids=["moments", "kernel"])
def test_what_overflows_leaves_its_neighbours_alone(card, monkeypatch, size):
    def one_large(x):
        x = x.copy()
        x[100] *= size
        return x

    change(monkeypatch, one_large)
    good = some(3, activation="linear")
    huge = MapCell(CurveSpec(DATA, ArchitectureSpec(32, "linear", 100.0), n_train=SIZES), 0)
    cells = [good[0], huge, *good[1:]]
    found = points(cells)
    assert card == [4]
    assert "finite" in found[1, 110].failure
    assert all(found[place, 110].failure is None for place in (0, 2, 3))
    # With the large one the kernel is singular to rounding, and so are all digits.
    without, twins = (
        {at: p for at, p in of.items() if at[1] < 110} for of in (found, points(cells, alone))
    )
    assert_same(without, twins)


def test_a_singular_kernel_has_the_points_before_it_and_its_reason(card):
    """One of rank 64 among others that have jitter."""
    flat = CurveSpec(DATA, ArchitectureSpec(1, "linear"), n_train=SIZES)
    cells = [
        MapCell(dataclasses.replace(flat, training=TrainingSpec(jitter=jitter)), 0)
        for jitter in (1e-3, 0.0, 1e-2)
    ]
    found = points(cells)
    assert card == [3]
    assert found[1, 20].failure is None
    assert all("not positive definite" in found[1, n].failure for n in SIZES[1:])
    assert_same(found, points(cells, alone))


@pytest.mark.parametrize("training", TRAININGS)
def test_pairs_that_need_care_have_it_side_by_side(card, monkeypatch, training):
    """With a pair that not all networks find close, and some that they do."""

    def with_twins(x):
        x = x.copy()
        x[100:], x[3], x[10] = x[:10] * (1 + 1e-9), x[4], x[11] + 4e-3 * np.std(x[11])
        return x

    change(monkeypatch, with_twins)
    cells = some(3, training)
    want = points(cells, alone)
    one_by_one = []

    def noted(spec, draw, there, dataset):
        one_by_one.append(set(SIZES) - set(there))
        return curve.evaluate_draw(spec, draw, there, dataset)

    monkeypatch.setattr(module, "evaluate_draw", noted)
    assert_same(points(cells), want)
    assert card == [3]
    assert one_by_one == [set()] * 3, "nothing is left to the usual way"


def test_a_batch_for_which_there_is_no_memory_is_computed_one_by_one(card, monkeypatch):
    def full(*_):
        raise JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")

    cells = some(2)
    want = points(cells, alone)
    monkeypatch.setattr(many, "_solved", lambda *_: full)
    assert_same(points(cells), want)
    assert card == [2]


def test_views_of_a_map_compile_once(card, compilations):
    points(some(6, seed=1))
    before = len(compilations)
    for count in (2, 5, 8):
        found = points(some(count))
        assert all(point.failure is None for point in found.values())
    assert len(compilations) == before
    assert card == [6, 2, 5, 8]


def test_of_some_points_only_those_that_are_missing_are_computed(card):
    cells = [cell._replace(skip=(20, 110)) for cell in some(2)]
    assert points(cells).keys() == {(0, 90), (1, 90)}
    assert card == [2]


def test_on_a_processor_and_in_mixed_precision_each_goes_by_itself(card, monkeypatch):
    monkeypatch.setenv(settings.PRECISION, "mixed")
    points(some(2, sizes=(20,)))
    monkeypatch.setattr(module, "accelerator_memory", lambda: None)
    monkeypatch.delenv(settings.PRECISION)
    points(some(2, sizes=(20,)))
    assert card == []


def test_cells_of_another_draw_data_or_training_are_another_batch(card):
    cells = [*some(2), *some(2, "bayes"), *(c._replace(draw=1) for c in some(2)), *some(1, "time")]
    assert len(points(cells)) == 7 * len(SIZES)
    assert card == [2, 2, 2]


def test_a_batch_is_no_larger_than_what_fits():
    shape = (500, 1000, 784, TrainingSpec())
    memories = (0, 2**32, 2**34, 2**36)
    counts = [cells_at_once(*shape, memory) for memory in memories]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] > 1
    # Of what fills a batch up, too: it is one of few sizes.
    assert {*counts} <= {1, *ROOMS}
    each = card_bytes(*shape) - CARD_BASE
    assert all(n == 1 or n * each < memory for n, memory in zip(counts, memories, strict=True))
    assert cells_at_once(20_000, *shape[1:], 2**37) == 1
    assert cells_at_once(100, 100, 64, TrainingSpec(), 2**36) == costs.MOST
