"""Counts of operations, the recorded steps, and the time they predict."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.memory import CARD_BASE
from ntk_uq.costs.training import (
    card_training_bytes,
    check_card_memory,
    forward_flops,
    member_flops,
    member_seconds,
    parameters,
    span_step_flops,
    step_flops,
)
from ntk_uq.results.ensembles.schedule import recorded_steps
from ntk_uq.results.speed import Speed
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.training import members, program
from ntk_uq.training.calibration import measure_speed
from ntk_uq.training.members import train_members
from ntk_uq.training.seeds import key_data


def products_of_a_step(n, sizes):
    """Shapes of every matrix product in a step of backpropagation, as (rows, inner, columns)."""
    for i, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
        yield n, fan_in, fan_out  # forward
        yield fan_in, n, fan_out  # the weights' gradient
        if i:
            yield n, fan_out, fan_in  # the gradient of what comes in


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_operations_of_a_step_are_those_of_its_products(depth):
    n, d, w, c = 50, 17, 23, 4
    sizes = [d, *[w] * depth, c]
    expected = sum(2 * a * b * e for a, b, e in products_of_a_step(n, sizes))
    assert step_flops(n, d, w, depth, c) == expected
    first = 2 * 2 * n * d * w
    assert span_step_flops(n, w, depth, c) == expected - first + 2 * n * n * w
    assert parameters(d, w, depth, c) == sum(a * b + b for a, b in itertools.pairwise(sizes))


def test_the_documented_example():
    n, d, w, c = 500, 784, 512, 10
    assert forward_flops(n, d, w, 2, c) == 2 * n * (d * w + w * w + w * c)
    assert step_flops(n, d, w, 2, c) == pytest.approx(1.604e9, rel=1e-3)


def test_a_member_is_its_steps_and_what_is_looked_at():
    spec = EnsembleSpec(DataSpec(n_test=30), ArchitectureSpec(1), OptimizerSpec(steps=1))
    shape = (64, 32, 1, 10)
    assert member_flops(spec, 32, 20, 64, 10) == step_flops(20, *shape) + 2 * forward_flops(
        50, *shape
    )
    batches = EnsembleSpec(
        DataSpec(n_test=30), ArchitectureSpec(1), OptimizerSpec("sgd", 1, batch_size=5)
    )
    assert member_flops(batches, 32, 20, 64, 10) < member_flops(spec, 32, 20, 64, 10)


def test_seconds_are_proportional_to_steps():
    speed = Speed(products=1e11, traffic=1e10)
    short, long = (
        member_seconds(EnsembleSpec(optimizer=OptimizerSpec(steps=k)), 256, 100, 64, 10, speed)
        for k in (10_000, 100_000)
    )
    assert long / short == pytest.approx(10, rel=0.01)


@given(st.integers(1, 1_000_000))
def test_recorded_steps_begin_at_zero_end_at_k_and_are_few(k):
    steps = recorded_steps(k)
    assert steps[0] == 0
    assert steps[-1] == k
    assert (np.diff(steps) > 0).all()
    assert len(steps) <= 51
    longer = recorded_steps(10 * k)
    assert set(steps[:-1]) <= set(longer)


def test_recorded_steps_are_even_in_the_logarithm():
    steps = recorded_steps(100_000)
    late = steps[steps >= 20]
    np.testing.assert_allclose(np.diff(np.log10(late)), 1 / 8, atol=0.02)
    assert recorded_steps(1).tolist() == [0, 1]
    assert recorded_steps(10, per_decade=1).tolist() == [0, 1, 10]


@pytest.mark.slow
def test_the_estimated_time_is_of_the_right_order():
    """A wide allowance: other programs may run beside the tests."""
    spec = EnsembleSpec(DataSpec(n_test=50), optimizer=OptimizerSpec(steps=600))
    list(train_members(spec, 256, 200, [0]))  # compiles
    seconds = []
    for i in (1, 2, 3):
        start = time.perf_counter()
        list(train_members(spec, 256, 200, [i]))
        seconds.append(time.perf_counter() - start)
    estimate = member_seconds(spec, 256, 200, 64, 10, measure_speed())
    assert 0.15 < estimate / min(seconds) < 6


class _CompiledError(Exception):
    """Enough is known of a program."""


@pytest.mark.parametrize(
    ("optimizer", "shape", "lanes"),
    [
        (OptimizerSpec(), (50, 30, 20, 32), 8),
        pytest.param(
            OptimizerSpec("adam", eta=0.01), (100, 80, 300, 64), 4, marks=pytest.mark.slow
        ),
        pytest.param(OptimizerSpec(), (300, 400, 784, 128), 4, marks=pytest.mark.slow),
        pytest.param(OptimizerSpec(), (2000, 100, 64, 64), 2, marks=pytest.mark.slow),
    ],
)
def test_a_program_takes_no_more_memory_than_is_told_and_not_much_less(
    monkeypatch, optimizer, shape, lanes
):
    """By XLA's own account of it."""
    n, n_test, d, width = shape
    made, accounts = program._program, []

    def noted(*arguments):
        def account(*values):
            accounts.append(made(*arguments).lower(*values).compile().memory_analysis())
            raise _CompiledError

        return account

    monkeypatch.setattr(program, "_program", noted)
    rng = np.random.default_rng(0)
    sizes = ((n, d), (n, 10), (n_test, d))
    data = tuple(rng.standard_normal(size) for size in sizes)
    keys = np.stack([key_data(i) for i in range(lanes)])
    network, recorded = ArchitectureSpec(2, sigma_b=0.1), recorded_steps(optimizer.steps)
    with pytest.raises(_CompiledError):
        program.train(network, optimizer, width, keys, data, 1e-3, recorded)
    (of,) = accounts
    needed = of.temp_size_in_bytes + of.output_size_in_bytes + of.argument_size_in_bytes
    spec = EnsembleSpec(DataSpec(n_test=n_test), network, optimizer, (width,), (n,))
    told = card_training_bytes(spec, width, n, d, 10, lanes) - CARD_BASE
    assert needed <= told <= 3 * needed, told / needed


def test_what_a_card_cannot_hold_is_refused_with_the_width_that_it_can(monkeypatch):
    spec = EnsembleSpec(DataSpec(n_test=30), widths=(2000,), n_train=(20,))
    limit = card_training_bytes(spec, 1500, 20, 64, 10)
    with pytest.raises(MemoryLimitError, match=r"accelerator's memory; .* that fits is 1500\.$"):
        check_card_memory(spec, 2000, 20, 64, 10, lambda _: 1, limit)
    assert check_card_memory(spec, 1500, 20, 64, 10, lambda _: 1, limit) == limit
    monkeypatch.setattr(members, "accelerator_memory", lambda: limit)
    with pytest.raises(MemoryLimitError, match="width that fits is 1500"):
        next(train_members(spec, 2000, 20, [0]))
