"""What is compiled while nobody asks for anything."""

import pytest

from ntk_uq import datasets
from ntk_uq.activations import FILES
from ntk_uq.specs import ArchitectureSpec, CurveSpec, TrainingTimeSpec
from ntk_uq.theory import curve, where
from ntk_uq.theory.card import ahead
from ntk_uq.theory.card.ahead import compile_ahead
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.training_time import evaluate_training_time

DIGITS, MEMORY = datasets.get("digits"), 2**36


def test_a_view_of_the_data_set_compiles_nothing_afterwards(monkeypatch, compilations):
    monkeypatch.setattr(ahead, "LARGEST", 128)
    first = next(compile_ahead(DIGITS, MEMORY, lambda: True))
    assert first == "relu, trained, 128 examples"
    before = len(compilations)
    monkeypatch.setattr(curve, "accelerator_memory", lambda: MEMORY)
    spec = CurveSpec(architecture=ArchitectureSpec(3, "relu"), n_train=(60, 110))
    assert all(point.failure is None for point in evaluate_draw(spec, 0))
    assert len(compilations) == before


def test_nor_does_the_page_of_training_time(monkeypatch, compilations):
    monkeypatch.setattr(ahead, "LARGEST", 128)
    compiling = compile_ahead(DIGITS, MEMORY, lambda: True)
    next(compiling)
    next(compiling)  # at finite time
    before = len(compilations)
    monkeypatch.setattr(where, "accelerator_memory", lambda: MEMORY)
    spec = TrainingTimeSpec(architecture=ArchitectureSpec(3, "relu"), n_train=90, noises=(0.0, 0.5))
    assert evaluate_training_time(spec)
    assert len(compilations) == before


def test_it_ends_when_it_is_told_and_takes_no_more_memory_than_its_share(monkeypatch):
    answers = iter([True, False])
    monkeypatch.setattr(ahead, "LARGEST", 128)
    assert len(list(compile_ahead(DIGITS, MEMORY, lambda: next(answers)))) == 1
    assert list(compile_ahead(DIGITS, 2**30, lambda: True)) == []


@pytest.mark.slow
def test_every_activation_and_training_is_tried(monkeypatch):
    monkeypatch.setattr(ahead, "LARGEST", 256)
    found = list(compile_ahead(DIGITS, MEMORY, lambda: True))
    assert len(found) == 2 * 3 * len(FILES)
