"""What has been compiled serves every view with the same data, activation and bucket."""

import itertools
from dataclasses import replace

import numpy as np

from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import curve
from ntk_uq.theory.curve import evaluate_draw


def views():
    """Depth, sigmas, jitter, time and grid of one page, changed as somebody would."""
    rng = np.random.default_rng()
    sizes = [(n, 2 * n, 120 - n) for n in (10, 20, 30)]
    trainings = [TrainingSpec(jitter=1e-6), TrainingSpec(jitter=1e-3)]
    for depth, grid, training in itertools.product((1, 2, 3, 7, 32), sizes, trainings):
        w, b = rng.uniform(1, 2), rng.uniform(0, 1)
        yield CurveSpec(
            DataSpec(n_test=40 + depth),
            ArchitectureSpec(depth, "relu", w, b),
            training,
            tuple(sorted(grid)),
        )


def test_thirty_changed_views_compile_nothing(monkeypatch, compilations):
    monkeypatch.setattr(curve, "accelerator_memory", lambda: 2**36)
    first, *rest = views()
    list(evaluate_draw(first, 0))
    before = len(compilations)
    for spec in rest:
        assert all(point.failure is None for point in evaluate_draw(spec, 0))
    assert len(rest) + 1 == 30
    assert len(compilations) == before


def test_nor_do_other_times_once_one_was_asked_for(monkeypatch, compilations):
    monkeypatch.setattr(curve, "accelerator_memory", lambda: 2**36)
    specs = [
        replace(spec, training=TrainingSpec(time=time, jitter=spec.training.jitter))
        for spec, time in zip(itertools.islice(views(), 6), (1, 2, 5, 10, 20, 50), strict=True)
    ]
    list(evaluate_draw(specs[0], 0))
    before = len(compilations)
    for spec in specs:
        list(evaluate_draw(spec, 0))
    assert len(compilations) == before


def test_on_the_processor_another_depth_compiles_nothing(compilations):
    spec = next(views())
    list(evaluate_draw(spec, 0))
    before = len(compilations)
    for other in itertools.islice(views(), 29):
        list(evaluate_draw(other, 0))
    assert len(compilations) == before
