"""Counts of operations, the recorded steps, and the time they predict."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq.costs.training import (
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
from ntk_uq.training.calibration import measure_speed
from ntk_uq.training.members import train_members


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
