"""Examples stay on the accelerator from view to view."""

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.datasets.splits import Splits
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.theory import curve
from ntk_uq.theory.card import resident as module
from ntk_uq.theory.card.resident import resident
from ntk_uq.theory.curve import evaluate_draw


@pytest.fixture(autouse=True)
def _nothing_there(monkeypatch):
    monkeypatch.setattr(module, "_known", module.OrderedDict())


def test_the_same_array_is_there_once_and_one_like_it_is_another():
    x = np.random.default_rng().standard_normal((5, 3))
    assert resident(x) is resident(x)
    assert resident(x.copy()) is not resident(x)
    there = np.asarray(resident(x).there)
    assert np.array_equal(there[:5], x)
    assert not there[5:].any()


def test_those_that_nobody_asks_for_leave():
    kept = np.ones((1, 2))
    first = resident(kept)
    for _ in range(20):
        resident(np.ones((1, 2)))
        assert resident(kept) is first
    assert len(module._known) <= 4


def test_another_network_on_the_same_data_moves_no_inputs(monkeypatch):
    monkeypatch.setattr(curve, "accelerator_memory", lambda: 2**34)
    monkeypatch.setattr(datasets, "SPLITS", Splits())
    moved = []
    made = module.Resident
    monkeypatch.setattr(module, "Resident", lambda x: moved.append(len(x)) or made(x))
    for depth in (1, 2, 5):
        spec = CurveSpec(DataSpec(n_test=30), ArchitectureSpec(depth), n_train=(10, 50))
        list(evaluate_draw(spec, 0))
    assert sorted(moved) == [30, 50]


def test_a_split_is_kept_and_cannot_be_written_to():
    splits, digits = Splits(most=1), datasets.get("digits")
    arguments = (digits, DataSpec(n_test=30), 20)
    first = splits.load(*arguments, 0)
    assert splits.load(*arguments, 0) is first
    plain = datasets.load_split(*arguments, 0)
    assert np.array_equal(first.x_train, plain.x_train)
    with pytest.raises(ValueError, match="read-only"):
        first.x_train[0] = 0
    assert splits.load(*arguments, 1) is not first
    assert splits.load(*arguments, 0) is not first  # there was room for one
